// nearest-centroid.h with AVX-512.
//
// Leans on vmulps and vaddps on 512 bits, apart on purpose: the header demands each rounded by itself; cores with separate add
// units (Zen 4) lose little by it. Eight centroids by 16 points in eight accumulators: a second tile of points would share the
// loads of centroids, but no longer fit the first-level cache at 384 dimensions (measured: a third slower). Floats do not
// saturate; panels are whole tiles and centroids are read one value at a time, so nothing passes an end.
#include "kernels/nearest-centroid/nearest-centroid.h"

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

struct Best {
  __m512 score;
  __m512i index;
};

template <int Rows>
inline void score_centroids(const float* tile, size_t dim, const float* centroids, uint32_t first, Best& best) {
  const float* rows = centroids + first * dim;
  __m512 sums[Rows];
  for (int r = 0; r < Rows; r++) sums[r] = _mm512_setzero_ps();
  for (size_t j = 0; j < dim; j++) {
    const __m512 points = _mm512_loadu_ps(tile + j * 16);
    for (int r = 0; r < Rows; r++) {
      sums[r] = _mm512_add_ps(sums[r], _mm512_mul_ps(_mm512_set1_ps(rows[r * dim + j]), points));
    }
  }
  for (int r = 0; r < Rows; r++) {
    const __mmask16 wins = _mm512_cmp_ps_mask(sums[r], best.score, _CMP_GT_OQ);
    best.score = _mm512_mask_mov_ps(best.score, wins, sums[r]);
    best.index = _mm512_mask_mov_epi32(best.index, wins, _mm512_set1_epi32(static_cast<int>(first + r)));
  }
}

}  // namespace

void nearest_panel(const float* panel, int tiles, size_t dim, const float* centroids, uint32_t count, float* best,
                   uint32_t* index) {
  for (int t = 0; t < tiles; t++) {
    Best found = {_mm512_loadu_ps(best + t * 16), _mm512_loadu_si512(index + t * 16)};
    uint32_t c = 0;
    for (; c + 8 <= count; c += 8) score_centroids<8>(panel + t * 16 * dim, dim, centroids, c, found);
    for (; c < count; c++) score_centroids<1>(panel + t * 16 * dim, dim, centroids, c, found);
    _mm512_storeu_ps(best + t * 16, found.score);
    _mm512_storeu_si512(index + t * 16, found.index);
  }
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
