// product-code.h with AVX2: the 16 codewords of a subquantizer are two vectors of eight lanes. The least of them is spread to all lanes,
// and the first lane that equals it is the code. Products and differences are separate instructions. Reads end with the arrays.
#include "kernels/product-code/product-code.h"

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

inline __m256 least_of(__m256 values) {
  const __m256 lanes = _mm256_min_ps(values, _mm256_permute2f128_ps(values, values, 1));
  const __m256 pairs = _mm256_min_ps(lanes, _mm256_permute_ps(lanes, 0x4e));
  return _mm256_min_ps(pairs, _mm256_permute_ps(pairs, 0xb1));
}

}  // namespace

void nearest_codewords(const float* residual, const float* codebook, const float* half_norms, size_t subquantizers, size_t dsub,
                       uint8_t* nibbles) {
  for (size_t s = 0; s < subquantizers; s++) {
    __m256 low = _mm256_loadu_ps(half_norms + s * ksub), high = _mm256_loadu_ps(half_norms + s * ksub + 8);
    for (size_t j = 0; j < dsub; j++) {
      const __m256 value = _mm256_set1_ps(residual[s * dsub + j]);
      const float* words = codebook + (s * dsub + j) * ksub;
      low = _mm256_sub_ps(low, _mm256_mul_ps(value, _mm256_loadu_ps(words)));
      high = _mm256_sub_ps(high, _mm256_mul_ps(value, _mm256_loadu_ps(words + 8)));
    }
    const __m256 least = least_of(_mm256_min_ps(low, high));
    const int below = _mm256_movemask_ps(_mm256_cmp_ps(low, least, _CMP_EQ_OQ));
    const int above = _mm256_movemask_ps(_mm256_cmp_ps(high, least, _CMP_EQ_OQ));
    const unsigned equal = static_cast<unsigned>(below | above << 8);
    nibbles[s] = equal == 0 ? 0 : static_cast<uint8_t>(__builtin_ctz(equal));
  }
}

}  // namespace shoal::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
