// nearest-centroid.h with AVX2.
//
// Leans on vmulps and vaddps, apart on purpose: the header demands each rounded by itself. Four centroids by sixteen points in
// eight accumulators. Floats do not saturate; panels are whole tiles and centroids are read one value at a time, so nothing passes
// an end.
#include "kernels/nearest-centroid/nearest-centroid.h"

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

struct Best {
  __m256 score[2];
  __m256i index[2];
};

inline void improve(Best& best, int half, __m256 sum, uint32_t c) {
  const __m256 wins = _mm256_cmp_ps(sum, best.score[half], _CMP_GT_OQ);
  best.score[half] = _mm256_blendv_ps(best.score[half], sum, wins);
  best.index[half] = _mm256_blendv_epi8(best.index[half], _mm256_set1_epi32(static_cast<int>(c)), _mm256_castps_si256(wins));
}

template <int Rows>
inline void score_centroids(const float* tile, size_t dim, const float* centroids, uint32_t first, Best& best) {
  const float* rows = centroids + first * dim;
  __m256 sums[Rows][2];
  for (int r = 0; r < Rows; r++) sums[r][0] = sums[r][1] = _mm256_setzero_ps();
  for (size_t j = 0; j < dim; j++) {
    const __m256 low = _mm256_loadu_ps(tile + j * 16);
    const __m256 high = _mm256_loadu_ps(tile + j * 16 + 8);
    for (int r = 0; r < Rows; r++) {
      const __m256 value = _mm256_set1_ps(rows[r * dim + j]);
      sums[r][0] = _mm256_add_ps(sums[r][0], _mm256_mul_ps(value, low));
      sums[r][1] = _mm256_add_ps(sums[r][1], _mm256_mul_ps(value, high));
    }
  }
  for (int r = 0; r < Rows; r++) {
    improve(best, 0, sums[r][0], first + r);
    improve(best, 1, sums[r][1], first + r);
  }
}

}  // namespace

void nearest_panel(const float* panel, int tiles, size_t dim, const float* centroids, uint32_t count, float* best,
                   uint32_t* index) {
  for (int t = 0; t < tiles; t++) {
    Best found;
    for (int half = 0; half < 2; half++) {
      found.score[half] = _mm256_loadu_ps(best + t * 16 + half * 8);
      found.index[half] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(index + t * 16 + half * 8));
    }
    uint32_t c = 0;
    for (; c + 4 <= count; c += 4) score_centroids<4>(panel + t * 16 * dim, dim, centroids, c, found);
    for (; c < count; c++) score_centroids<1>(panel + t * 16 * dim, dim, centroids, c, found);
    for (int half = 0; half < 2; half++) {
      _mm256_storeu_ps(best + t * 16 + half * 8, found.score[half]);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(index + t * 16 + half * 8), found.index[half]);
    }
  }
}

}  // namespace shoal::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
