// second-code.h with AVX2.
//
// Leans on vpmaddubsw: two nibbles (unsigned) times two levels add to at most 2 * 15 * 127 = 3,810, and the two halves of a byte to
// 7,620, far from the end of an int16; vpmaddwd with ones widens them. Encoding has a lane for each of the four steps, so that their sums
// run in the order of dimensions and hide each other's latency. Reads end with the arrays.
#include "kernels/second-code/second-code.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif

namespace shoal::avx2 {
namespace {

inline __m256i load(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

inline int32_t sum_of(__m256i values) {
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
  const __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}

// As doubles. A NaN in the first operand of max gives the second: zero. `is_step`: where the step is positive; else the nibble is 8.
inline __m256d nibbles_of(__m256d values, __m256d steps, __m256d is_step) {
  const __m256d buckets = _mm256_add_pd(_mm256_floor_pd(_mm256_div_pd(values, steps)), _mm256_set1_pd(8));
  const __m256d kept = _mm256_min_pd(_mm256_max_pd(buckets, _mm256_setzero_pd()), _mm256_set1_pd(15));
  return _mm256_blendv_pd(_mm256_set1_pd(8), kept, is_step);
}

}  // namespace

void nibble_errors(const float* left_over, size_t dim, const double* steps, double* errors) {
  const __m256d step = _mm256_loadu_pd(steps), is_step = _mm256_cmp_pd(step, _mm256_setzero_pd(), _CMP_GT_OQ);
  __m256d sum = _mm256_setzero_pd();
  for (size_t j = 0; j < dim; j++) {
    const __m256d value = _mm256_set1_pd(static_cast<double>(left_over[j]));
    const __m256d nibble = nibbles_of(value, step, is_step);
    const __m256d difference = _mm256_sub_pd(value, _mm256_mul_pd(step, _mm256_sub_pd(nibble, _mm256_set1_pd(7.5))));
    sum = _mm256_add_pd(sum, _mm256_mul_pd(difference, difference));
  }
  _mm256_storeu_pd(errors, sum);
}

void find_nibbles(const float* left_over, size_t dim, double step, uint8_t* nibbles) {
  const __m256d steps = _mm256_set1_pd(step), is_step = _mm256_cmp_pd(steps, _mm256_setzero_pd(), _CMP_GT_OQ);
  size_t j = 0;
  for (; j + 4 <= dim; j += 4) {
    const __m128i four = _mm256_cvttpd_epi32(nibbles_of(_mm256_cvtps_pd(_mm_loadu_ps(left_over + j)), steps, is_step));
    const __m128i words = _mm_packs_epi32(four, four);
    const int32_t bytes = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
    std::memcpy(nibbles + j, &bytes, sizeof bytes);
  }
  reference::find_nibbles(left_over + j, dim - j, step, nibbles + j);
}

int32_t nibble_product(const uint8_t* nibbles, const int8_t* levels, size_t dim) {
  const __m256i low = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
  __m256i sum = _mm256_setzero_si256();
  size_t j = 0;
  for (; j + 64 <= dim; j += 64) {
    const __m256i bytes = load(nibbles + j / 2);
    const __m256i first = _mm256_maddubs_epi16(_mm256_and_si256(bytes, low), load(levels + j));
    const __m256i second = _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16(bytes, 4), low), load(levels + j + 32));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_add_epi16(first, second), ones));
  }
  if (j < dim) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(nibbles + j / 2));
    const __m256i both = _mm256_set_m128i(_mm_srli_epi16(bytes, 4), bytes);
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_and_si256(both, low), load(levels + j)), ones));
  }
  return sum_of(sum);
}

}  // namespace shoal::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
