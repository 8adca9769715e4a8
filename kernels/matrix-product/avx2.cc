// matrix-product.h with AVX2 and FMA.
//
// Leans on vfmadd231ps on 256 bits: a panel by six points in twelve accumulators, which two such operations a cycle keep busy at a
// latency of four to five. Floats do not saturate; panels are whole and points are read one value at a time, so nothing passes an end.
#include "kernels/matrix-product/matrix-product.h"

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

template <int Points>
inline void multiply(const float* points, const CentroidPanels& centroids, size_t panel, float* scores, uint32_t* panels) {
  const size_t dim = centroids.dim;
  const float* rows = centroids.panels + panel * dim * panel_width;
  __m256 low[Points], high[Points];
#pragma GCC unroll 6
  for (int p = 0; p < Points; p++) {
    low[p] = _mm256_loadu_ps(centroids.biases + panel * panel_width);
    high[p] = _mm256_loadu_ps(centroids.biases + panel * panel_width + 8);
  }
  for (size_t j = 0; j < dim; j++) {
    const __m256 left = _mm256_loadu_ps(rows + j * panel_width);
    const __m256 right = _mm256_loadu_ps(rows + j * panel_width + 8);
#pragma GCC unroll 6
    for (int p = 0; p < Points; p++) {
      const __m256 value = _mm256_set1_ps(points[p * dim + j]);
      low[p] = _mm256_fmadd_ps(value, left, low[p]);
      high[p] = _mm256_fmadd_ps(value, right, high[p]);
    }
  }
  const __m256i number = _mm256_set1_epi32(static_cast<int>(panel));
#pragma GCC unroll 6
  for (int p = 0; p < Points; p++) {
    for (int half = 0; half < 2; half++) {
      float* best = scores + p * panel_width + half * 8;
      __m256i* found = reinterpret_cast<__m256i*>(panels + p * panel_width + half * 8);
      const __m256 sum = half == 0 ? low[p] : high[p];
      const __m256 wins = _mm256_cmp_ps(sum, _mm256_loadu_ps(best), _CMP_GT_OQ);
      _mm256_storeu_ps(best, _mm256_blendv_ps(_mm256_loadu_ps(best), sum, wins));
      _mm256_storeu_si256(found, _mm256_blendv_epi8(_mm256_loadu_si256(found), number, _mm256_castps_si256(wins)));
    }
  }
}

}  // namespace

void best_of_panels(const float* points, size_t count, const CentroidPanels& centroids, float* scores, uint32_t* panels) {
  for (size_t panel = 0; panel < centroids.count; panel++) {
    size_t p = 0;
    for (; p + 6 <= count; p += 6) {
      multiply<6>(points + p * centroids.dim, centroids, panel, scores + p * panel_width, panels + p * panel_width);
    }
    for (; p < count; p++) {
      multiply<1>(points + p * centroids.dim, centroids, panel, scores + p * panel_width, panels + p * panel_width);
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
