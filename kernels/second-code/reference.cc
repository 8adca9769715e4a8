// The meaning of second-code.h's product in its plainest form.
#include "kernels/second-code/second-code.h"

#include <cmath>

namespace shoal::reference {
namespace {

uint8_t nibble_of(float value, double step) {
  if (!(step > 0)) return 8;
  const double bucket = std::floor(static_cast<double>(value) / step) + 8;
  return bucket > 0 ? static_cast<uint8_t>(bucket < 15 ? bucket : 15) : uint8_t{0};
}

}  // namespace

int32_t nibble_product(const uint8_t* nibbles, const int8_t* levels, size_t dim) {
  int32_t sum = 0;
  for (size_t from = 0; from < dim; from += 64) {
    const size_t half = dim - from >= 64 ? 32 : 16;
    for (size_t j = 0; j < half; j++) {
      const uint8_t byte = nibbles[from / 2 + j];
      sum += levels[from + j] * (byte & 15) + levels[from + half + j] * (byte >> 4);
    }
  }
  return sum;
}

void nibble_errors(const float* left_over, size_t dim, const double* steps, double* errors) {
  for (size_t i = 0; i < tried_steps; i++) {
    errors[i] = 0;
    for (size_t j = 0; j < dim; j++) {
      const double value = steps[i] * (static_cast<double>(nibble_of(left_over[j], steps[i])) - 7.5);
      const double difference = static_cast<double>(left_over[j]) - value;
      errors[i] += difference * difference;
    }
  }
}

void find_nibbles(const float* left_over, size_t dim, double step, uint8_t* nibbles) {
  for (size_t j = 0; j < dim; j++) nibbles[j] = nibble_of(left_over[j], step);
}

}  // namespace shoal::reference
