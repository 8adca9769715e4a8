// The meaning of second-code.h's product in its plainest form.
#include "kernels/second-code/second-code.h"

namespace shoal::reference {

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

}  // namespace shoal::reference
