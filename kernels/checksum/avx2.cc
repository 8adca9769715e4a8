// checksum.h with PCLMULQDQ, which every processor with AVX2 has: four lanes of 128 bits are folded over 64 bytes a step, then into one,
// which Barrett's reduction brings to 32 bits. The last count % 16 bytes go byte by byte.
#include "kernels/checksum/checksum.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,pclmul"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,pclmul")
#endif

namespace shoal::avx2 {
namespace {

constexpr size_t lane_bytes = 16, step_bytes = 64;

inline __m128i load(const uint8_t* bytes) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)); }

// `lane` moved on by as many bits as `powers` are for, over `next`.
inline __m128i fold(__m128i lane, __m128i powers, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(lane, powers, 0x00);
  const __m128i high = _mm_clmulepi64_si128(lane, powers, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

// The remainder of 128 bits, as the article's section on reflected data has it.
inline uint32_t reduce(__m128i lane, __m128i powers) {
  const __m128i low_words = _mm_setr_epi32(-1, 0, -1, 0);
  const __m128i to_96 = _mm_xor_si128(_mm_srli_si128(lane, 8), _mm_clmulepi64_si128(lane, powers, 0x10));
  const __m128i power_64 = _mm_set_epi64x(0, 0x163cd6124);
  const __m128i to_64 =
      _mm_xor_si128(_mm_clmulepi64_si128(_mm_and_si128(to_96, low_words), power_64, 0x00), _mm_srli_si128(to_96, 4));
  const __m128i polynomial = _mm_set_epi64x(0x1f7011641, 0x1db710641);
  const __m128i quotient = _mm_and_si128(_mm_clmulepi64_si128(_mm_and_si128(to_64, low_words), polynomial, 0x10), low_words);
  const __m128i remainder = _mm_xor_si128(to_64, _mm_clmulepi64_si128(quotient, polynomial, 0x00));
  return static_cast<uint32_t>(_mm_extract_epi32(remainder, 1));
}

// Of at least 64 bytes, a multiple of 16; begun and not ended.
uint32_t folded(const uint8_t* bytes, size_t count) {
  const __m128i by_512 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
  const __m128i by_128 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
  __m128i lanes[4];
  for (int lane = 0; lane < 4; lane++) lanes[lane] = load(bytes + lane * lane_bytes);
  lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128(-1));
  size_t i = step_bytes;
  for (; i + step_bytes <= count; i += step_bytes) {
    for (int lane = 0; lane < 4; lane++) lanes[lane] = fold(lanes[lane], by_512, load(bytes + i + lane * lane_bytes));
  }
  __m128i all = lanes[0];
  for (int lane = 1; lane < 4; lane++) all = fold(all, by_128, lanes[lane]);
  for (; i < count; i += lane_bytes) all = fold(all, by_128, load(bytes + i));
  return reduce(all, by_128);
}

}  // namespace

uint32_t crc32(const uint8_t* bytes, size_t count) {
  if (count < step_bytes) return reference::crc32(bytes, count);
  const size_t whole = count & ~(lane_bytes - 1);
  uint32_t sum = folded(bytes, whole);
  for (size_t i = whole; i < count; i++) {
    sum ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xedb88320u : 0);
  }
  return ~sum;
}

}  // namespace shoal::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
