// dense-scan.h with AVX-512.
//
// Leans on vcvtph2ps (16 halves a time) and vfmadd on 512 bits. Four rows at once, two accumulators a row, as in avx2.cc. Floats
// do not saturate. The last dim % 16 values of a row are a masked load, which touches nothing past the end.
#include "kernels/dense-scan/dense-scan.h"

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

inline __m512 halves(const uint16_t* p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}

template <int Rows>
void score_rows(const uint16_t* rows, size_t dim, const float* query, float* scores) {
  __m512 even[Rows], odd[Rows];
  for (int r = 0; r < Rows; r++) even[r] = odd[r] = _mm512_setzero_ps();
  size_t j = 0;
  for (; j + 32 <= dim; j += 32) {
    const __m512 q0 = _mm512_loadu_ps(query + j);
    const __m512 q1 = _mm512_loadu_ps(query + j + 16);
    for (int r = 0; r < Rows; r++) {
      even[r] = _mm512_fmadd_ps(halves(rows + r * dim + j), q0, even[r]);
      odd[r] = _mm512_fmadd_ps(halves(rows + r * dim + j + 16), q1, odd[r]);
    }
  }
  for (; j < dim; j += 16) {
    const size_t left = dim - j;
    const __mmask16 mask = left >= 16 ? 0xffff : static_cast<__mmask16>((1u << left) - 1);
    const __m512 q0 = _mm512_maskz_loadu_ps(mask, query + j);
    for (int r = 0; r < Rows; r++) {
      even[r] = _mm512_fmadd_ps(_mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, rows + r * dim + j)), q0, even[r]);
    }
  }
  for (int r = 0; r < Rows; r++) scores[r] = _mm512_reduce_add_ps(_mm512_add_ps(even[r], odd[r]));
}

}  // namespace

void dense_scores(const uint16_t* rows, size_t count, size_t dim, const float* query, float* scores) {
  size_t r = 0;
  for (; r + 4 <= count; r += 4) {
    // The rows 16 further on: about 12 KB ahead at 384 dimensions, a few hundred nanoseconds. A prefetch past the end is harmless.
    for (size_t line = 0; line < 4 * dim; line += 32) {
      _mm_prefetch(reinterpret_cast<const char*>(rows + (r + 16) * dim + line), _MM_HINT_T0);
    }
    score_rows<4>(rows + r * dim, dim, query, scores + r);
  }
  for (; r < count; r++) score_rows<1>(rows + r * dim, dim, query, scores + r);
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
