// sparse.h with F16C: eight weights are converted and multiplied at once; the sums are scattered one by one, in order, since a
// row may come twice. Each float operation is the reference's, so the bits are too. The last count % 8 go one by one. Rows are
// collected from 32 scores at a time, with the four bytes of `live` that belong to them; the last score_count % 32 one by one.
#include "kernels/sparse/sparse.h"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif

namespace shoal::avx2 {

void accumulate_term(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, float* scores,
                     size_t score_count) {
  const __m256 factors = _mm256_set1_ps(factor);
  alignas(32) float products[8];
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256 eight = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(weights + i)));
    _mm256_store_ps(products, _mm256_mul_ps(factors, eight));
    for (size_t p = 0; p < 8; p++) {
      if (rows[i + p] < score_count) scores[rows[i + p]] += products[p];
    }
  }
  for (; i < count; i++) {
    if (rows[i] < score_count) scores[rows[i]] += factor * _cvtsh_ss(weights[i]);
  }
}

size_t collect_rows(const float* scores, size_t score_count, float least, const uint8_t* live, uint32_t* found) {
  const __m256 bound = _mm256_set1_ps(least);
  size_t count = 0, i = 0;
  for (; i + 32 <= score_count; i += 32) {
    const auto quarter = [&](size_t at) {
      return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(scores + i + at), bound, _CMP_GE_OQ)));
    };
    uint32_t mask = quarter(0) | quarter(8) << 8 | quarter(16) << 16 | quarter(24) << 24;
    if (mask == 0) continue;
    if (live != nullptr) {
      uint32_t bits;
      std::memcpy(&bits, live + (i >> 3), sizeof bits);
      mask &= bits;
    }
    for (; mask != 0; mask &= mask - 1) found[count++] = static_cast<uint32_t>(i + static_cast<size_t>(__builtin_ctz(mask)));
  }
  for (; i < score_count; i++) {
    const bool is_live = live == nullptr || ((live[i >> 3] >> (i & 7)) & 1) != 0;
    if (scores[i] >= least && is_live) found[count++] = static_cast<uint32_t>(i);
  }
  return count;
}

}  // namespace shoal::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
