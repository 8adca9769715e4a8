// second-code.h with AVX-512 VNNI: vpdpbusd adds four products of an unsigned nibble and a level straight into an int32. Vectors of 32
// bytes, since a record is a few of them. Reads end with the nibbles.
#include "kernels/second-code/second-code.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni")
#endif

namespace shoal::avx512 {
namespace {

inline __m256i load(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

inline int32_t sum_of(__m256i values) {
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
  const __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}

}  // namespace

int32_t nibble_product(const uint8_t* nibbles, const int8_t* levels, size_t dim) {
  const __m256i low = _mm256_set1_epi8(15);
  __m256i first = _mm256_setzero_si256(), second = _mm256_setzero_si256();
  size_t j = 0;
  for (; j + 64 <= dim; j += 64) {
    const __m256i bytes = load(nibbles + j / 2);
    first = _mm256_dpbusd_epi32(first, _mm256_and_si256(bytes, low), load(levels + j));
    second = _mm256_dpbusd_epi32(second, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low), load(levels + j + 32));
  }
  if (j < dim) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(nibbles + j / 2));
    const __m256i both = _mm256_set_m128i(_mm_srli_epi16(bytes, 4), bytes);
    first = _mm256_dpbusd_epi32(first, _mm256_and_si256(both, low), load(levels + j));
  }
  return sum_of(_mm256_add_epi32(first, second));
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
