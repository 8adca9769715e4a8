// lookup-table.h with NEON: the 16 codewords of a subquantizer are four vectors of four lanes. Products and sums are separate
// instructions, so each is rounded as in the reference. A level is at most 255 before it is narrowed. Nothing is read or written past
// the last table.
#include "kernels/lookup-table/lookup-table.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace shoal::neon {
namespace {

inline uint16x4_t levels_of(const float* tables, float32x4_t minimum, float32x4_t inverse) {
  const float32x4_t scaled = vmulq_f32(vsubq_f32(vld1q_f32(tables), minimum), inverse);
  const float32x4_t level = vaddq_f32(scaled, vdupq_n_f32(0.5f));
  // fmaxnm and fminnm give the number where the other is a NaN: zero.
  const float32x4_t kept = vminnmq_f32(vmaxnmq_f32(level, vdupq_n_f32(0)), vdupq_n_f32(255));
  return vmovn_u32(vcvtq_u32_f32(kept));
}

}  // namespace

void inner_tables(const float* codebook, const float* query, size_t subquantizers, size_t dsub, float* tables) {
  for (size_t s = 0; s < subquantizers; s++) {
    float32x4_t sums[4];
    for (auto& sum : sums) sum = vdupq_n_f32(0);
    for (size_t j = 0; j < dsub; j++) {
      const float32x4_t value = vdupq_n_f32(query[s * dsub + j]);
      const float* words = codebook + (s * dsub + j) * ksub;
      for (size_t part = 0; part < 4; part++) sums[part] = vaddq_f32(sums[part], vmulq_f32(value, vld1q_f32(words + 4 * part)));
    }
    for (size_t part = 0; part < 4; part++) vst1q_f32(tables + s * ksub + 4 * part, sums[part]);
  }
}

void quantize_tables(const float* tables, const float* minima, size_t subquantizers, float inverse_step, uint8_t* levels) {
  const float32x4_t inverse = vdupq_n_f32(inverse_step);
  for (size_t s = 0; s < subquantizers; s++) {
    const float32x4_t minimum = vdupq_n_f32(minima[s]);
    const float* table = tables + s * ksub;
    const uint16x8_t low = vcombine_u16(levels_of(table, minimum, inverse), levels_of(table + 4, minimum, inverse));
    const uint16x8_t high = vcombine_u16(levels_of(table + 8, minimum, inverse), levels_of(table + 12, minimum, inverse));
    vst1q_u8(levels + s * ksub, vcombine_u8(vmovn_u16(low), vmovn_u16(high)));
  }
}

}  // namespace shoal::neon
#endif
