// Rows by number, and rows added to their centroids' sums. See matrix-product.h. Bound by memory: no instruction set of its own.
#include <cstring>

#include "kernels/matrix-product/matrix-product.h"

namespace shoal {

void gather_rows(const float* points, const uint32_t* rows, size_t count, size_t dim, float* gathered) {
  for (size_t i = 0; i < count; i++) std::memcpy(gathered + i * dim, points + rows[i] * dim, dim * sizeof(float));
}

void add_rows(const float* points, const uint32_t* assignments, size_t count, size_t dim, double* sums, uint32_t* counts) {
  for (size_t i = 0; i < count; i++) {
    double* sum = sums + assignments[i] * dim;
    for (size_t j = 0; j < dim; j++) sum[j] += points[i * dim + j];
    counts[assignments[i]]++;
  }
}

}  // namespace shoal
