// The centroid with the largest inner product, for many points.
//
//   assignment[p] = the smallest c that maximises  sum over j of points[p][j] * centroids[c][j]
//
// The sum runs j = 0 .. dim-1 in float32, every product and every sum rounded by itself (no FMA, no reordering): vectors hold
// different points, never different j of one. So every set, and the TypeScript twin, gives the same bits, and replicas on
// different machines agree on assignments. NaN never wins; a point whose products are all NaN or -inf gets 0 and -inf.
//
// Layout: points float32[n, dim] and centroids float32[k, dim], row-major. A panel holds 16 or 32 points as
// float32[tiles][dim][16], lanes without a point are zero. Any dim, k >= 1.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct Kernels;

// best float32[tiles * 16] and index uint32[tiles * 16] come initialised and are improved; tiles is 1 or 2.
using NearestPanel = void (*)(const float* panel, int tiles, size_t dim, const float* centroids, uint32_t count,
                              float* best, uint32_t* index);

// 32 lanes of dim floats, and what aligning them takes.
size_t panel_floats(size_t dim);

struct AssignJob {
  const float* points;
  size_t point_count;
  const float* centroids;
  uint32_t centroid_count;
  size_t dim;
  float* panel;  // float32[panel_floats(dim)], scratch
  uint32_t* assignments;
  float* scores;
};

// False when *cancel became non-zero, which is looked at between panels of 32 points.
bool assign_nearest(const Kernels& kernels, const AssignJob& job, const uint8_t* cancel);

// A second list for each point, near it and with a residual across that of the first (SOAR, Sun et al., NeurIPS 2023, lambda = 1):
//
//   seconds[p] = the first c of around[firsts[p]], firsts[p] left out, with the least  |x - c|^2 + <x - c, r>^2 / |r|^2
//
// x = points[p], r = x - centroids[firsts[p]]; without the second summand where r = 0; firsts[p] where no c gives a number. Differences
// are rounded to float32. Each of the three products is 16 sums in float32, of j = l, l + 16, ... for lane l, every product and every sum
// rounded by itself, which are added in float64 from lane 0 on; the rest is float64. Plain C++, the same bits everywhere.
struct SecondListsJob {
  const float* points;      // float32[count, dim]
  const uint32_t* firsts;   // uint32[count], rows of centroids
  size_t count;
  const float* centroids;   // float32[k, dim]
  const uint32_t* around;   // uint32[k, width], rows of centroids
  size_t width;
  size_t dim;
  float* residual;          // float32[dim], scratch
  uint32_t* seconds;        // uint32[count]
};

void second_lists(const SecondListsJob& job);

// float32[count, dim] into float32[tiles][dim][16], zeros where there is no row.
void pack_lanes(const float* rows, size_t count, size_t dim, int tiles, float* packed);

namespace reference {
void nearest_panel(const float* panel, int tiles, size_t dim, const float* centroids, uint32_t count, float* best,
                   uint32_t* index);
}  // namespace reference
namespace avx2 {
void nearest_panel(const float* panel, int tiles, size_t dim, const float* centroids, uint32_t count, float* best,
                   uint32_t* index);
}  // namespace avx2
namespace avx512 {
void nearest_panel(const float* panel, int tiles, size_t dim, const float* centroids, uint32_t count, float* best,
                   uint32_t* index);
}  // namespace avx512
namespace neon {
void nearest_panel(const float* panel, int tiles, size_t dim, const float* centroids, uint32_t count, float* best,
                   uint32_t* index);
}  // namespace neon

}  // namespace shoal
