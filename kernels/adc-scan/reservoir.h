// Exactly the best R of a stream of scored vectors, in arrays that the caller owns. Plain C++, no allocation.
//
// Better = larger score, then smaller tie. Vectors are appended; when the arrays are full the best R stay and the worst of them becomes
// the threshold. So an append costs a store, where a heap would move entries, and the threshold is as good as a heap's soon after.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct Reservoir {
  double* scores;       // float64[capacity]
  uint64_t* ties;       // uint64[capacity]
  uint32_t* positions;  // uint32[capacity]
  uint32_t* lists;      // uint32[capacity]
  size_t capacity;      // more than `wanted`
  size_t wanted;        // R, at least 1
  size_t count = 0;
  double threshold;     // a score below it is not among the best; at first the caller's
};

// A vector whose score is not below the threshold. Its tie must be its own.
void offer(Reservoir& best, double score, uint64_t tie, uint32_t position, uint32_t list);

// Leaves at most R entries, best first. Nothing may be offered afterwards.
void finish(Reservoir& best);

}  // namespace shoal
