// The meaning of product-code.h's search in its plainest form.
#include "kernels/product-code/improve-codewords.h"

namespace shoal::reference {
namespace {

typedef float Floats __attribute__((vector_size(4)));
typedef int32_t Integers __attribute__((vector_size(4)));

void add_products(const uint8_t* rows, size_t groups, size_t width, size_t vectors, const int8_t* by, int32_t* sums) {
  for (size_t v = 0; v < vectors; v++) add_rest(rows, groups, width, by + v * groups * 4, sums + v * width, 0);
}

}  // namespace

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

void improve_codewords(const Encoder& encoder, const MetricTables& tables, const MetricBlock& block) {
  improve<Floats, Integers, add_products>(encoder, tables, block);
}

}  // namespace shoal::reference
