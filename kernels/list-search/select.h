// The best of scored lists, in an order that is the same on every set: by 64 bits of which the upper are the score's and the lower the list's.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace shoal {

// Larger floats give larger numbers; NaN gives 0, below all others.
inline uint32_t order_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffff) > 0x7f800000) return 0;
  if (bits == 0x80000000) bits = 0;
  return bits >> 31 != 0 ? ~bits : bits | 0x80000000;
}

// Larger = better: the score, then the smaller list. Those of different lists are never equal.
inline uint64_t key_of(float score, uint32_t list) { return uint64_t{order_of(score)} << 32 | (UINT32_MAX - list); }

// The same of scores that are integers.
inline uint64_t key_of(int32_t score, uint32_t list) {
  return uint64_t{static_cast<uint32_t>(score) ^ 0x80000000} << 32 | (UINT32_MAX - list);
}

inline uint32_t list_of(uint64_t key) { return UINT32_MAX - static_cast<uint32_t>(key); }

inline int32_t sum_of(uint64_t key) { return static_cast<int32_t>(static_cast<uint32_t>(key >> 32) ^ 0x80000000); }

inline float score_of(uint64_t key) {
  const uint32_t order = static_cast<uint32_t>(key >> 32);
  if (order == 0) return NAN;
  const uint32_t bits = order >> 31 != 0 ? order & 0x7fffffff : ~order;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// The `wanted` largest to the front, in no order.
void select_keys(uint64_t* keys, size_t count, size_t wanted);

// A key that about `wanted` of `count` and some more reach, by a sample of these, whose keys are put in another order; 0 where it says little.
uint64_t likely_floor(uint64_t* sample, size_t size, size_t count, size_t wanted);

// Keys of the `wanted` best of `count` scores to the front of `keys`, which has room for all, in no order. Most scores are only compared with
// what a sample says that the wanted reach; where too few do, all are looked at.
void select_best(const float* scores, const uint32_t* lists, size_t count, size_t wanted, uint64_t* keys);

// Best first.
void sort_keys(uint64_t* keys, size_t count);

}  // namespace shoal
