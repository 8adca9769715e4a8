// float16.h with NEON: fcvtn and fcvtl, four a time, rounding as FPCR says by default: to nearest, ties to even. The last count % 4 go
// through a zero-padded copy.
#include "kernels/float16/float16.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace shoal::neon {

void to_half(const float* values, size_t count, uint16_t* bits) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) vst1_u16(bits + i, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(values + i))));
  if (i == count) return;
  float padded[4] = {};
  uint16_t halves[4];
  std::memcpy(padded, values + i, (count - i) * sizeof(float));
  vst1_u16(halves, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(padded))));
  std::memcpy(bits + i, halves, (count - i) * sizeof(uint16_t));
}

void to_float(const uint16_t* bits, size_t count, float* values) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) vst1q_f32(values + i, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(bits + i))));
  if (i == count) return;
  uint16_t padded[4] = {};
  float floats[4];
  std::memcpy(padded, bits + i, (count - i) * sizeof(uint16_t));
  vst1q_f32(floats, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(padded))));
  std::memcpy(values + i, floats, (count - i) * sizeof(float));
}

}  // namespace shoal::neon
#endif
