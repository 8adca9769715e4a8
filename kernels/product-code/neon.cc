// product-code.h with NEON: the 16 codewords of a subquantizer are four vectors of four lanes. The code is the smallest number among
// the lanes that equal the least distance. Products and differences are separate instructions. Reads end with the arrays.
#include "kernels/product-code/product-code.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace shoal::neon {
namespace {

constexpr uint32_t none = 16;

// The smallest lane number, counted from `first`, whose value equals `least`; `none` where there is no such lane.
inline uint32x4_t numbers_of(float32x4_t values, float32x4_t least, uint32_t first) {
  const uint32_t counted[4] = {first, first + 1, first + 2, first + 3};
  return vbslq_u32(vceqq_f32(values, least), vld1q_u32(counted), vdupq_n_u32(none));
}

}  // namespace

void nearest_codewords(const float* residual, const float* codebook, const float* half_norms, size_t subquantizers, size_t dsub,
                       uint8_t* nibbles) {
  for (size_t s = 0; s < subquantizers; s++) {
    float32x4_t distances[4];
    for (size_t part = 0; part < 4; part++) distances[part] = vld1q_f32(half_norms + s * ksub + 4 * part);
    for (size_t j = 0; j < dsub; j++) {
      const float32x4_t value = vdupq_n_f32(residual[s * dsub + j]);
      const float* words = codebook + (s * dsub + j) * ksub;
      for (size_t part = 0; part < 4; part++) {
        distances[part] = vsubq_f32(distances[part], vmulq_f32(value, vld1q_f32(words + 4 * part)));
      }
    }
    const float32x4_t halves = vminq_f32(vminq_f32(distances[0], distances[1]), vminq_f32(distances[2], distances[3]));
    const float32x4_t least = vdupq_n_f32(vminvq_f32(halves));
    const uint32x4_t low = vminq_u32(numbers_of(distances[0], least, 0), numbers_of(distances[1], least, 4));
    const uint32x4_t high = vminq_u32(numbers_of(distances[2], least, 8), numbers_of(distances[3], least, 12));
    const uint32_t nearest = vminvq_u32(vminq_u32(low, high));
    nibbles[s] = nearest == none ? 0 : static_cast<uint8_t>(nearest);
  }
}

}  // namespace shoal::neon
#endif
