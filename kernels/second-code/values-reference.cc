// The meaning of values.h's product in its plainest form.
#include "kernels/second-code/values.h"

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

int32_t magnitude_of(uint32_t m, uint32_t bits) {
  if (bits == 1) return magnitudes_1[m];
  if (bits == 2) return magnitudes_2[m];
  if (bits == 3) return magnitudes_3[m];
  if (bits == 5) return magnitudes_5[m];
  if (bits == 6) return magnitudes_6[m];
  return static_cast<int32_t>(2 * m + 1);
}

int32_t value_of(uint32_t code, uint32_t bits) {
  if (bits == 8) return static_cast<int8_t>(code);
  const uint32_t sign = 1u << (bits - 1);
  const int32_t magnitude = magnitude_of(code & (sign - 1), bits);
  return (code & sign) != 0 ? -magnitude : magnitude;
}

}  // namespace

int64_t value_product(const uint8_t* values, const int8_t* levels, size_t dim, uint32_t bits) {
  int64_t high = 0, low = 0;
  for (size_t j = 0; j < dim; j++) {
    const int32_t value = value_of(code_at(values + j / values_at_once * 4 * bits, j % values_at_once, bits), bits);
    high += levels[j] * value;
    if (bits >= fine_bits) low += levels[dim + j] * value;
  }
  return bits >= fine_bits ? 128 * high + low : high;
}

}  // namespace shoal::reference
