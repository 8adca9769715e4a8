// float16.h with AVX-512: vcvtps2ph and vcvtph2ps, sixteen a time; the last count % 16 by masked loads and stores.
#include "kernels/float16/float16.h"

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

inline __mmask16 mask_of(size_t left) { return left >= 16 ? 0xffff : static_cast<__mmask16>((1u << left) - 1); }

}  // namespace

void to_half(const float* values, size_t count, uint16_t* bits) {
  for (size_t i = 0; i < count; i += 16) {
    const __mmask16 mask = mask_of(count - i);
    const __m256i half = _mm512_cvtps_ph(_mm512_maskz_loadu_ps(mask, values + i), _MM_FROUND_TO_NEAREST_INT);
    _mm256_mask_storeu_epi16(bits + i, mask, half);
  }
}

void to_float(const uint16_t* bits, size_t count, float* values) {
  for (size_t i = 0; i < count; i += 16) {
    const __mmask16 mask = mask_of(count - i);
    _mm512_mask_storeu_ps(values + i, mask, _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, bits + i)));
  }
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
