// The choice of the step, in double and in one order everywhere. See lookup-table.h for the three conditions.
#include <cmath>
#include <cstring>

#include "kernels/dispatch.h"

namespace shoal {
namespace {

constexpr double levels_of_four = 252;  // 255 less 4 / 2 for rounding and 1 for the shift of the first minimum
constexpr double int16_max = 32767;

struct Ranges {
  float minima[subquantizers_max];
  double largest_four = 0;  // of the sums of four spans
  double spans = 0;
  double minimum = 0;
};

void measure(const float* tables, size_t subquantizers, Ranges& ranges) {
  double four = 0;
  for (size_t s = 0; s < subquantizers; s++) {
    const float* table = tables + s * ksub;
    // Four lanes, which every compiler turns into a vector.
    float lows[4], highs[4];
    for (size_t l = 0; l < 4; l++) lows[l] = highs[l] = table[l];
    for (size_t k = 4; k < ksub; k += 4) {
      for (size_t l = 0; l < 4; l++) {
        lows[l] = table[k + l] < lows[l] ? table[k + l] : lows[l];
        highs[l] = table[k + l] > highs[l] ? table[k + l] : highs[l];
      }
    }
    float low = lows[0], high = highs[0];
    for (size_t l = 1; l < 4; l++) {
      low = lows[l] < low ? lows[l] : low;
      high = highs[l] > high ? highs[l] : high;
    }
    const double span = static_cast<double>(high) - static_cast<double>(low);
    ranges.minima[s] = low;
    ranges.minimum += low;
    ranges.spans += span;
    four = s % 4 == 0 ? span : four + span;
    if (four > ranges.largest_four) ranges.largest_four = four;
  }
}

double larger(double a, double b) { return a > b ? a : b; }

// The smallest step that keeps (1) and (2).
double smallest_step(const Ranges& ranges, size_t subquantizers) {
  const double room = int16_max - static_cast<double>(subquantizers);
  const double step = larger(ranges.largest_four / levels_of_four,
                             larger(-ranges.minimum / (int16_max - 1), (ranges.minimum + ranges.spans) / room));
  return step > 0 && std::isfinite(step) ? step : 1;
}

}  // namespace

LevelScale build_lookup_table(const Kernels& kernels, const float* codebook, const float* query, size_t subquantizers, size_t dsub,
                              FactorScales scales, float* tables, uint8_t* levels) {
  kernels.inner_tables(codebook, query, subquantizers, dsub, tables);
  Ranges ranges;
  measure(tables, subquantizers, ranges);
  double step = smallest_step(ranges, subquantizers);
  const double ratio = std::floor(scales.anchor / (step * scales.rescale));
  const double weight = ratio < int16_max ? ratio : int16_max;
  if (weight >= 1) step = scales.anchor / (scales.rescale * weight);
  const double whole = std::floor(ranges.minimum / step);
  const double offset = std::fabs(whole) <= int16_max ? whole : 0;
  ranges.minima[0] -= static_cast<float>(ranges.minimum - offset * step);
  kernels.quantize_tables(tables, ranges.minima, subquantizers, static_cast<float>(1 / step), levels);
  std::memset(levels + subquantizers * ksub, 0, (padded_subquantizers(subquantizers) - subquantizers) * ksub);
  return {step * scales.rescale, static_cast<int32_t>(offset), static_cast<int32_t>(weight >= 1 ? weight : 0)};
}

}  // namespace shoal
