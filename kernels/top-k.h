// The k best rows of a stream of scores, in arrays that the caller owns. Plain C++, no allocation.
//
// Better = larger score, then smaller row. A NaN is never kept. While filling, the arrays are a heap with the worst on top.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct TopK {
  uint32_t* rows;   // uint32[capacity]
  float* scores;    // float32[capacity]
  size_t capacity;
  size_t count = 0;
  float minimum;    // exclusive: a score must be larger
};

// Scores of the rows first..first+count-1; `live` (may be null) has bit r of byte r >> 3 set for a row that counts.
void offer_scores(TopK& top, const float* scores, uint32_t first, size_t count, const uint8_t* live);

// Turns the heap into a list, best first. Nothing may be offered afterwards.
void sort_best_first(TopK& top);

}  // namespace shoal
