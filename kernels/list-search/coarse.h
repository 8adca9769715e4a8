// The coarse step of list-search.h, and the memory that it takes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/list-search/list-search.h"

namespace shoal {

struct CoarseWork {
  const float* query;  // float32, zeros past dim as far as any code goes
  const int8_t* query_levels;
  float* tables;  // for as many subquantizers as centroids have
  uint8_t* levels;
  uint8_t* spread;
  int32_t* sums;   // [lists, a multiple of 64]
  uint64_t* keys;  // [lists] each
  uint32_t* lists;
  float* scores;
};

// How many centroids are compared by bytes, to choose so many candidates by; 0 = all are compared as they are.
size_t coded_survivors(const ListSearcher& searcher, size_t candidates);

// The best `nprobe` lists into `lists`, nearest first; gives how many there are.
size_t choose_lists(const Kernels& kernels, const ListSearcher& searcher, const CoarseWork& work, size_t candidates, size_t nprobe,
                    uint32_t* lists);

// `lists` with their biases in the order of these, largest first, ties to the smaller list. `keys` has room for `count`.
void order_by_bias(uint64_t* keys, size_t count, uint32_t* lists, double* biases);

}  // namespace shoal
