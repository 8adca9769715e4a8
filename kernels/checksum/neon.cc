// checksum.h with the instructions that ARMv8.1 and later have for it, eight bytes a step. Older machines run the reference: dispatch.cc asks.
#include "kernels/checksum/checksum.h"

#if defined(__aarch64__)
#include <arm_acle.h>

#include <cstring>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("crc"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("+crc")
#endif

namespace shoal::neon {

uint32_t crc32(const uint8_t* bytes, size_t count) {
  uint32_t sum = ~uint32_t{0};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    uint64_t word;
    std::memcpy(&word, bytes + i, sizeof word);
    sum = __crc32d(sum, word);
  }
  for (; i < count; i++) sum = __crc32b(sum, bytes[i]);
  return ~sum;
}

}  // namespace shoal::neon

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
