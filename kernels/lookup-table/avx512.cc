// lookup-table.h with AVX-512: the 16 codewords of a subquantizer are one vector. Products and sums are separate instructions, so each
// is rounded as in the reference. A level is at most 255 before it is narrowed. Nothing is read or written past the last table.
#include "kernels/lookup-table/lookup-table.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni")
#endif

namespace shoal::avx512 {

void inner_tables(const float* codebook, const float* query, size_t subquantizers, size_t dsub, float* tables) {
  for (size_t s = 0; s < subquantizers; s++) {
    __m512 sum = _mm512_setzero_ps();
    for (size_t j = 0; j < dsub; j++) {
      const __m512 words = _mm512_loadu_ps(codebook + (s * dsub + j) * ksub);
      sum = _mm512_add_ps(sum, _mm512_mul_ps(_mm512_set1_ps(query[s * dsub + j]), words));
    }
    _mm512_storeu_ps(tables + s * ksub, sum);
  }
}

void quantize_tables(const float* tables, const float* minima, size_t subquantizers, float inverse_step, uint8_t* levels) {
  const __m512 inverse = _mm512_set1_ps(inverse_step);
  for (size_t s = 0; s < subquantizers; s++) {
    const __m512 above = _mm512_sub_ps(_mm512_loadu_ps(tables + s * ksub), _mm512_set1_ps(minima[s]));
    const __m512 level = _mm512_add_ps(_mm512_mul_ps(above, inverse), _mm512_set1_ps(0.5f));
    // A NaN in the first operand of max gives the second: zero.
    const __m512 kept = _mm512_min_ps(_mm512_max_ps(level, _mm512_setzero_ps()), _mm512_set1_ps(255));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(levels + s * ksub), _mm512_cvtepi32_epi8(_mm512_cvttps_epi32(kept)));
  }
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
