// Panels of points through the kernel.
#include <cmath>
#include <cstring>

#include "kernels/dispatch.h"

namespace shoal {
namespace {

constexpr size_t lanes = 16;
constexpr size_t panel_points = 2 * lanes;

}  // namespace

void pack_lanes(const float* rows, size_t count, size_t dim, int tiles, float* packed) {
  if (count < lanes * static_cast<size_t>(tiles)) std::memset(packed, 0, tiles * lanes * dim * sizeof(float));
  for (size_t row = 0; row < count; row++) {
    float* lane = packed + (row / lanes) * lanes * dim + row % lanes;
    for (size_t j = 0; j < dim; j++) lane[j * lanes] = rows[row * dim + j];
  }
}

size_t panel_floats(size_t dim) { return (panel_points * dim) + lanes; }

bool assign_nearest(const Kernels& kernels, const AssignJob& job, const uint8_t* cancel) {
  // JavaScript aligns to 16 bytes; lanes that lie across two cache lines cost a third of the speed.
  const size_t past = reinterpret_cast<uintptr_t>(job.panel) / sizeof(float) % lanes;
  float* panel = job.panel + (past == 0 ? 0 : lanes - past);
  for (size_t first = 0; first < job.point_count; first += panel_points) {
    if (__atomic_load_n(cancel, __ATOMIC_RELAXED) != 0) return false;
    const size_t size = job.point_count - first < panel_points ? job.point_count - first : panel_points;
    const int tiles = size > lanes ? 2 : 1;
    float best[panel_points];
    uint32_t index[panel_points] = {};
    for (float& score : best) score = -INFINITY;
    pack_lanes(job.points + first * job.dim, size, job.dim, tiles, panel);
    kernels.nearest_panel(panel, tiles, job.dim, job.centroids, job.centroid_count, best, index);
    std::memcpy(job.scores + first, best, size * sizeof(float));
    std::memcpy(job.assignments + first, index, size * sizeof(uint32_t));
  }
  return true;
}

}  // namespace shoal
