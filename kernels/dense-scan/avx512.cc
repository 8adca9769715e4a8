// dense-scan.h with AVX-512.
//
// Leans on vcvtph2ps (16 halves a time) and vfmadd on 512 bits. Row after row, four accumulators each, as in avx2.cc. Floats do
// not saturate. The last dim % 16 values of a row are a masked load, which touches nothing past the end.
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

float score_row(const uint16_t* row, size_t dim, const float* query) {
  __m512 sums[4];
  for (auto& sum : sums) sum = _mm512_setzero_ps();
  size_t j = 0;
  for (; j + 64 <= dim; j += 64) {
    for (size_t s = 0; s < 4; s++) {
      sums[s] = _mm512_fmadd_ps(halves(row + j + 16 * s), _mm512_loadu_ps(query + j + 16 * s), sums[s]);
    }
  }
  for (size_t s = 0; j < dim; j += 16, s++) {
    const size_t left = dim - j;
    const __mmask16 mask = left >= 16 ? 0xffff : static_cast<__mmask16>((1u << left) - 1);
    const __m512 values = _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, row + j));
    sums[s] = _mm512_fmadd_ps(values, _mm512_maskz_loadu_ps(mask, query + j), sums[s]);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sums[0], sums[1]), _mm512_add_ps(sums[2], sums[3])));
}

}  // namespace

void dense_scores(const uint16_t* rows, size_t count, size_t dim, const float* query, float* scores) {
  for (size_t r = 0; r < count; r++) scores[r] = score_row(rows + r * dim, dim, query);
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
