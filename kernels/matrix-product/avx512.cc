// matrix-product.h with AVX-512.
//
// Leans on vfmadd231ps on 512 bits: three panels by eight points in 24 accumulators, a value of a point broadcast once for three
// panels. A core that does one such operation a cycle is fed by eleven loads for 24 of them; panels come from the second-level
// cache. Floats do not saturate; panels are whole and points are read one value at a time, so nothing passes an end.
#include "kernels/matrix-product/matrix-product.h"

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

template <int Panels, int Points>
inline void multiply(const float* points, const CentroidPanels& centroids, size_t panel, float* scores, uint32_t* panels) {
  const size_t dim = centroids.dim;
  const float* rows = centroids.panels + panel * dim * panel_width;
  __m512 sums[Points][Panels];
#pragma GCC unroll 8
  for (int p = 0; p < Points; p++) {
#pragma GCC unroll 3
    for (int c = 0; c < Panels; c++) sums[p][c] = _mm512_loadu_ps(centroids.biases + (panel + c) * panel_width);
  }
  for (size_t j = 0; j < dim; j++) {
    __m512 values[Panels];
#pragma GCC unroll 3
    for (int c = 0; c < Panels; c++) values[c] = _mm512_loadu_ps(rows + (c * dim + j) * panel_width);
#pragma GCC unroll 8
    for (int p = 0; p < Points; p++) {
      const __m512 value = _mm512_set1_ps(points[p * dim + j]);
#pragma GCC unroll 3
      for (int c = 0; c < Panels; c++) sums[p][c] = _mm512_fmadd_ps(value, values[c], sums[p][c]);
    }
  }
#pragma GCC unroll 8
  for (int p = 0; p < Points; p++) {
    __m512 best = _mm512_loadu_ps(scores + p * panel_width);
    __m512i found = _mm512_loadu_si512(panels + p * panel_width);
#pragma GCC unroll 3
    for (int c = 0; c < Panels; c++) {
      const __mmask16 wins = _mm512_cmp_ps_mask(sums[p][c], best, _CMP_GT_OQ);
      best = _mm512_mask_mov_ps(best, wins, sums[p][c]);
      found = _mm512_mask_mov_epi32(found, wins, _mm512_set1_epi32(static_cast<int>(panel + c)));
    }
    _mm512_storeu_ps(scores + p * panel_width, best);
    _mm512_storeu_si512(panels + p * panel_width, found);
  }
}

template <int Panels>
inline void multiply_all(const float* points, size_t count, const CentroidPanels& centroids, size_t panel, float* scores,
                         uint32_t* panels) {
  size_t p = 0;
  for (; p + 8 <= count; p += 8) {
    multiply<Panels, 8>(points + p * centroids.dim, centroids, panel, scores + p * panel_width, panels + p * panel_width);
  }
  for (; p < count; p++) {
    multiply<Panels, 1>(points + p * centroids.dim, centroids, panel, scores + p * panel_width, panels + p * panel_width);
  }
}

}  // namespace

void best_of_panels(const float* points, size_t count, const CentroidPanels& centroids, float* scores, uint32_t* panels) {
  size_t panel = 0;
  for (; panel + 3 <= centroids.count; panel += 3) multiply_all<3>(points, count, centroids, panel, scores, panels);
  for (; panel < centroids.count; panel++) multiply_all<1>(points, count, centroids, panel, scores, panels);
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
