// Codes of values.h. Magnitudes are found by counting the thresholds that a value reaches, 64 values at a time, so that compilers make
// vectors of it.
#include <cmath>
#include <cstring>

#include "kernels/float16/float16.h"
#include "kernels/second-code/values.h"

namespace shoal {
namespace {

constexpr size_t piece = 64;
constexpr size_t tried = 4;
// Of the largest value, where levels are even; of the root of the mean square, where they are those of a normal distribution.
constexpr double shares[tried] = {1, 0.85, 0.7, 0.55};
constexpr double spreads[tried] = {0, 0.9, 1, 1.12};

// Of the table of `bits`: entries, the last of which is the largest magnitude, and what that is of a deviation.
struct Levels {
  const uint8_t* magnitudes;
  size_t count;
  double reach;
};

Levels levels_of(uint32_t bits) {
  if (bits == 1) return {magnitudes_1, 1, 0.7978846};
  if (bits == 2) return {magnitudes_2, 2, 1.5104176};
  if (bits == 3) return {magnitudes_3, 4, 2.1519457};
  if (bits == 5) return {magnitudes_5, 16, 3.2607326};
  if (bits == 6) return {magnitudes_6, 32, 3.7441016};
  return {nullptr, 0, 0};
}

// uint32 m of up to `piece` values; zeros where the step is not positive.
void find_magnitudes(const float* values, size_t count, float step, uint32_t bits, uint32_t* found) {
  std::memset(found, 0, piece * sizeof(uint32_t));
  if (!(step > 0)) return;
  float sizes[piece] = {};
  for (size_t j = 0; j < count; j++) sizes[j] = std::fabs(values[j]) / step;
  if (bits >= 7) {
    const float limit = 127;
    for (size_t j = 0; j < piece; j++) {
      const float kept = sizes[j] > 0 ? (sizes[j] < limit ? sizes[j] : limit) : 0;
      found[j] = static_cast<uint32_t>(bits == 7 ? kept * 0.5f : kept + 0.5f);
    }
    return;
  }
  const Levels levels = levels_of(bits);
  for (size_t i = 1; i < levels.count; i++) {
    const float threshold = static_cast<float>(levels.magnitudes[i - 1] + levels.magnitudes[i]) * 0.5f;
    for (size_t j = 0; j < piece; j++) found[j] += sizes[j] >= threshold ? 1 : 0;
  }
}

void decode(const float* values, const uint32_t* found, size_t count, float step, uint32_t bits, float* decoded) {
  const uint8_t* table = levels_of(bits).magnitudes;
  for (size_t j = 0; j < count; j++) {
    const uint32_t magnitude = bits == 8 ? found[j] : bits == 7 ? 2 * found[j] + 1 : table[found[j]];
    const float size = step * static_cast<float>(magnitude);
    decoded[j] = values[j] < 0 ? -size : size;
  }
}

double squared_error(const float* left_over, size_t dim, float step, uint32_t bits) {
  double sums[4] = {};
  for (size_t from = 0; from < dim; from += piece) {
    const size_t count = dim - from < piece ? dim - from : piece;
    uint32_t found[piece];
    float decoded[piece];
    find_magnitudes(left_over + from, count, step, bits, found);
    decode(left_over + from, found, count, step, bits, decoded);
    for (size_t j = 0; j < count; j++) {
      const double difference = static_cast<double>(left_over[from + j]) - static_cast<double>(decoded[j]);
      sums[j % 4] += difference * difference;
    }
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

float step_of(uint16_t header) { return reference::float_of_half(header) / static_cast<float>(steps_in_header); }

uint16_t best_header(const float* left_over, size_t dim, uint32_t bits) {
  double largest = 0, squares = 0;
  for (size_t j = 0; j < dim; j++) {
    const double size = std::fabs(static_cast<double>(left_over[j]));
    largest = size > largest ? size : largest;
    squares += size * size;
  }
  const Levels levels = levels_of(bits);
  const double last = levels.count == 0 ? 127 : levels.magnitudes[levels.count - 1];
  const double deviation = std::sqrt(squares / static_cast<double>(dim));
  uint16_t best = 0;
  double least = 0;
  for (size_t i = 0; i < tried; i++) {
    const bool is_even = levels.count == 0;
    const double reach = is_even ? largest * shares[i] : i == 0 ? largest : deviation * levels.reach * spreads[i];
    const uint16_t header = half_of(reach / last * steps_in_header);
    const double error = squared_error(left_over, dim, step_of(header), bits);
    if (i > 0 && !(error < least)) continue;
    least = error;
    best = header;
  }
  return best;
}

// One code into its 32 dimensions.
void put_code(uint8_t* group, size_t j, uint32_t code, uint32_t bits) {
  if (bits == 8) {
    group[j] = static_cast<uint8_t>(code);
    return;
  }
  if (bits >= 4) {
    group[j % 16] = static_cast<uint8_t>(group[j % 16] | (code & 15u) << 4 * (j / 16));
    code >>= 4;
    group += 16;
  }
  if ((bits & 2) != 0) {
    group[j % 8] = static_cast<uint8_t>(group[j % 8] | (code & 3u) << 2 * (j / 8));
    code >>= 2;
    group += 8;
  }
  if ((bits & 1) != 0) group[j / 8] = static_cast<uint8_t>(group[j / 8] | (code & 1u) << j % 8);
}

}  // namespace

uint16_t half_of(double value) {
  constexpr double half_max = 65504;
  const float kept = static_cast<float>(value > half_max ? half_max : value < -half_max ? -half_max : value);
  uint16_t bits;
  reference::to_half(&kept, 1, &bits);
  return bits;
}

uint16_t encode_values(const float* left_over, size_t dim, uint32_t bits, uint8_t* values, float* decoded) {
  const uint16_t header = best_header(left_over, dim, bits);
  const float step = step_of(header);
  for (size_t from = 0; from < dim; from += piece) {
    const size_t count = dim - from < piece ? dim - from : piece;
    uint32_t found[piece];
    find_magnitudes(left_over + from, count, step, bits, found);
    decode(left_over + from, found, count, step, bits, decoded + from);
    for (size_t j = 0; j < count; j++) {
      const bool is_negative = left_over[from + j] < 0;
      const uint32_t code = bits == 8 ? (is_negative ? 0u - found[j] : found[j]) : found[j] | (is_negative ? 1u << (bits - 1) : 0u);
      put_code(values + (from + j) / values_at_once * 4 * bits, (from + j) % values_at_once, code, bits);
    }
  }
  return header;
}

}  // namespace shoal
