// The meaning of values.h's product in its plainest form.
#include "kernels/second-code/values.h"

#include <cmath>

namespace shoal::reference {
namespace {

// The code of dimension j of 32.
uint32_t code_at(const uint8_t* group, size_t j, uint32_t bits) {
  if (bits == 8) return group[j];
  uint32_t code = 0, shift = 0;
  if (bits >= 4) {
    code = group[j % 16] >> 4 * (j / 16) & 15u;
    shift = 4;
    group += 16;
  }
  if ((bits & 2) != 0) {
    code |= (group[j % 8] >> 2 * (j / 8) & 3u) << shift;
    shift += 2;
    group += 8;
  }
  if ((bits & 1) != 0) code |= (group[j / 8] >> j % 8 & 1u) << shift;
  return code;
}

int32_t magnitude_of(uint32_t m, uint32_t kind) {
  if (kind == normal_sevens) return magnitudes_7[m];
  const uint32_t bits = bits_of_kind(kind);
  if (bits == 1) return magnitudes_1[m];
  if (bits == 2) return magnitudes_2[m];
  if (bits == 3) return magnitudes_3[m];
  if (bits == 5) return magnitudes_5[m];
  if (bits == 6) return magnitudes_6[m];
  return static_cast<int32_t>(2 * m + 1);
}

int32_t value_of(uint32_t code, uint32_t kind) {
  const uint32_t bits = bits_of_kind(kind);
  if (bits == 8) return static_cast<int8_t>(code);
  const uint32_t sign = 1u << (bits - 1);
  const int32_t magnitude = magnitude_of(code & (sign - 1), kind);
  return (code & sign) != 0 ? -magnitude : magnitude;
}

}  // namespace

int64_t value_product(const uint8_t* values, const int8_t* levels, size_t dim, uint32_t kind) {
  const uint32_t bits = bits_of_kind(kind);
  int64_t high = 0, low = 0;
  for (size_t j = 0; j < dim; j++) {
    const int32_t value = value_of(code_at(values + j / values_at_once * 4 * bits, j % values_at_once, bits), kind);
    high += levels[j] * value;
    if (bits >= fine_bits) low += levels[dim + j] * value;
  }
  return bits >= fine_bits ? 128 * high + low : high;
}

int32_t entry_product(const uint8_t* nibbles, const int8_t* levels, size_t dim) {
  int32_t sum = 0;
  for (size_t from = 0; from < dim; from += 64) {
    const size_t half = dim - from >= 64 ? 32 : 16;
    for (size_t j = 0; j < half; j++) {
      const uint8_t byte = nibbles[from / 2 + j];
      sum += levels[from + j] * nibble_entries[byte & 15] + levels[from + half + j] * nibble_entries[byte >> 4];
    }
  }
  return sum;
}

void level_errors(const float* left_over, size_t dim, const float* magnitudes, const TriedSteps& tried, float* errors) {
  constexpr float last = buckets - 1;
  for (size_t i = 0; i < steps_tried; i++) {
    errors[i] = 0;
    for (size_t j = 0; j < dim; j++) {
      const float size = std::fabs(left_over[j]), scaled = size * tried.inverses[i];
      const float difference = size - tried.steps[i] * magnitudes[static_cast<uint32_t>(scaled < last ? scaled : last)];
      errors[i] += difference * difference;
    }
  }
}

}  // namespace shoal::reference
