// Vectors one after the other: residual, code, factors. See product-code.h.
#include <cmath>
#include <cstring>

#include "kernels/dispatch.h"

namespace shoal {
namespace {

constexpr size_t vectors_between_looks = 256;
constexpr double factor_max = 32767;

int16_t rounded(double value) {
  const double whole = std::floor(value + 0.5);
  if (!(whole > -factor_max)) return -32767;
  return static_cast<int16_t>(whole < factor_max ? whole : factor_max);
}

void measure_factors(const Encoder& encoder, const float* residual, const float* decoded, int16_t* factors) {
  double norm = 0, product = 0, anchor_residual = 0, anchor_decoded = 0;
  const size_t dim = encoder.subquantizers * encoder.dsub;
  for (size_t j = 0; j < dim; j++) {
    const double r = residual[j], d = decoded[j], a = encoder.anchor == nullptr ? 0 : encoder.anchor[j];
    norm += r * r;
    product += r * d;
    anchor_residual += a * r;
    anchor_decoded += a * d;
  }
  const int16_t rescale = product > 0 ? rounded(norm / product / encoder.scales.rescale) : int16_t{0};
  const double kept = static_cast<double>(rescale) * encoder.scales.rescale;
  factors[0] = rescale;
  factors[1] = rounded((anchor_residual - kept * anchor_decoded) / encoder.scales.anchor);
}

}  // namespace

void decode_vector(const float* codebook, size_t subquantizers, size_t dsub, const uint8_t* code, float* decoded) {
  for (size_t s = 0; s < subquantizers; s++) {
    const uint8_t nibble = s % 2 == 0 ? code[s / 2] & 15 : code[s / 2] >> 4;
    for (size_t j = 0; j < dsub; j++) decoded[s * dsub + j] = codebook[(s * dsub + j) * ksub + nibble];
  }
}

void measure_codewords(const Encoder& encoder, float* measured) {
  for (size_t s = 0; s < encoder.subquantizers; s++) {
    for (size_t k = 0; k < ksub; k++) {
      float norm = 0;
      for (size_t j = 0; j < encoder.dsub; j++) {
        const float value = encoder.codebook[(s * encoder.dsub + j) * ksub + k];
        norm += value * value;
      }
      measured[s * ksub + k] = 0.5f * norm;
    }
  }
  if (encoder.metric != nullptr) measure_in_metric(encoder, measured + encoder.subquantizers * ksub);
}

void encode_vector(const Kernels& kernels, const Encoder& encoder, const float* measured, const float* point, float* scratch,
                   uint8_t* code, int16_t* factors) {
  const size_t dim = encoder.subquantizers * encoder.dsub, pairs = padded_subquantizers(encoder.subquantizers) / 2;
  float* residual = scratch;
  float* decoded = scratch + dim;
  uint8_t nibbles[subquantizers_max];
  for (size_t s = encoder.subquantizers; s < 2 * pairs; s++) nibbles[s] = 0;
  for (size_t j = 0; j < dim; j++) residual[j] = encoder.base == nullptr ? point[j] : point[j] - encoder.base[j];
  kernels.nearest_codewords(residual, encoder.codebook, measured, encoder.subquantizers, encoder.dsub, nibbles);
  if (encoder.metric != nullptr) improve_codewords(kernels, encoder, measured + encoder.subquantizers * ksub, scratch, nibbles);
  for (size_t p = 0; p < pairs; p++) code[p] = static_cast<uint8_t>(nibbles[2 * p] | nibbles[2 * p + 1] << 4);
  decode_vector(encoder.codebook, encoder.subquantizers, encoder.dsub, code, decoded);
  measure_factors(encoder, residual, decoded, factors);
}

bool encode_vectors(const Kernels& kernels, const Encoder& encoder, const float* points, size_t count, const uint8_t* cancel,
                    float* scratch, uint8_t* codes, int16_t* factors) {
  const size_t dim = encoder.subquantizers * encoder.dsub, pairs = padded_subquantizers(encoder.subquantizers) / 2;
  float* own = scratch + measured_floats(encoder.subquantizers);
  measure_codewords(encoder, scratch);
  for (size_t v = 0; v < count; v++) {
    if (v % vectors_between_looks == 0 && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0) return false;
    encode_vector(kernels, encoder, scratch, points + v * dim, own, codes + v * pairs, factors + 2 * v);
  }
  return true;
}

}  // namespace shoal
