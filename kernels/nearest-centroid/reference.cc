// The meaning of nearest-centroid.h in its plainest form.
#include "kernels/nearest-centroid/nearest-centroid.h"

namespace shoal::reference {

void nearest_panel(const float* panel, int tiles, size_t dim, const float* centroids, uint32_t count, float* best,
                   uint32_t* index) {
  for (uint32_t c = 0; c < count; c++) {
    for (int lane = 0; lane < 16 * tiles; lane++) {
      const float* point = panel + (lane / 16) * 16 * dim + lane % 16;
      float sum = 0;
      for (size_t j = 0; j < dim; j++) sum += point[j * 16] * centroids[c * dim + j];
      if (sum > best[lane]) {
        best[lane] = sum;
        index[lane] = c;
      }
    }
  }
}

}  // namespace shoal::reference
