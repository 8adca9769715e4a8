// product-code.h with AVX-512: the 16 codewords of a subquantizer are one vector; the first lane that equals the least is the code.
// Products and differences are separate instructions. Reads end with the arrays.
#include "kernels/product-code/product-code.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni")
#endif

namespace shoal::avx512 {

void nearest_codewords(const float* residual, const float* codebook, const float* half_norms, size_t subquantizers, size_t dsub,
                       uint8_t* nibbles) {
  for (size_t s = 0; s < subquantizers; s++) {
    __m512 distance = _mm512_loadu_ps(half_norms + s * ksub);
    for (size_t j = 0; j < dsub; j++) {
      const __m512 words = _mm512_loadu_ps(codebook + (s * dsub + j) * ksub);
      distance = _mm512_sub_ps(distance, _mm512_mul_ps(_mm512_set1_ps(residual[s * dsub + j]), words));
    }
    const __m512 least = _mm512_set1_ps(_mm512_reduce_min_ps(distance));
    const unsigned equal = _mm512_cmp_ps_mask(distance, least, _CMP_EQ_OQ);
    nibbles[s] = equal == 0 ? 0 : static_cast<uint8_t>(__builtin_ctz(equal));
  }
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
