// The meaning of float16.h in its plainest form.
#include "kernels/float16/float16.h"

namespace shoal::reference {
namespace {

// The magnitude, whose lowest `shift` bits are lost, rounded to nearest with ties to even.
uint32_t shift_rounded(uint32_t magnitude, uint32_t shift) {
  const uint32_t kept = magnitude >> shift;
  const uint32_t lost = magnitude & ((1u << shift) - 1);
  const uint32_t half = 1u << (shift - 1);
  return kept + (lost > half || (lost == half && (kept & 1) != 0) ? 1 : 0);
}

uint16_t half_of_float(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const uint16_t sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | static_cast<uint16_t>((magnitude >> 13) & 1023);
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  const uint32_t exponent = magnitude >> 23;
  // A carry out of the mantissa raises the exponent, up to infinity, as it should.
  if (exponent >= 113) return sign | static_cast<uint16_t>(shift_rounded(magnitude - (112u << 23), 13));
  if (exponent < 102) return sign;
  return sign | static_cast<uint16_t>(shift_rounded((magnitude & 0x7fffff) | 0x800000, 126 - exponent));
}

}  // namespace

void to_half(const float* values, size_t count, uint16_t* bits) {
  for (size_t i = 0; i < count; i++) bits[i] = half_of_float(values[i]);
}

void to_float(const uint16_t* bits, size_t count, float* values) {
  for (size_t i = 0; i < count; i++) values[i] = float_of_half(bits[i]);
}

}  // namespace shoal::reference
