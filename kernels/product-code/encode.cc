// Vectors block by block: residuals, codes, factors. See product-code.h.
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

void measure_factors(const Encoder& encoder, const float* anchor, const float* residual, const float* decoded, int16_t* factors) {
  double norm = 0, product = 0, anchor_residual = 0, anchor_decoded = 0;
  const size_t dim = encoder.subquantizers * encoder.dsub;
  for (size_t j = 0; j < dim; j++) {
    const double r = residual[j], d = decoded[j], a = anchor == nullptr ? 0 : anchor[j];
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

void measure_half_norms(const Encoder& encoder, float* half_norms) {
  for (size_t s = 0; s < encoder.subquantizers; s++) {
    for (size_t k = 0; k < ksub; k++) {
      float norm = 0;
      for (size_t j = 0; j < encoder.dsub; j++) {
        const float value = encoder.codebook[(s * encoder.dsub + j) * ksub + k];
        norm += value * value;
      }
      half_norms[s * ksub + k] = 0.5f * norm;
    }
  }
}

}  // namespace

void decode_vector(const float* codebook, size_t subquantizers, size_t dsub, const uint8_t* code, float* decoded) {
  for (size_t s = 0; s < subquantizers; s++) {
    const uint8_t nibble = s % 2 == 0 ? code[s / 2] & 15 : code[s / 2] >> 4;
    for (size_t j = 0; j < dsub; j++) decoded[s * dsub + j] = codebook[(s * dsub + j) * ksub + nibble];
  }
}

BlockCoder::BlockCoder(const Kernels& kernels, const Encoder& encoder, float* room)
    : kernels_(kernels), encoder_(encoder), dim_(encoder.subquantizers * encoder.dsub), half_norms_(room) {
  const bool has_metric = encoder.metric != nullptr;
  residuals_ = room + measured_floats(encoder.subquantizers, encoder.dsub, has_metric);
  decoded_ = residuals_ + block_vectors * dim_;
  measure_half_norms(encoder, half_norms_);
  if (!has_metric) return;
  tables_ = metric_tables(encoder.subquantizers, encoder.dsub, half_norms_ + encoder.subquantizers * ksub);
  block_ = metric_block(encoder.subquantizers, encoder.dsub, decoded_ + dim_);
  block_.residuals = residuals_;
  block_.nibbles = nibbles_;
  block_.stride = subquantizers_max;
  measure_metric(encoder, tables_);
}

void BlockCoder::find_words(size_t count) {
  for (size_t v = 0; v < count; v++) {
    uint8_t* nibbles = nibbles_ + v * subquantizers_max;
    kernels_.nearest_codewords(residual(v), encoder_.codebook, half_norms_, encoder_.subquantizers, encoder_.dsub, nibbles);
  }
  block_.count = count;
  if (encoder_.metric != nullptr && count > 0) kernels_.improve_codewords(encoder_, tables_, block_);
}

float* BlockCoder::finish(size_t v, const float* anchor, uint8_t* code, int16_t* factors) {
  const uint8_t* nibbles = nibbles_ + v * subquantizers_max;
  const size_t pairs = padded_subquantizers(encoder_.subquantizers) / 2;
  for (size_t p = 0; p < pairs; p++) {
    const auto nibble = [&](size_t s) { return s < encoder_.subquantizers ? nibbles[s] : 0; };
    code[p] = static_cast<uint8_t>(nibble(2 * p) | nibble(2 * p + 1) << 4);
  }
  decode_vector(encoder_.codebook, encoder_.subquantizers, encoder_.dsub, code, decoded_);
  measure_factors(encoder_, anchor, residual(v), decoded_, factors);
  return decoded_;
}

bool encode_vectors(const Kernels& kernels, const Encoder& encoder, const float* points, size_t count, const uint8_t* cancel,
                    float* scratch, uint8_t* codes, int16_t* factors) {
  const size_t dim = encoder.subquantizers * encoder.dsub, pairs = padded_subquantizers(encoder.subquantizers) / 2;
  BlockCoder coder(kernels, encoder, scratch);
  for (size_t first = 0; first < count; first += block_vectors) {
    if (first % vectors_between_looks == 0 && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0) return false;
    const size_t size = count - first < block_vectors ? count - first : block_vectors;
    for (size_t v = 0; v < size; v++) {
      const float* point = points + (first + v) * dim;
      for (size_t j = 0; j < dim; j++) coder.residual(v)[j] = encoder.base == nullptr ? point[j] : point[j] - encoder.base[j];
    }
    coder.find_words(size);
    for (size_t v = 0; v < size; v++) coder.finish(v, encoder.anchor, codes + (first + v) * pairs, factors + 2 * (first + v));
  }
  return true;
}

}  // namespace shoal
