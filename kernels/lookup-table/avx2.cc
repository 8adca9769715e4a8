// lookup-table.h with AVX2: the 16 codewords of a subquantizer are two vectors of eight lanes. Products and sums are separate
// instructions, so each is rounded as in the reference. A level is at most 255 before it is narrowed, so the packs saturate nothing.
// Nothing is read or written past the last table.
#include "kernels/lookup-table/lookup-table.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif

namespace shoal::avx2 {
namespace {

inline __m256i levels_of(const float* tables, __m256 minimum, __m256 inverse) {
  const __m256 scaled = _mm256_mul_ps(_mm256_sub_ps(_mm256_loadu_ps(tables), minimum), inverse);
  const __m256 level = _mm256_add_ps(scaled, _mm256_set1_ps(0.5f));
  // A NaN in the first operand of max gives the second: zero.
  const __m256 floored = _mm256_max_ps(level, _mm256_setzero_ps());
  return _mm256_cvttps_epi32(_mm256_min_ps(floored, _mm256_set1_ps(255)));
}

}  // namespace

void inner_tables(const float* codebook, const float* query, size_t subquantizers, size_t dsub, float* tables) {
  for (size_t s = 0; s < subquantizers; s++) {
    __m256 low = _mm256_setzero_ps(), high = _mm256_setzero_ps();
    for (size_t j = 0; j < dsub; j++) {
      const __m256 value = _mm256_set1_ps(query[s * dsub + j]);
      const float* words = codebook + (s * dsub + j) * ksub;
      low = _mm256_add_ps(low, _mm256_mul_ps(value, _mm256_loadu_ps(words)));
      high = _mm256_add_ps(high, _mm256_mul_ps(value, _mm256_loadu_ps(words + 8)));
    }
    _mm256_storeu_ps(tables + s * ksub, low);
    _mm256_storeu_ps(tables + s * ksub + 8, high);
  }
}

void quantize_tables(const float* tables, const float* minima, size_t subquantizers, float inverse_step, uint8_t* levels) {
  const __m256 inverse = _mm256_set1_ps(inverse_step);
  for (size_t s = 0; s < subquantizers; s++) {
    const __m256 minimum = _mm256_set1_ps(minima[s]);
    const __m256i low = levels_of(tables + s * ksub, minimum, inverse);
    const __m256i high = levels_of(tables + s * ksub + 8, minimum, inverse);
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
    const __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(levels + s * ksub), bytes);
  }
}

}  // namespace shoal::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
