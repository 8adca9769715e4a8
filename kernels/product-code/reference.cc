// The meaning of product-code.h's search in its plainest form.
#include <cmath>

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

void add_rows(const float* rows, size_t count, size_t width, size_t vectors, const float* by, float* sums) {
  for (size_t v = 0; v < vectors; v++) {
    for (size_t i = 0; i < count; i++) {
      for (size_t j = 0; j < width; j++) sums[v * width + j] += by[v * count + i] * rows[i * width + j];
    }
  }
}

uint8_t best_word(const WordSearch& part, uint8_t now, CodeSums& sums) {
  CodeSums with[ksub];
  for (size_t k = 0; k < ksub; k++) {
    with[k] = {sums.norm, part.norms[k], 0, 0};
    for (size_t j = 0; j < part.dsub; j++) {
      const float word = part.words[j * ksub + k];
      with[k].own += part.others[j] * word;
      with[k].both += part.turned[j] * word;
      with[k].product += part.residual[j] * word;
    }
  }
  const CodeSums rest = {sums.norm, sums.own - with[now].own, sums.both - with[now].both, sums.product - with[now].product};
  float costs[ksub];
  uint8_t best = now;
  for (size_t k = 0; k < ksub; k++) {
    with[k] = {sums.norm, rest.own + with[k].own, rest.both + with[k].both, rest.product + with[k].product};
    const float inverse = 1 / with[k].product;
    const float cost = ((sums.norm * with[k].own) * inverse - 2 * with[k].both) * inverse;
    costs[k] = with[k].product > least_product ? cost : INFINITY;
  }
  for (size_t k = 0; k < ksub; k++) best = costs[k] < costs[best] ? static_cast<uint8_t>(k) : best;
  if (best != now) sums = with[best];
  return best;
}

}  // namespace shoal::reference
