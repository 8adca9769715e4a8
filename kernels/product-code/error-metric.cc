// Rounds over the parts of a vector. See error-metric.h.
#include <cstring>

#include "kernels/dispatch.h"

namespace shoal {
namespace {

CodeSums sums_of(const float* residual, const float* decoded, const float* turned, const float* decoded_turned, size_t dim) {
  double norm = 0, own = 0, both = 0, product = 0;
  for (size_t j = 0; j < dim; j++) {
    const double r = residual[j], d = decoded[j];
    norm += r * r;
    own += d * static_cast<double>(decoded_turned[j]);
    both += d * static_cast<double>(turned[j]);
    product += r * d;
  }
  return {static_cast<float>(norm), static_cast<float>(own), static_cast<float>(both), static_cast<float>(product)};
}

}  // namespace

void measure_in_metric(const Encoder& encoder, float* norms) {
  const size_t dsub = encoder.dsub, dim = encoder.subquantizers * dsub;
  for (size_t s = 0; s < encoder.subquantizers; s++) {
    const float* words = encoder.codebook + s * dsub * ksub;
    float* own = norms + s * ksub;
    for (size_t k = 0; k < ksub; k++) own[k] = 0;
    for (size_t j = 0; j < dsub; j++) {
      const float* row = encoder.metric + (s * dsub + j) * dim + s * dsub;
      float along[ksub] = {};
      for (size_t i = 0; i < dsub; i++) {
        for (size_t k = 0; k < ksub; k++) along[k] += row[i] * words[i * ksub + k];
      }
      for (size_t k = 0; k < ksub; k++) own[k] += along[k] * words[j * ksub + k];
    }
  }
}

void improve_codewords(const Kernels& kernels, const Encoder& encoder, const float* norms, float* work, uint8_t* nibbles) {
  const size_t dsub = encoder.dsub, dim = encoder.subquantizers * dsub;
  const float* residual = work;
  float *decoded = work + dim, *turned = work + 2 * dim, *decoded_turned = work + 3 * dim;
  for (size_t j = 0; j < dim; j++) decoded[j] = encoder.codebook[j * ksub + nibbles[j / dsub]];
  std::memset(turned, 0, 2 * dim * sizeof(float));
  kernels.add_rows(encoder.metric, dim, dim, 2, work, turned);
  CodeSums sums = sums_of(residual, decoded, turned, decoded_turned, dim);
  float others[dsub_max], change[dsub_max];
  bool has_changed = true;
  for (size_t round = 0; round < metric_rounds && has_changed; round++) {
    has_changed = false;
    for (size_t s = 0; s < encoder.subquantizers; s++) {
      const size_t first = s * dsub;
      const float *words = encoder.codebook + first * ksub, *rows = encoder.metric + first * dim;
      for (size_t j = 0; j < dsub; j++) {
        float without = decoded_turned[first + j];
        for (size_t i = 0; i < dsub; i++) without -= rows[j * dim + first + i] * decoded[first + i];
        others[j] = 2 * without;
      }
      const WordSearch part = {words, norms + s * ksub, residual + first, turned + first, others, dsub};
      const uint8_t best = kernels.best_word(part, nibbles[s], sums);
      if (best == nibbles[s]) continue;
      has_changed = true;
      nibbles[s] = best;
      for (size_t j = 0; j < dsub; j++) {
        const float word = words[j * ksub + best];
        change[j] = word - decoded[first + j];
        decoded[first + j] = word;
      }
      kernels.add_rows(rows, dsub, dim, 1, change, decoded_turned);
    }
  }
}

}  // namespace shoal
