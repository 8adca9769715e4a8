// Which lists a query reads. See list-search.h.
#include "kernels/list-search/coarse.h"

#include <cmath>
#include <cstring>

#include "kernels/dispatch.h"

namespace shoal {
namespace {

constexpr size_t small_size = 12;
constexpr size_t sampled = 256;
// Of fewer lists a selection among all of them takes no longer.
constexpr size_t least_step = 4;
constexpr size_t scores_at_once = 16;

// Larger floats give larger numbers; NaN gives 0, below all others.
inline uint32_t order_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffff) > 0x7f800000) return 0;
  if (bits == 0x80000000) bits = 0;
  return bits >> 31 != 0 ? ~bits : bits | 0x80000000;
}

// Larger = better: the score, then the smaller list. No two are equal.
inline uint64_t key_of(float score, uint32_t list) { return uint64_t{order_of(score)} << 32 | (UINT32_MAX - list); }

// The float whose order is `order`; NaN for 0.
inline float float_of(uint32_t order) {
  if (order == 0) return NAN;
  const uint32_t bits = order >> 31 != 0 ? order & 0x7fffffff : ~order;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline uint32_t list_of(uint64_t key) { return UINT32_MAX - static_cast<uint32_t>(key); }

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

void sort_small(uint64_t* keys, size_t count) {
  for (size_t at = 1; at < count; at++) {
    const uint64_t key = keys[at];
    size_t hole = at;
    for (; hole > 0 && key > keys[hole - 1]; hole--) keys[hole] = keys[hole - 1];
    keys[hole] = key;
  }
}

// The `wanted` largest to the front. The pivot is a key and none is equal to it, so it is moved behind what is above it.
void select(uint64_t* keys, size_t count, size_t wanted) {
  while (count > small_size && wanted > 0 && wanted < count) {
    const uint64_t pivot = median(keys[0], keys[count / 2], keys[count - 1]);
    const size_t above = partition(keys, count, pivot);
    if (above >= wanted) {
      count = above;
      continue;
    }
    for (size_t at = above; at < count; at++) {
      if (keys[at] != pivot) continue;
      swap(keys[at], keys[above]);
      break;
    }
    keys += above + 1;
    count -= above + 1;
    wanted -= above + 1;
  }
  if (wanted > 0 && wanted < count) sort_small(keys, count);
}

void sort(uint64_t* keys, size_t count) {
  while (count > small_size) {
    const uint64_t pivot = median(keys[0], keys[count / 2], keys[count - 1]);
    const size_t above = partition(keys, count, pivot);
    if (above < count - above) {
      sort(keys, above);
      keys += above;
      count -= above;
    } else {
      sort(keys + above, count - above);
      count = above;
    }
  }
  sort_small(keys, count);
}

// A score that about `wanted` of the `count` and some more reach, by a sample of them; -infinity where a sample says little. `keys` has room
// for the sample.
float likely_floor(const float* scores, size_t count, size_t wanted, uint64_t* keys) {
  const size_t step = count / sampled;
  const double expected = static_cast<double>(wanted) / static_cast<double>(step == 0 ? 1 : step);
  const size_t rank = static_cast<size_t>(expected + 3 * std::sqrt(expected)) + 4;
  if (step < least_step || rank > sampled / 2) return -INFINITY;
  for (size_t i = 0; i < sampled; i++) keys[i] = key_of(scores[i * step], static_cast<uint32_t>(i));
  select(keys, sampled, rank);
  uint64_t least = keys[0];
  for (size_t i = 1; i < rank; i++) least = keys[i] < least ? keys[i] : least;
  return float_of(static_cast<uint32_t>(least >> 32));
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

// `lists` of null = 0, 1, ..
inline uint32_t list_at(const uint32_t* lists, size_t i) { return lists == nullptr ? static_cast<uint32_t>(i) : lists[i]; }

// Keys of the scores that reach `floor`; gives their number.
size_t keys_from(const float* scores, const uint32_t* lists, size_t count, float floor, uint64_t* keys) {
  size_t found = 0;
  for (size_t at = 0; at < count; at += scores_at_once) {
    const bool is_whole = count - at >= scores_at_once;
    if (is_whole && !reaches(scores + at, floor)) continue;
    for (size_t i = at; i < (is_whole ? at + scores_at_once : count); i++) {
      if (scores[i] >= floor) keys[found++] = key_of(scores[i], list_at(lists, i));
    }
  }
  return found;
}

// Keys of the `wanted` best to the front, in no order. The sample decides nothing: where fewer than `wanted` reach its floor, all are looked at.
void select_best(const float* scores, const uint32_t* lists, size_t count, size_t wanted, uint64_t* keys) {
  const float floor = likely_floor(scores, count, wanted, keys);
  size_t found = floor > -INFINITY ? keys_from(scores, lists, count, floor, keys) : 0;
  if (found < wanted) {
    for (found = 0; found < count; found++) keys[found] = key_of(scores[found], list_at(lists, found));
  }
  select(keys, found, wanted);
}

}  // namespace

bool compares_bytes(const ListSearcher& searcher, size_t candidates) {
  return searcher.coarse_rows != nullptr && candidates < searcher.list_count;
}

size_t choose_lists(const Kernels& kernels, const ListSearcher& searcher, const CoarseWork& work, size_t candidates, size_t nprobe,
                    uint32_t* lists) {
  const size_t total = searcher.list_count;
  size_t count = total;
  if (compares_bytes(searcher, candidates)) {
    const int32_t* products = work.known == nullptr ? work.products : work.known;
    if (work.known == nullptr) kernels.byte_products(work.levels, 1, searcher.coarse_rows, total, padded_dim(searcher.dim), work.products, total);
    for (size_t l = 0; l < total; l++) work.scores[l] = static_cast<float>(products[l]) * searcher.coarse_scales[l];
    select_best(work.scores, nullptr, total, candidates, work.keys);
    count = candidates;
    if (candidates == nprobe) {
      sort(work.keys, nprobe);
      for (size_t i = 0; i < nprobe; i++) lists[i] = list_of(work.keys[i]);
      return nprobe;
    }
    for (size_t i = 0; i < count; i++) work.lists[i] = list_of(work.keys[i]);
  } else {
    for (size_t l = 0; l < total; l++) work.lists[l] = static_cast<uint32_t>(l);
  }
  kernels.row_products(work.query, searcher.centroids, work.lists, count, searcher.dim, work.scores);
  const size_t chosen = nprobe < count ? nprobe : count;
  select_best(work.scores, work.lists, count, chosen, work.keys);
  sort(work.keys, chosen);
  for (size_t i = 0; i < chosen; i++) lists[i] = list_of(work.keys[i]);
  return chosen;
}

void order_by_bias(uint64_t* keys, size_t count, uint32_t* lists, double* biases) {
  for (size_t i = 0; i < count; i++) keys[i] = key_of(static_cast<float>(biases[i]), lists[i]);
  sort(keys, count);
  for (size_t i = 0; i < count; i++) {
    lists[i] = list_of(keys[i]);
    biases[i] = static_cast<double>(float_of(static_cast<uint32_t>(keys[i] >> 32)));
  }
}

void quantize_rows(const float* centroids, size_t count, size_t dim, int8_t* rows, float* scales) {
  for (size_t c = 0; c < count; c++) {
    scales[c] = static_cast<float>(quantize_query(centroids + c * dim, dim, rows + c * padded_dim(dim)) * 2);
  }
}

}  // namespace shoal
