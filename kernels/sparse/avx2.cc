// sparse.h with F16C: eight weights are converted and multiplied at once; the sums are scattered one by one, in order, since a
// row may come twice. Each float operation is the reference's, so the bits are too. The last count % 8 go one by one.
#include "kernels/sparse/sparse.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif

namespace shoal::avx2 {

void accumulate_term(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, float* scores,
                     size_t score_count) {
  const __m256 factors = _mm256_set1_ps(factor);
  alignas(32) float products[8];
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256 eight = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(weights + i)));
    _mm256_store_ps(products, _mm256_mul_ps(factors, eight));
    for (size_t p = 0; p < 8; p++) {
      if (rows[i + p] < score_count) scores[rows[i + p]] += products[p];
    }
  }
  for (; i < count; i++) {
    if (rows[i] < score_count) scores[rows[i]] += factor * _cvtsh_ss(weights[i]);
  }
}

}  // namespace shoal::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
