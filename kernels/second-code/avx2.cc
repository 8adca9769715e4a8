// second-code.h with AVX2.
//
// Leans on vpmaddubsw: two nibbles (unsigned) times two levels add to at most 2 * 15 * 127 = 3,810, and the two halves of a byte to
// 7,620, far from the end of an int16; vpmaddwd with ones widens them. Reads end with the nibbles.
#include "kernels/second-code/second-code.h"

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

inline __m256i load(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

inline int32_t sum_of(__m256i values) {
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
  const __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}

}  // namespace

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
