// matrix-product.h with NEON.
//
// Leans on fmla: a panel of 16 lanes in four registers by six points in 24 accumulators, of 32 registers that there are. Panels are
// whole and points are read one value at a time, so nothing passes an end. Every lane is the reference's chain of
// fused multiply-adds, so the bits are too.
#include "kernels/matrix-product/matrix-product.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace shoal::neon {
namespace {

constexpr int quarters = panel_width / 4;

// One value of each point by a row of the panel.
template <int Points>
inline void add_row(const float* row, const float* points, size_t dim, float32x4_t sums[Points][quarters]) {
  float32x4_t parts[quarters];
  for (int i = 0; i < quarters; i++) parts[i] = vld1q_f32(row + 4 * i);
#pragma GCC unroll 6
  for (int p = 0; p < Points; p++) {
    const float32x4_t value = vld1q_dup_f32(points + p * dim);
    for (int i = 0; i < quarters; i++) sums[p][i] = vfmaq_f32(sums[p][i], value, parts[i]);
  }
}

template <int Points>
inline void multiply(const float* points, const CentroidPanels& centroids, size_t panel, float* scores, uint32_t* panels) {
  const size_t dim = centroids.dim;
  const float* rows = centroids.panels + panel * dim * panel_width;
  float32x4_t sums[Points][quarters];
#pragma GCC unroll 6
  for (int p = 0; p < Points; p++) {
    for (int i = 0; i < quarters; i++) sums[p][i] = vld1q_f32(centroids.biases + panel * panel_width + 4 * i);
  }
  for (size_t j = 0; j < dim; j++) add_row<Points>(rows + j * panel_width, points + j, dim, sums);
  const uint32x4_t number = vdupq_n_u32(static_cast<uint32_t>(panel));
#pragma GCC unroll 6
  for (int p = 0; p < Points; p++) {
    for (int i = 0; i < quarters; i++) {
      float* best = scores + p * panel_width + 4 * i;
      uint32_t* found = panels + p * panel_width + 4 * i;
      const uint32x4_t wins = vcgtq_f32(sums[p][i], vld1q_f32(best));
      vst1q_f32(best, vbslq_f32(wins, sums[p][i], vld1q_f32(best)));
      vst1q_u32(found, vbslq_u32(wins, number, vld1q_u32(found)));
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

}  // namespace shoal::neon
#endif
