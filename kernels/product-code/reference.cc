// The meaning of product-code.h's search in its plainest form.
#include "kernels/product-code/product-code.h"

namespace shoal::reference {

void nearest_codewords(const float* residual, const float* codebook, const float* half_norms, size_t subquantizers, size_t dsub,
                       uint8_t* nibbles) {
  for (size_t s = 0; s < subquantizers; s++) {
    float least = 0;
    uint8_t nearest = 0;
    for (size_t k = 0; k < ksub; k++) {
      float distance = half_norms[s * ksub + k];
      for (size_t j = 0; j < dsub; j++) distance -= residual[s * dsub + j] * codebook[(s * dsub + j) * ksub + k];
      if (k != 0 && !(distance < least)) continue;
      least = distance;
      nearest = static_cast<uint8_t>(k);
    }
    nibbles[s] = nearest;
  }
}

}  // namespace shoal::reference
