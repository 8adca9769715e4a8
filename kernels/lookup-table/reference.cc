// The meaning of lookup-table.h in its plainest form.
#include "kernels/lookup-table/lookup-table.h"

namespace shoal::reference {

void inner_tables(const float* codebook, const float* query, size_t subquantizers, size_t dsub, float* tables) {
  for (size_t s = 0; s < subquantizers; s++) {
    for (size_t k = 0; k < ksub; k++) {
      float sum = 0;
      for (size_t j = 0; j < dsub; j++) sum += query[s * dsub + j] * codebook[(s * dsub + j) * ksub + k];
      tables[s * ksub + k] = sum;
    }
  }
}

void quantize_tables(const float* tables, const float* minima, size_t subquantizers, float inverse_step, uint8_t* levels) {
  for (size_t i = 0; i < subquantizers * ksub; i++) {
    const float level = (tables[i] - minima[i / ksub]) * inverse_step + 0.5f;
    const float floored = level > 0 ? level : 0;
    levels[i] = static_cast<uint8_t>(floored < 255 ? floored : 255);
  }
}

}  // namespace shoal::reference
