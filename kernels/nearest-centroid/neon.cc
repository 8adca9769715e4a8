// nearest-centroid.h with NEON.
//
// Leans on fmul and fadd, apart on purpose: the header demands each rounded by itself. Four centroids by sixteen points in sixteen
// accumulators, which with the sixteen points and a centroid's value leave registers to spare. Floats do not saturate; panels are
// whole tiles and centroids are read one value at a time, so nothing passes an end.
#include "kernels/nearest-centroid/nearest-centroid.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace shoal::neon {
namespace {

struct Best {
  float32x4_t score[4];
  uint32x4_t index[4];
};

inline void improve(Best& best, int part, float32x4_t sum, uint32_t c) {
  const uint32x4_t wins = vcgtq_f32(sum, best.score[part]);
  best.score[part] = vbslq_f32(wins, sum, best.score[part]);
  best.index[part] = vbslq_u32(wins, vdupq_n_u32(c), best.index[part]);
}

template <int Rows>
inline void score_centroids(const float* tile, size_t dim, const float* centroids, uint32_t first, Best& best) {
  const float* rows = centroids + first * dim;
  float32x4_t sums[Rows][4];
  for (int r = 0; r < Rows; r++) {
    for (auto& sum : sums[r]) sum = vdupq_n_f32(0);
  }
  for (size_t j = 0; j < dim; j++) {
    float32x4_t points[4];
    for (int part = 0; part < 4; part++) points[part] = vld1q_f32(tile + j * 16 + 4 * part);
    for (int r = 0; r < Rows; r++) {
      const float32x4_t value = vdupq_n_f32(rows[r * dim + j]);
      for (int part = 0; part < 4; part++) sums[r][part] = vaddq_f32(sums[r][part], vmulq_f32(value, points[part]));
    }
  }
  for (int r = 0; r < Rows; r++) {
    for (int part = 0; part < 4; part++) improve(best, part, sums[r][part], first + static_cast<uint32_t>(r));
  }
}

}  // namespace

void nearest_panel(const float* panel, int tiles, size_t dim, const float* centroids, uint32_t count, float* best,
                   uint32_t* index) {
  for (int t = 0; t < tiles; t++) {
    Best found;
    for (int part = 0; part < 4; part++) {
      found.score[part] = vld1q_f32(best + t * 16 + part * 4);
      found.index[part] = vld1q_u32(index + t * 16 + part * 4);
    }
    uint32_t c = 0;
    for (; c + 4 <= count; c += 4) score_centroids<4>(panel + t * 16 * dim, dim, centroids, c, found);
    for (; c < count; c++) score_centroids<1>(panel + t * 16 * dim, dim, centroids, c, found);
    for (int part = 0; part < 4; part++) {
      vst1q_f32(best + t * 16 + part * 4, found.score[part]);
      vst1q_u32(index + t * 16 + part * 4, found.index[part]);
    }
  }
}

}  // namespace shoal::neon
#endif
