// IEEE 754 half precision to and from float32.
//
// to_half rounds to nearest, ties to even; overflow gives infinity; a NaN stays a NaN (quiet). to_float is exact. Both equal the
// reference bit for bit but for the payload of a NaN. Arrays uint16[count] and float32[count], naturally aligned, no padding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace shoal {

using ToHalf = void (*)(const float* values, size_t count, uint16_t* bits);
using ToFloat = void (*)(const uint16_t* bits, size_t count, float* values);

namespace reference {

// One half as a float. Static: every file that includes this gets a copy for its own instruction set.
static inline float float_of_half(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = (half >> 10) & 31;
  const uint32_t mantissa = half & 1023;
  uint32_t bits = sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (exponent == 31) bits = sign | 0x7f800000 | (mantissa << 13) | (mantissa != 0 ? 0x400000 : 0);
  float value;
  std::memcpy(&value, &bits, sizeof value);
  if (exponent != 0) return value;
  // Subnormal: mantissa * 2^-24, exact in float32.
  value = static_cast<float>(mantissa) * 0x1p-24f;
  return sign != 0 ? -value : value;
}

void to_half(const float* values, size_t count, uint16_t* bits);
void to_float(const uint16_t* bits, size_t count, float* values);

}  // namespace reference
namespace avx2 {
void to_half(const float* values, size_t count, uint16_t* bits);
void to_float(const uint16_t* bits, size_t count, float* values);
}  // namespace avx2
namespace avx512 {
void to_half(const float* values, size_t count, uint16_t* bits);
void to_float(const uint16_t* bits, size_t count, float* values);
}  // namespace avx512
namespace neon {
void to_half(const float* values, size_t count, uint16_t* bits);
void to_float(const uint16_t* bits, size_t count, float* values);
}  // namespace neon

}  // namespace shoal
