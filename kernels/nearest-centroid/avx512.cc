// nearest-centroid.h with AVX-512.
//
// Leans on vmulps and vaddps on 512 bits, apart on purpose: the header demands each rounded by itself; cores with separate add
// units (Zen 4) lose little by it. Eight centroids by 32 points in sixteen accumulators. Floats do not saturate; panels are whole
// tiles and centroids are read one value at a time, so nothing passes an end.
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

template <int Tiles>
struct Best {
  __m512 score[Tiles];
  __m512i index[Tiles];
};

template <int Rows, int Tiles>
inline void score_centroids(const float* panel, size_t dim, const float* centroids, uint32_t first, Best<Tiles>& best) {
  const float* rows = centroids + first * dim;
  __m512 sums[Rows][Tiles];
  for (int r = 0; r < Rows; r++) {
    for (int t = 0; t < Tiles; t++) sums[r][t] = _mm512_setzero_ps();
  }
  for (size_t j = 0; j < dim; j++) {
    __m512 points[Tiles];
    for (int t = 0; t < Tiles; t++) points[t] = _mm512_loadu_ps(panel + (t * dim + j) * 16);
    for (int r = 0; r < Rows; r++) {
      const __m512 value = _mm512_set1_ps(rows[r * dim + j]);
      for (int t = 0; t < Tiles; t++) sums[r][t] = _mm512_add_ps(sums[r][t], _mm512_mul_ps(value, points[t]));
    }
  }
  for (int r = 0; r < Rows; r++) {
    for (int t = 0; t < Tiles; t++) {
      const __mmask16 wins = _mm512_cmp_ps_mask(sums[r][t], best.score[t], _CMP_GT_OQ);
      best.score[t] = _mm512_mask_mov_ps(best.score[t], wins, sums[r][t]);
      best.index[t] = _mm512_mask_mov_epi32(best.index[t], wins, _mm512_set1_epi32(static_cast<int>(first + r)));
    }
  }
}

template <int Tiles>
void search(const float* panel, size_t dim, const float* centroids, uint32_t count, float* best, uint32_t* index) {
  Best<Tiles> found;
  for (int t = 0; t < Tiles; t++) {
    found.score[t] = _mm512_loadu_ps(best + t * 16);
    found.index[t] = _mm512_loadu_si512(index + t * 16);
  }
  uint32_t c = 0;
  for (; c + 8 <= count; c += 8) score_centroids<8, Tiles>(panel, dim, centroids, c, found);
  for (; c < count; c++) score_centroids<1, Tiles>(panel, dim, centroids, c, found);
  for (int t = 0; t < Tiles; t++) {
    _mm512_storeu_ps(best + t * 16, found.score[t]);
    _mm512_storeu_si512(index + t * 16, found.index[t]);
  }
}

}  // namespace

void nearest_panel(const float* panel, int tiles, size_t dim, const float* centroids, uint32_t count, float* best,
                   uint32_t* index) {
  if (tiles == 2) {
    search<2>(panel, dim, centroids, count, best, index);
    return;
  }
  search<1>(panel, dim, centroids, count, best, index);
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
