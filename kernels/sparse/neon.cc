// sparse.h with NEON: four weights are converted and multiplied at once; the sums are scattered one by one, in order, since a row may
// come twice. Each float operation is the reference's, so the bits are too. The last count % 4 go one by one.
#include "kernels/sparse/sparse.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#include "kernels/float16/float16.h"

namespace shoal::neon {

void accumulate_term(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, float* scores,
                     size_t score_count) {
  const float32x4_t factors = vdupq_n_f32(factor);
  float products[4];
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    vst1q_f32(products, vmulq_f32(factors, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(weights + i)))));
    for (size_t p = 0; p < 4; p++) {
      if (rows[i + p] < score_count) scores[rows[i + p]] += products[p];
    }
  }
  for (; i < count; i++) {
    if (rows[i] < score_count) scores[rows[i]] += factor * reference::float_of_half(weights[i]);
  }
}

}  // namespace shoal::neon
#endif
