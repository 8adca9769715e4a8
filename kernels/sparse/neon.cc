// sparse.h with NEON: four weights are converted and multiplied at once; the sums are scattered one by one, in order, since a row may
// come twice. Each float operation is the reference's, so the bits are too. The last count % 4 go one by one. Rows are collected from 16
// scores at a time; of most of these none is wanted.
#include "kernels/sparse/sparse.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#include "kernels/float16/float16.h"

namespace shoal::neon {
namespace {

// Of `size` scores from `from` on, a multiple of 8.
size_t collect_from(const float* scores, size_t from, size_t size, float least, const uint8_t* live, uint32_t* found) {
  const uint8_t* bits = live == nullptr ? nullptr : live + (from >> 3);
  const size_t count = reference::collect_rows(scores + from, size, least, bits, found);
  for (size_t c = 0; c < count; c++) found[c] += static_cast<uint32_t>(from);
  return count;
}

}  // namespace

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

size_t collect_rows(const float* scores, size_t score_count, float least, const uint8_t* live, uint32_t* found) {
  const float32x4_t bound = vdupq_n_f32(least);
  size_t count = 0, i = 0;
  for (; i + 16 <= score_count; i += 16) {
    const auto reached = [&](size_t at) { return vcgeq_f32(vld1q_f32(scores + i + at), bound); };
    if (vmaxvq_u32(vorrq_u32(vorrq_u32(reached(0), reached(4)), vorrq_u32(reached(8), reached(12)))) == 0) continue;
    count += collect_from(scores, i, 16, least, live, found + count);
  }
  return count + collect_from(scores, i, score_count - i, least, live, found + count);
}

}  // namespace shoal::neon
#endif
