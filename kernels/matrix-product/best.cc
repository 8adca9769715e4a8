// Panels, blocks of points, and the best of the lanes. See matrix-product.h.
#include <cmath>
#include <cstring>

#include "kernels/dispatch.h"

namespace shoal {

void pack_panels(const float* centroids, const float* biases, size_t count, size_t dim, float* panels, float* panel_biases) {
  pack_lanes(centroids, count, dim, static_cast<int>(panels_of(count)), panels);
  for (size_t c = 0; c < panels_of(count) * panel_width; c++) {
    panel_biases[c] = c >= count ? -INFINITY : biases == nullptr ? 0 : biases[c];
  }
}

void best_products(const Kernels& kernels, const float* points, size_t count, const CentroidPanels& centroids, uint32_t* assignments,
                   float* scores) {
  alignas(64) float lane_scores[product_points * panel_width];
  alignas(64) uint32_t lane_panels[product_points * panel_width];
  for (size_t first = 0; first < count; first += product_points) {
    const size_t size = count - first < product_points ? count - first : product_points;
    for (float& score : lane_scores) score = -INFINITY;
    std::memset(lane_panels, 0, sizeof lane_panels);
    kernels.best_of_panels(points + first * centroids.dim, size, centroids, lane_scores, lane_panels);
    for (size_t p = 0; p < size; p++) {
      float best = -INFINITY;
      uint32_t index = 0;
      for (size_t lane = 0; lane < panel_width; lane++) {
        const float score = lane_scores[p * panel_width + lane];
        const uint32_t c = lane_panels[p * panel_width + lane] * panel_width + static_cast<uint32_t>(lane);
        if (score > best || (score == best && c < index && best > -INFINITY)) {
          best = score;
          index = c;
        }
      }
      assignments[first + p] = index;
      scores[first + p] = best;
    }
  }
}

}  // namespace shoal
