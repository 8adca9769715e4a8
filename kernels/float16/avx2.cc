// float16.h with F16C: vcvtps2ph and vcvtph2ps, eight a time. The last count % 8 go through a zero-padded copy.
#include "kernels/float16/float16.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif

namespace shoal::avx2 {

void to_half(const float* values, size_t count, uint16_t* bits) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i half = _mm256_cvtps_ph(_mm256_loadu_ps(values + i), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(bits + i), half);
  }
  if (i == count) return;
  float padded[8] = {};
  uint16_t halves[8];
  std::memcpy(padded, values + i, (count - i) * sizeof(float));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(halves), _mm256_cvtps_ph(_mm256_loadu_ps(padded), _MM_FROUND_TO_NEAREST_INT));
  std::memcpy(bits + i, halves, (count - i) * sizeof(uint16_t));
}

void to_float(const uint16_t* bits, size_t count, float* values) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    _mm256_storeu_ps(values + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bits + i))));
  }
  if (i == count) return;
  uint16_t padded[8] = {};
  float floats[8];
  std::memcpy(padded, bits + i, (count - i) * sizeof(uint16_t));
  _mm256_storeu_ps(floats, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(padded))));
  std::memcpy(values + i, floats, (count - i) * sizeof(float));
}

}  // namespace shoal::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
