// The coarse step of list-search.h, and the memory that it takes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/list-search/list-search.h"

namespace shoal {

struct CoarseWork {
  const float* query;    // float32[dim]
  const int8_t* levels;  // int8[padded_dim(dim)]
  const int32_t* known;  // [lists]: products that were worked out before; null = none
  uint64_t* keys;        // [lists] each
  int32_t* products;
  uint32_t* lists;
  float* scores;
};

// Whether lists are compared by bytes first, and the best `candidates` of them exactly.
bool compares_bytes(const ListSearcher& searcher, size_t candidates);

// The best `nprobe` lists into `lists`, nearest first; gives how many there are.
size_t choose_lists(const Kernels& kernels, const ListSearcher& searcher, const CoarseWork& work, size_t candidates, size_t nprobe,
                    uint32_t* lists);

// `lists` with their biases in the order of these, largest first, ties to the smaller list. `keys` has room for `count`.
void order_by_bias(uint64_t* keys, size_t count, uint32_t* lists, double* biases);

}  // namespace shoal
