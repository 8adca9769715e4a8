// Records of vectors whose first code is known. See second-code.h.
#include <cmath>
#include <cstring>

#include "kernels/dispatch.h"
#include "kernels/float16/float16.h"

namespace shoal {
namespace {

constexpr size_t vectors_between_looks = 256;
constexpr double shares[tried_steps] = {1, 0.85, 0.7, 0.55};

double value_of(int nibble, double step) { return step * (static_cast<double>(nibble) - 7.5); }

uint16_t best_step(const Kernels& kernels, const float* left_over, size_t dim) {
  double largest = 0;
  for (size_t j = 0; j < dim; j++) {
    const double size = std::fabs(static_cast<double>(left_over[j]));
    largest = size > largest ? size : largest;
  }
  uint16_t bits[tried_steps];
  double steps[tried_steps], errors[tried_steps];
  for (size_t i = 0; i < tried_steps; i++) {
    bits[i] = half_of(largest * shares[i] / 7.5);
    steps[i] = reference::float_of_half(bits[i]);
  }
  kernels.nibble_errors(left_over, dim, steps, errors);
  size_t best = 0;
  for (size_t i = 1; i < tried_steps; i++) best = errors[i] < errors[best] ? i : best;
  return bits[best];
}

// What f and t are made of, dimension by dimension in their order.
struct Sums {
  double norm = 0, product = 0, anchor_residual = 0, anchor_decoded = 0;

  void add(const Encoder& encoder, size_t j, const float* residual, const float* left_over, double value) {
    const double r = residual[j], a = encoder.anchor == nullptr ? 0 : encoder.anchor[j];
    const double decoded = (r - static_cast<double>(left_over[j])) + value;
    norm += r * r;
    product += r * decoded;
    anchor_residual += a * r;
    anchor_decoded += a * decoded;
  }

  void write_header(uint32_t kind, uint16_t step_bits, uint8_t* record) const {
    const uint16_t rescale = half_of((product > 0 ? norm / product : 0) - rescale_origin(kind));
    const double kept = rescale_origin(kind) + static_cast<double>(reference::float_of_half(rescale));
    const uint16_t shift = half_of(anchor_residual - kept * anchor_decoded);
    const uint16_t header[3] = {step_bits, rescale, shift};
    std::memcpy(record, header, sizeof header);
  }
};

void write_nibbles(const Kernels& kernels, const Encoder& encoder, const float* residual, const float* left_over, uint8_t* record) {
  const size_t dim = encoder.subquantizers * encoder.dsub;
  const uint16_t step_bits = best_step(kernels, left_over, dim);
  const double step = reference::float_of_half(step_bits);
  Sums sums;
  for (size_t from = 0; from < dim; from += 64) {
    const size_t size = dim - from < 64 ? dim - from : 64;
    uint8_t nibbles[64] = {};
    kernels.find_nibbles(left_over + from, size, step, nibbles);
    put_nibbles(nibbles, padded_dim(dim) - from, record + second_header_bytes + from / 2);
    for (size_t j = from; j < from + size; j++) sums.add(encoder, j, residual, left_over, value_of(nibbles[j - from], step));
  }
  sums.write_header(even_nibbles, step_bits, record);
}

// Of one vector: its residual, what the first code left over of it, and room for as much as that; the record comes zeroed.
struct Row {
  const float* residual;
  const float* left_over;
  float* decoded;
  SecondCoding second;
};

void write_record(const Kernels& kernels, const Encoder& encoder, const Row& row, uint8_t* record) {
  if (row.second.kind == even_nibbles) return write_nibbles(kernels, encoder, row.residual, row.left_over, record);
  const size_t dim = encoder.subquantizers * encoder.dsub;
  const uint32_t bits = bits_of_kind(row.second.kind);
  uint8_t* values = record + second_header_bytes;
  const uint16_t step_bits = is_second_edition(row.second.kind) ? encode_levels(kernels, row.second.feedback, row.left_over, dim, bits, values, row.decoded)
                                                         : encode_values(row.left_over, dim, bits, values, row.decoded);
  Sums sums;
  for (size_t j = 0; j < dim; j++) sums.add(encoder, j, row.residual, row.left_over, static_cast<double>(row.decoded[j]));
  sums.write_header(row.second.kind, step_bits, record);
}

}  // namespace

void put_nibbles(const uint8_t* single, size_t padded, uint8_t* nibbles) {
  const size_t half = padded >= 64 ? 32 : 16;
  for (size_t j = 0; j < half; j++) nibbles[j] = static_cast<uint8_t>(single[j] | single[half + j] << 4);
}

bool encode_second(const Kernels& kernels, const Encoder& encoder, const float* points, size_t count, const uint8_t* codes,
                   const SecondCoding& second, const uint8_t* cancel, float* scratch, uint8_t* records) {
  const size_t dim = encoder.subquantizers * encoder.dsub, pairs = padded_subquantizers(encoder.subquantizers) / 2;
  const size_t size = record_bytes(dim, second.kind);
  float* residual = scratch;
  float* left_over = scratch + dim;
  if (count > 0) std::memset(records, 0, count * size);
  for (size_t v = 0; v < count; v++) {
    if (v % vectors_between_looks == 0 && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0) return false;
    decode_vector(encoder.codebook, encoder.subquantizers, encoder.dsub, codes + v * pairs, left_over);
    for (size_t j = 0; j < dim; j++) {
      residual[j] = encoder.base == nullptr ? points[v * dim + j] : points[v * dim + j] - encoder.base[j];
      left_over[j] = residual[j] - left_over[j];
    }
    write_record(kernels, encoder, {residual, left_over, scratch + 2 * dim, second}, records + v * size);
  }
  return true;
}

bool encode_batch(const Kernels& kernels, const Encoder& encoder, const Batch& batch, const uint8_t* cancel, float* scratch,
                  uint8_t* codes, int16_t* factors, uint8_t* records) {
  const size_t coded = encoder.subquantizers * encoder.dsub, pairs = padded_subquantizers(encoder.subquantizers) / 2;
  const size_t size = record_bytes(coded, batch.second.kind);
  BlockCoder coder(kernels, encoder, scratch);
  float* anchor = scratch + encode_floats(encoder.subquantizers, encoder.dsub, encoder.metric != nullptr);
  float* second_decoded = anchor + coded;
  std::memset(anchor, 0, coded * sizeof(float));
  const Encoder anchored = {nullptr, anchor, encoder.codebook, encoder.subquantizers, encoder.dsub, encoder.scales};
  for (size_t first = 0; first < batch.count; first += block_vectors) {
    if (first % vectors_between_looks == 0 && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0) return false;
    const size_t count = batch.count - first < block_vectors ? batch.count - first : block_vectors;
    for (size_t v = 0; v < count; v++) {
      const float *point = batch.points + (first + v) * batch.dim, *base = batch.bases + batch.lists[first + v] * batch.dim;
      float* residual = coder.residual(v);
      for (size_t j = 0; j < batch.dim; j++) residual[j] = point[j] - base[j];
      for (size_t j = batch.dim; j < coded; j++) residual[j] = 0;
    }
    coder.find_words(count);
    for (size_t v = 0; v < count; v++) {
      const size_t row = first + v;
      std::memcpy(anchor, batch.anchors + batch.lists[row] * batch.dim, batch.dim * sizeof(float));
      const float* residual = coder.residual(v);
      float* left_over = coder.finish(v, anchor, codes + row * pairs, factors + 2 * row);
      if (records == nullptr) continue;
      for (size_t j = 0; j < coded; j++) left_over[j] = residual[j] - left_over[j];
      std::memset(records + row * size, 0, size);
      write_record(kernels, anchored, {residual, left_over, second_decoded, batch.second}, records + row * size);
    }
  }
  return true;
}

}  // namespace shoal
