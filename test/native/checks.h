// What the C++ tests of kernels share: numbers from a fixed seed, and comparisons that end the program with a sentence.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "kernels/dispatch.h"

namespace shoal {

// Arrays of these tests are vectors of exactly the promised size, so that AddressSanitizer sees one byte too many.

inline uint32_t below(uint32_t bound) {
  static uint32_t state = 20260101;
  state = state * 1664525 + 1013904223;
  return static_cast<uint32_t>((uint64_t{state} * bound) >> 32);
}

inline float value() { return static_cast<float>(below(2001)) / 1000 - 1; }

inline std::vector<float> values(size_t count) {
  std::vector<float> made(count);
  for (float& one : made) one = value();
  return made;
}

inline const Kernels& plain_kernels() { return *find_kernels("reference"); }

inline std::vector<uint16_t> halves_of(const std::vector<float>& floats) {
  std::vector<uint16_t> halves(floats.size());
  plain_kernels().to_half(floats.data(), floats.size(), halves.data());
  return halves;
}

inline void require(bool holds, const char* what, const char* set) {
  if (holds) return;
  std::fprintf(stderr, "%s differs from the reference on %s\n", what, set);
  std::exit(1);
}

template <typename T>
void require_equal(const char* what, const char* set, const std::vector<T>& expected, const std::vector<T>& actual) {
  require(expected.empty() || std::memcmp(expected.data(), actual.data(), expected.size() * sizeof(T)) == 0, what, set);
}

// extremes.cc: the ends of every range, where sums come nearest to overflowing, and values that are no numbers.
void check_extremes(const Kernels& kernels);

}  // namespace shoal
