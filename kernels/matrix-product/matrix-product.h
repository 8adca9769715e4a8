// Products of points with centroids for training: of each point only the best is kept, the matrix is never stored.
//
//   score(p, c)   = bias[c] + sum over j of points[p][j] * centroids[c][j]
//   assignment[p] = the smallest c with the largest score;   scores[p] = that score
//
// bias = 0 compares by inner product (spherical k-means), bias[c] = -|c|^2 / 2 by distance (k-means). For training alone: documents
// are assigned by nearest-centroid.h, whose order of rounding every machine has.
//
// Layout: points float32[n, dim], row-major. Centroids lie in panels of 16, float32[panels][dim][16], beside biases float32[panels][16];
// lanes without a centroid are zeros with a bias of -infinity, so none of them wins over a number. NaN never wins; a point whose scores
// are all NaN or -infinity gets 0 and -infinity. Any dim, n >= 0, k >= 1.
//
// Tolerance: a score is one chain of fused multiply-adds from the bias on, j = 0 .. dim - 1, so the native sets agree in every bit. The
// portable twin has no fused operation: it rounds a double to float32 at every step, which is the same but for ties of the double's own
// rounding. Either is within dim * 2^-24 * (|bias| + sum over j of |points[p][j] * centroids[c][j]|) of the exact number.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct Kernels;

constexpr size_t panel_width = 16;
// Points that go through all panels together: a panel is read from the second-level cache while they last.
constexpr size_t product_points = 64;

constexpr size_t panels_of(size_t count) { return (count + panel_width - 1) / panel_width; }

struct CentroidPanels {
  const float* panels;  // float32[count][dim][16]
  const float* biases;  // float32[count][16]
  size_t count;
  size_t dim;
};

// Best of each lane over all panels: scores float32[count][16] and numbers uint32[count][16] of panels come initialised and are
// improved. count is 1 .. product_points.
using BestOfPanels = void (*)(const float* points, size_t count, const CentroidPanels& centroids, float* scores, uint32_t* panels);

// centroids float32[count, dim] and biases float32[count] (null = zeros) into panels.
void pack_panels(const float* centroids, const float* biases, size_t count, size_t dim, float* panels, float* panel_biases);

void best_products(const Kernels& kernels, const float* points, size_t count, const CentroidPanels& centroids, uint32_t* assignments,
                   float* scores);

// gathered float32[count, dim] = the rows of points that `rows` uint32[count] numbers.
void gather_rows(const float* points, const uint32_t* rows, size_t count, size_t dim, float* gathered);

// Adds each of points float32[count, dim] to sums float64[centroids, dim] of its assignment, in order, and counts it.
void add_rows(const float* points, const uint32_t* assignments, size_t count, size_t dim, double* sums, uint32_t* counts);

namespace reference {
void best_of_panels(const float* points, size_t count, const CentroidPanels& centroids, float* scores, uint32_t* panels);
}  // namespace reference
namespace avx2 {
void best_of_panels(const float* points, size_t count, const CentroidPanels& centroids, float* scores, uint32_t* panels);
}  // namespace avx2
namespace avx512 {
void best_of_panels(const float* points, size_t count, const CentroidPanels& centroids, float* scores, uint32_t* panels);
}  // namespace avx512
namespace neon {
void best_of_panels(const float* points, size_t count, const CentroidPanels& centroids, float* scores, uint32_t* panels);
}  // namespace neon

}  // namespace shoal
