// See select.h.
#include "kernels/list-search/select.h"

#include <cmath>
#include <cstring>

namespace shoal {
namespace {

constexpr size_t small_size = 12;
constexpr size_t sampled = 256;
// Of fewer lists a selection among all of them takes no longer.
constexpr size_t least_step = 4;
constexpr size_t scores_at_once = 16;

inline void swap(uint64_t& a, uint64_t& b) {
  const uint64_t kept = a;
  a = b;
  b = kept;
}

uint64_t median(uint64_t a, uint64_t b, uint64_t c) {
  const uint64_t low = a < b ? a : b, high = a < b ? b : a;
  return c < low ? low : c > high ? high : c;
}

// The keys above the pivot come first, without branches that nothing could foresee; gives their number.
size_t partition(uint64_t* keys, size_t count, uint64_t pivot) {
  size_t above = 0;
  for (size_t at = 0; at < count; at++) {
    const uint64_t key = keys[at];
    keys[at] = keys[above];
    keys[above] = key;
    above += key > pivot ? 1 : 0;
  }
  return above;
}

// The pivot, which is one of the keys, to the front: so both sides of it are smaller than the whole, whatever keys are equal.
void bring(uint64_t pivot, uint64_t* keys, size_t count) {
  for (size_t at = 0; at < count; at++) {
    if (keys[at] != pivot) continue;
    swap(keys[at], keys[0]);
    return;
  }
}

void sort_small(uint64_t* keys, size_t count) {
  for (size_t at = 1; at < count; at++) {
    const uint64_t key = keys[at];
    size_t hole = at;
    for (; hole > 0 && key > keys[hole - 1]; hole--) keys[hole] = keys[hole - 1];
    keys[hole] = key;
  }
}

// Compilers leave a loop over floats with a sum of comparisons as it is: four at a time by hand.
using Four = float __attribute__((vector_size(16)));
using FourBits = int32_t __attribute__((vector_size(16)));

// Whether one of `scores_at_once` does.
bool reaches(const float* scores, float floor) {
  const Four least = {floor, floor, floor, floor};
  FourBits reached = {};
  for (size_t i = 0; i < scores_at_once; i += 4) {
    Four some;
    std::memcpy(&some, scores + i, sizeof some);
    reached |= some >= least;
  }
  uint64_t halves[2];
  std::memcpy(halves, &reached, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

// Keys of the scores that reach `floor`; gives their number.
size_t keys_from(const float* scores, const uint32_t* lists, size_t count, float floor, uint64_t* keys) {
  size_t found = 0;
  for (size_t at = 0; at < count; at += scores_at_once) {
    const bool is_whole = count - at >= scores_at_once;
    if (is_whole && !reaches(scores + at, floor)) continue;
    for (size_t i = at; i < (is_whole ? at + scores_at_once : count); i++) {
      if (scores[i] >= floor) keys[found++] = key_of(scores[i], lists[i]);
    }
  }
  return found;
}

}  // namespace

void select_keys(uint64_t* keys, size_t count, size_t wanted) {
  while (count > small_size && wanted > 0 && wanted < count) {
    const uint64_t pivot = median(keys[0], keys[count / 2], keys[count - 1]);
    const size_t above = partition(keys, count, pivot);
    if (above >= wanted) {
      count = above;
      continue;
    }
    bring(pivot, keys + above, count - above);
    keys += above + 1;
    count -= above + 1;
    wanted -= above + 1;
  }
  if (wanted > 0 && wanted < count) sort_small(keys, count);
}

uint64_t likely_floor(uint64_t* sample, size_t size, size_t count, size_t wanted) {
  const double expected = static_cast<double>(wanted) * static_cast<double>(size) / static_cast<double>(count);
  const size_t rank = static_cast<size_t>(expected + 3 * std::sqrt(expected)) + 4;
  if (count < least_step * size || rank > size / 2) return 0;
  select_keys(sample, size, rank);
  uint64_t least = sample[0];
  for (size_t i = 1; i < rank; i++) least = sample[i] < least ? sample[i] : least;
  return least;
}

void select_best(const float* scores, const uint32_t* lists, size_t count, size_t wanted, uint64_t* keys) {
  const size_t step = count / sampled;
  for (size_t i = 0; step > 0 && i < sampled; i++) keys[i] = key_of(scores[i * step], static_cast<uint32_t>(i));
  const uint64_t floor = step > 0 ? likely_floor(keys, sampled, count, wanted) : 0;
  size_t found = floor > 0 ? keys_from(scores, lists, count, score_of(floor), keys) : 0;
  if (found < wanted) {
    for (found = 0; found < count; found++) keys[found] = key_of(scores[found], lists[found]);
  }
  select_keys(keys, found, wanted);
}

void sort_keys(uint64_t* keys, size_t count) {
  while (count > small_size) {
    const uint64_t pivot = median(keys[0], keys[count / 2], keys[count - 1]);
    const size_t above = partition(keys, count, pivot);
    bring(pivot, keys + above, count - above);
    uint64_t* below = keys + above + 1;
    const size_t rest = count - above - 1;
    if (above < rest) {
      sort_keys(keys, above);
      keys = below;
      count = rest;
    } else {
      sort_keys(below, rest);
      count = above;
    }
  }
  sort_small(keys, count);
}

}  // namespace shoal
