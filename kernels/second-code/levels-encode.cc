// Codes of the second edition. See values.h.
#include <cmath>
#include <cstring>

#include "kernels/dispatch.h"
#include "kernels/float16/float16.h"

namespace shoal {
namespace {

constexpr size_t piece = 64;
// Of the root of the mean square times the reach; before them the largest value is tried.
constexpr double spreads[steps_tried - 1] = {0.86, 0.94, 1.02, 1.1, 1.19, 1.29, 1.41};

// What a bucket of half a unit stands for: m, and the magnitude that it is.
struct Levels {
  double reach;  // what the last magnitude is of a deviation
  float last;
  uint8_t ms[buckets];
  float magnitudes[buckets];
};

constexpr Levels spread_out(const uint8_t* magnitudes, size_t count, double reach) {
  Levels levels = {reach, static_cast<float>(magnitudes[count - 1]), {}, {}};
  uint8_t m = 0;
  for (size_t bucket = 0; bucket < buckets; bucket++) {
    while (m + 1u < count && magnitudes[m] + size_t{magnitudes[m + 1]} <= bucket) m++;
    levels.ms[bucket] = m;
    levels.magnitudes[bucket] = magnitudes[m];
  }
  return levels;
}

constexpr Levels spread_evenly(double reach) {
  uint8_t magnitudes[128] = {};
  for (size_t m = 0; m < 128; m++) magnitudes[m] = static_cast<uint8_t>(m);
  return spread_out(magnitudes, 128, reach);
}

constexpr Levels all_levels[bits_max] = {
    spread_out(magnitudes_1, 1, 0.7978846),   spread_out(magnitudes_2, 2, 1.5104176),  spread_out(magnitudes_3, 4, 2.1519457),
    spread_out(magnitudes_4, 8, 2.745),       spread_out(magnitudes_5, 16, 3.2607326), spread_out(magnitudes_6, 32, 3.7441016),
    spread_out(magnitudes_7, 64, 4.69), spread_evenly(3.9),
};

float step_of(uint16_t header) { return reference::float_of_half(header) / static_cast<float>(steps_in_header); }

float inverse_of(float step) { return step > 0 ? 2 / step : 0; }

// The largest size and the root of the mean square; four sums in double, dimension j in j % 4.
struct Extent {
  double largest, deviation;
};

Extent extent_of(const float* left_over, size_t dim) {
  double largest[4] = {}, squares[4] = {};
  const auto add = [&](size_t j, size_t lane) {
    const double size = std::fabs(static_cast<double>(left_over[j]));
    largest[lane] = size > largest[lane] ? size : largest[lane];
    squares[lane] += size * size;
  };
  size_t j = 0;
  for (; j + 4 <= dim; j += 4) {
    for (size_t lane = 0; lane < 4; lane++) add(j + lane, lane);
  }
  for (size_t lane = 0; j < dim; lane++, j++) add(j, lane);
  const double low = largest[0] > largest[1] ? largest[0] : largest[1], high = largest[2] > largest[3] ? largest[2] : largest[3];
  const double squared = (squares[0] + squares[1]) + (squares[2] + squares[3]);
  return {low > high ? low : high, std::sqrt(squared / static_cast<double>(dim))};
}

uint16_t best_header(const Kernels& kernels, const float* left_over, size_t dim, const Levels& levels) {
  const auto [largest, deviation] = extent_of(left_over, dim);
  uint16_t headers[steps_tried];
  TriedSteps tried;
  for (size_t i = 0; i < steps_tried; i++) {
    const double reach = i == 0 ? largest : deviation * levels.reach * spreads[i - 1];
    headers[i] = half_of(reach / static_cast<double>(levels.last) * steps_in_header);
    tried.steps[i] = step_of(headers[i]);
    tried.inverses[i] = inverse_of(tried.steps[i]);
  }
  float errors[steps_tried];
  kernels.level_errors(left_over, dim, levels.magnitudes, tried, errors);
  size_t best = 0;
  for (size_t i = 1; i < steps_tried; i++) best = errors[i] < errors[best] ? i : best;
  return headers[best];
}

// Codes of `count` dimensions, a byte each, and what they stand for; of zeros zeros. In loops that compilers make vectors of, but for the look-ups.
template <size_t count>
void find_codes(const float* values, float step, uint32_t bits, uint8_t* codes, float* decoded) {
  constexpr float last = buckets - 1;
  const Levels& levels = all_levels[bits - 1];
  const float inverse = inverse_of(step);
  int32_t bucket[count];
  for (size_t j = 0; j < count; j++) {
    const float scaled = std::fabs(values[j]) * inverse;
    bucket[j] = static_cast<int32_t>(scaled < last ? scaled : last);
  }
  float sizes[count];
  for (size_t j = 0; j < count; j++) {
    sizes[j] = levels.magnitudes[bucket[j]];
    codes[j] = levels.ms[bucket[j]];
  }
  for (size_t j = 0; j < count; j++) decoded[j] = values[j] < 0 ? -(step * sizes[j]) : step * sizes[j];
  // Of 8 bits the sign is that of the byte.
  const int32_t sign = bits == 8 ? 0 : 1 << (bits - 1), turn = bits == 8 ? -1 : 0;
  for (size_t j = 0; j < count; j++) {
    const int32_t negative = values[j] < 0 ? -1 : 0;
    codes[j] = static_cast<uint8_t>(((codes[j] ^ (negative & turn)) - (negative & turn)) | (negative & sign));
  }
}

// Up to 64 dimensions from `from` on, zeros behind them.
struct Piece {
  float values[piece] = {};
  size_t from, count;

  Piece(const float* left_over, size_t dim, size_t first) : from(first), count(dim - first < piece ? dim - first : piece) {
    std::memcpy(values, left_over + from, count * sizeof(float));
  }
};

// Rounding with what earlier dimensions left: p of values.h.
class FedBack {
 public:
  FedBack(const Kernels& kernels, const float* feedback) : kernels_(kernels), feedback_(feedback) {}

  void round(const Piece& own, float step, uint32_t bits, uint8_t* codes, float* decoded) {
    for (size_t j = 0; j < own.count; j++) {
      const float* rows = feedback_ + feedback_floats(own.from + j);
      const uint32_t first = 0;
      float product;
      kernels_.row_products(p_, rows, &first, 1, feedback_width, &product);
      const float aim = own.values[j] + product;
      find_codes<1>(&aim, step, bits, codes + j, decoded + j);
      const float error = own.values[j] - decoded[j];
      for (size_t i = 0; i < feedback_width; i++) p_[i] += error * rows[feedback_width + i];
    }
  }

 private:
  const Kernels& kernels_;
  const float* feedback_;
  float p_[feedback_width] = {};
};

// Codes of 32 dimensions.
void put_group(const uint8_t* codes, uint32_t bits, uint8_t* group) {
  if (bits == 8) {
    std::memcpy(group, codes, values_at_once);
    return;
  }
  uint32_t shift = 0;
  if (bits >= 4) {
    for (size_t j = 0; j < 16; j++) group[j] = static_cast<uint8_t>((codes[j] & 15) | codes[16 + j] << 4);
    shift = 4;
    group += 16;
  }
  if ((bits & 2) != 0) {
    for (size_t j = 0; j < 8; j++) {
      const uint32_t low = (codes[j] >> shift & 3u) | (codes[8 + j] >> shift & 3u) << 2;
      group[j] = static_cast<uint8_t>(low | (codes[16 + j] >> shift & 3u) << 4 | (codes[24 + j] >> shift & 3u) << 6);
    }
    shift += 2;
    group += 8;
  }
  if ((bits & 1) == 0) return;
  uint32_t all = 0;
  for (size_t j = 0; j < values_at_once; j++) all |= (codes[j] >> shift & 1u) << j;
  for (size_t i = 0; i < 4; i++) group[i] = static_cast<uint8_t>(all >> 8 * i);
}

// `codes` uint8[64], zero from the last dimension on; `padded` of them are kept.
void put_codes(const uint8_t* codes, size_t padded, uint32_t bits, uint8_t* values) {
  if (bits == nibble_bits) return put_nibbles(codes, padded, values);
  put_group(codes, bits, values);
  if (padded > values_at_once) put_group(codes + values_at_once, bits, values + 4 * bits);
}

}  // namespace

uint16_t encode_levels(const Kernels& kernels, const float* feedback, const float* left_over, size_t dim, uint32_t bits, uint8_t* values,
                       float* decoded) {
  const Levels& levels = all_levels[bits - 1];
  const uint16_t header = best_header(kernels, left_over, dim, levels);
  const float step = step_of(header);
  FedBack fed_back(kernels, feedback);
  for (size_t from = 0; from < dim; from += piece) {
    const Piece own(left_over, dim, from);
    uint8_t codes[piece] = {};
    float found[piece];
    if (feedback == nullptr) {
      find_codes<piece>(own.values, step, bits, codes, found);
    } else {
      fed_back.round(own, step, bits, codes, found);
    }
    std::memcpy(decoded + from, found, own.count * sizeof(float));
    const size_t padded = padded_dim(dim) - from < piece ? padded_dim(dim) - from : piece;
    put_codes(codes, padded, bits, values + from / 8 * bits);
  }
  return header;
}

}  // namespace shoal
