// The meaning of dense-scan.h in its plainest form.
#include "kernels/dense-scan/dense-scan.h"
#include "kernels/float16/float16.h"

namespace shoal::reference {

void dense_scores(const uint16_t* rows, size_t count, size_t dim, const float* query, float* scores) {
  for (size_t r = 0; r < count; r++) {
    float sum = 0;
    for (size_t j = 0; j < dim; j++) sum += query[j] * float_of_half(rows[r * dim + j]);
    scores[r] = sum;
  }
}

uint64_t sum_bytes(const uint8_t* bytes, size_t size) {
  uint64_t sum = 0;
  for (size_t i = 0; i < size; i++) sum += bytes[i];
  return sum;
}

}  // namespace shoal::reference
