// sparse.h with compressing stores: rows are collected from 16 scores at a time, with the two bytes of `live` that belong to them. A
// store may write up to 16 positions behind the last one found: the output has room for them. The last score_count % 16 scores are
// read under a mask. Sums stay with AVX2: scattering 16 at once is no faster, and a row may come twice.
#include "kernels/sparse/sparse.h"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
#endif

namespace shoal::avx512 {

size_t collect_rows(const float* scores, size_t score_count, float least, const uint8_t* live, uint32_t* found) {
  const __m512 bound = _mm512_set1_ps(least);
  __m512i positions = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i step = _mm512_set1_epi32(16);
  size_t count = 0;
  for (size_t i = 0; i < score_count; i += 16, positions = _mm512_add_epi32(positions, step)) {
    const size_t left = score_count - i;
    const __mmask16 inside = left >= 16 ? 0xffff : static_cast<__mmask16>((1u << left) - 1);
    __mmask16 mask = _mm512_mask_cmp_ps_mask(inside, _mm512_maskz_loadu_ps(inside, scores + i), bound, _CMP_GE_OQ);
    if (live != nullptr) {
      uint16_t bits = 0;
      std::memcpy(&bits, live + (i >> 3), left > 8 ? 2 : 1);
      mask = static_cast<__mmask16>(mask & bits);
    }
    // To a register first: a compressing store to memory is microcode on some machines.
    _mm512_storeu_si512(found + count, _mm512_maskz_compress_epi32(mask, positions));
    count += static_cast<size_t>(__builtin_popcount(mask));
  }
  return count;
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
