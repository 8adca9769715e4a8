// Records of vectors whose first code is known. See second-code.h.
#include <cmath>
#include <cstring>

#include "kernels/float16/float16.h"
#include "kernels/second-code/second-code.h"

namespace shoal {
namespace {

constexpr size_t vectors_between_looks = 256;
constexpr double half_max = 65504;
constexpr double shares[] = {1, 0.85, 0.7, 0.55};

uint16_t to_half(double value) {
  const float kept = static_cast<float>(value > half_max ? half_max : value < -half_max ? -half_max : value);
  uint16_t bits;
  reference::to_half(&kept, 1, &bits);
  return bits;
}

int nibble_of(float value, double step) {
  if (!(step > 0)) return 8;
  const double bucket = std::floor(static_cast<double>(value) / step) + 8;
  return bucket > 0 ? static_cast<int>(bucket < 15 ? bucket : 15) : 0;
}

double value_of(int nibble, double step) { return step * (static_cast<double>(nibble) - 7.5); }

double squared_error(const float* left_over, size_t dim, double step) {
  double error = 0;
  for (size_t j = 0; j < dim; j++) {
    const double difference = static_cast<double>(left_over[j]) - value_of(nibble_of(left_over[j], step), step);
    error += difference * difference;
  }
  return error;
}

uint16_t best_step(const float* left_over, size_t dim) {
  double largest = 0;
  for (size_t j = 0; j < dim; j++) {
    const double size = std::fabs(static_cast<double>(left_over[j]));
    largest = size > largest ? size : largest;
  }
  uint16_t best = 0;
  double least = 0;
  for (const double share : shares) {
    const uint16_t bits = to_half(largest * share / 7.5);
    const double error = squared_error(left_over, dim, reference::float_of_half(bits));
    if (share != shares[0] && !(error < least)) continue;
    least = error;
    best = bits;
  }
  return best;
}

void put_nibble(uint8_t* nibbles, size_t dim, size_t j, int nibble) {
  const size_t from = j & ~size_t{63};
  const size_t half = dim - from >= 64 ? 32 : 16;
  const size_t at = j - from;
  nibbles[from / 2 + at % half] |= static_cast<uint8_t>(at < half ? nibble : nibble << 4);
}

// residual and left_over are of one vector; the record comes zeroed.
void write_record(const Encoder& encoder, size_t dim, const float* residual, const float* left_over, uint8_t* record) {
  const uint16_t step_bits = best_step(left_over, dim);
  const double step = reference::float_of_half(step_bits);
  double norm = 0, product = 0, anchor_residual = 0, anchor_decoded = 0;
  for (size_t j = 0; j < dim; j++) {
    const int nibble = nibble_of(left_over[j], step);
    put_nibble(record + second_header_bytes, padded_dim(dim), j, nibble);
    const double r = residual[j], a = encoder.anchor == nullptr ? 0 : encoder.anchor[j];
    const double decoded = (r - static_cast<double>(left_over[j])) + value_of(nibble, step);
    norm += r * r;
    product += r * decoded;
    anchor_residual += a * r;
    anchor_decoded += a * decoded;
  }
  const uint16_t rescale = to_half(product > 0 ? norm / product : 0);
  const uint16_t shift = to_half(anchor_residual - static_cast<double>(reference::float_of_half(rescale)) * anchor_decoded);
  const uint16_t header[3] = {step_bits, rescale, shift};
  std::memcpy(record, header, sizeof header);
}

}  // namespace

bool encode_second(const Encoder& encoder, const float* points, size_t count, const uint8_t* codes, const uint8_t* cancel,
                   float* scratch, uint8_t* records) {
  const size_t dim = encoder.subquantizers * encoder.dsub, pairs = padded_subquantizers(encoder.subquantizers) / 2;
  const size_t size = record_bytes(dim);
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
    write_record(encoder, dim, residual, left_over, records + v * size);
  }
  return true;
}

}  // namespace shoal
