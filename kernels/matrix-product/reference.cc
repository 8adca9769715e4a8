// The meaning of matrix-product.h in its plainest form.
#include <cmath>

#include "kernels/matrix-product/matrix-product.h"

namespace shoal::reference {

void best_of_panels(const float* points, size_t count, const CentroidPanels& centroids, float* scores, uint32_t* panels) {
  const size_t dim = centroids.dim;
  for (size_t p = 0; p < count; p++) {
    for (size_t c = 0; c < centroids.count * panel_width; c++) {
      const size_t panel = c / panel_width, lane = c % panel_width;
      float sum = centroids.biases[c];
      for (size_t j = 0; j < dim; j++) {
        sum = std::fmaf(points[p * dim + j], centroids.panels[(panel * dim + j) * panel_width + lane], sum);
      }
      if (sum > scores[p * panel_width + lane]) {
        scores[p * panel_width + lane] = sum;
        panels[p * panel_width + lane] = static_cast<uint32_t>(panel);
      }
    }
  }
}

}  // namespace shoal::reference
