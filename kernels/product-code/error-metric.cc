// What is measured of a codebook and its metric. See error-metric.h.
#include "kernels/product-code/error-metric.h"

#include <cmath>
#include <cstring>

#include "kernels/product-code/product-code.h"

namespace shoal {
namespace {

float* at_line(float* room) {
  constexpr uintptr_t bytes = aligned_floats * sizeof(float);
  return room + (bytes - reinterpret_cast<uintptr_t>(room) % bytes) % bytes / sizeof(float);
}

float inverse_of(float step) { return step > 0 ? 1 / step : 0; }

int level_of(float value, float inverse) { return static_cast<int>(value * inverse + (row_origin + 0.5f)); }

// Sixteen at a time, whose largest is told at the end: one after the other would wait for each.
class Largest {
 public:
  void look(const float* values, size_t count) {
    size_t j = 0;
    for (; j + lanes <= count; j += lanes) {
      for (size_t i = 0; i < lanes; i++) of_[i] = larger(of_[i], values[j + i]);
    }
    for (; j < count; j++) of_[0] = larger(of_[0], values[j]);
  }

  float found() const {
    float largest = 0;
    for (float value : of_) largest = larger(largest, value);
    return largest;
  }

 private:
  static constexpr size_t lanes = 16;

  static float larger(float largest, float value) { return std::fabs(value) > largest ? std::fabs(value) : largest; }

  float of_[lanes] = {};
};

float largest_between_parts(const Encoder& encoder) {
  const size_t dsub = encoder.dsub, dim = encoder.subquantizers * dsub;
  Largest largest;
  for (size_t i = 0; i < dim; i++) {
    const size_t own = i / dsub * dsub;
    largest.look(encoder.metric + i * dim, own);
    largest.look(encoder.metric + i * dim + own + dsub, dim - own - dsub);
  }
  return largest.found();
}

// Integers of four rows beside each other; those of its own part are zeros.
void measure_rows(const Encoder& encoder, float inverse, uint8_t* rows) {
  const size_t dsub = encoder.dsub, dim = encoder.subquantizers * dsub, groups = groups_of(dsub);
  for (size_t g = 0; g < encoder.subquantizers * groups; g++) {
    const size_t own = g / groups * dsub, first = own + g % groups * 4, count = own + dsub - first < 4 ? own + dsub - first : 4;
    const float* from[4];
    for (size_t i = 0; i < 4; i++) from[i] = encoder.metric + (first + (i < count ? i : 0)) * dim;
    uint8_t* levels = rows + g * dim * 4;
    const auto fill = [&](size_t start, size_t end) {
      for (size_t j = start; j < end; j++) {
        uint32_t four = 0;
        for (size_t i = 0; i < 4; i++) four |= static_cast<uint32_t>(level_of(from[i][j], inverse)) << (8 * i);
        std::memcpy(levels + 4 * j, &four, sizeof four);
      }
    };
    fill(0, own);
    fill(own + dsub, dim);
    for (size_t i = count; i < 4; i++) {
      for (size_t j = 0; j < dim; j++) levels[4 * j + i] = row_origin;
    }
    std::memset(levels + 4 * own, row_origin, 4 * dsub);
  }
}

void measure_words(const Encoder& encoder, float inverse, const MetricTables& tables) {
  const size_t dsub = encoder.dsub, dim = encoder.subquantizers * dsub, size = groups_of(dsub) * 4;
  std::memset(tables.words, 0, encoder.subquantizers * ksub * size);
  for (size_t s = 0; s < encoder.subquantizers; s++) {
    const float* words = encoder.codebook + s * dsub * ksub;
    float* norms = tables.norms + s * ksub;
    for (size_t k = 0; k < ksub; k++) norms[k] = 0;
    for (size_t j = 0; j < dsub; j++) {
      const float* row = encoder.metric + (s * dsub + j) * dim + s * dsub;
      float along[ksub] = {};
      for (size_t i = 0; i < dsub; i++) {
        for (size_t k = 0; k < ksub; k++) along[k] += row[i] * words[i * ksub + k];
      }
      for (size_t k = 0; k < ksub; k++) {
        norms[k] += along[k] * words[j * ksub + k];
        tables.words[(s * ksub + k) * size + j] = static_cast<int8_t>(level_of(words[j * ksub + k], inverse) - row_origin);
      }
    }
  }
}

}  // namespace

MetricTables metric_tables(size_t subquantizers, size_t dsub, float* room) {
  const size_t groups = groups_of(dsub);
  float* steps = at_line(room);
  float* norms = steps + aligned_floats;
  float* words = norms + subquantizers * ksub;
  return {steps, norms, reinterpret_cast<int8_t*>(words), reinterpret_cast<uint8_t*>(words + subquantizers * ksub * groups)};
}

MetricBlock metric_block(size_t subquantizers, size_t dsub, float* room) {
  const size_t dim = subquantizers * dsub;
  float* across = at_line(room);
  float* words = across + block_vectors * dim;
  float* sums = words + block_vectors * subquantizers;
  float* levels = sums + block_vectors * dim;
  return {nullptr, nullptr, 0, 0, across, reinterpret_cast<int32_t*>(words), reinterpret_cast<int32_t*>(sums), reinterpret_cast<int8_t*>(levels)};
}

void measure_metric(const Encoder& encoder, const MetricTables& tables) {
  const size_t dim = encoder.subquantizers * encoder.dsub;
  Largest largest;
  largest.look(encoder.codebook, dim * ksub);
  const float row_step = largest_between_parts(encoder) / level_max, word_step = largest.found() / level_max;
  tables.steps[0] = row_step * word_step;
  tables.steps[1] = inverse_of(word_step);
  measure_rows(encoder, inverse_of(row_step), tables.rows);
  measure_words(encoder, tables.steps[1], tables);
}

}  // namespace shoal
