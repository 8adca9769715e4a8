// What the AVX2 and AVX-512 scorers of values.h share: vectors of 32 bytes, which is what lies together. Compiled into each caller, under
// whose instruction set it then is.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

#define SHOAL_AVX2 __attribute__((always_inline, target("avx2")))

namespace shoal::bytes32 {

SHOAL_AVX2 inline __m256i load(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

SHOAL_AVX2 inline __m256i twice(const uint8_t* p) { return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))); }

SHOAL_AVX2 inline int64_t sum_of(__m256i values) {
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
  const __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}

// 32 codes of four bits.
SHOAL_AVX2 inline __m256i nibbles_of(const uint8_t* group) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(group));
  return _mm256_and_si256(_mm256_set_m128i(_mm_srli_epi16(bytes, 4), bytes), _mm256_set1_epi8(15));
}

// 32 codes of two bits.
SHOAL_AVX2 inline __m256i pairs_of(const uint8_t* group) {
  int64_t bytes;
  std::memcpy(&bytes, group, sizeof bytes);
  const __m256i shifted = _mm256_srlv_epi64(_mm256_set1_epi64x(bytes), _mm256_setr_epi64x(0, 2, 4, 6));
  return _mm256_and_si256(shifted, _mm256_set1_epi8(3));
}

}  // namespace shoal::bytes32

#undef SHOAL_AVX2
