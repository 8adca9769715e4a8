// The k best rows of a sparse search: a heap with the worst on top, in memory of the search. Plain C++, no allocation.
//
// Better = larger score, then smaller tie, then smaller row. Scores are positive, so their bits order as they do, and a row is one
// number of 128 bits: larger = better. Comparing two takes no branch, where one would be mispredicted half the time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace shoal {

using RankedRow = unsigned __int128;

inline RankedRow ranked_row(float score, uint64_t tie, uint32_t row) {
  uint32_t bits;
  std::memcpy(&bits, &score, sizeof bits);
  return static_cast<RankedRow>(bits) << 96 | static_cast<RankedRow>(~tie) << 32 | static_cast<uint32_t>(~row);
}

inline float score_of(RankedRow ranked) {
  const uint32_t bits = static_cast<uint32_t>(ranked >> 96);
  float score;
  std::memcpy(&score, &bits, sizeof score);
  return score;
}

inline uint32_t row_of(RankedRow ranked) { return ~static_cast<uint32_t>(ranked); }

struct BestRows {
  RankedRow* entries;  // [capacity], capacity at least 1
  size_t capacity;
  size_t count = 0;
  float floor;  // a score below it is not wanted; positive
};

// A score below this one is not among the best; one that equals it may be, by its tie.
inline float threshold(const BestRows& best) { return best.count == best.capacity ? score_of(best.entries[0]) : best.floor; }

// Keeps the row, whose score is at least the threshold, where it is among the best so far.
void offer_row(BestRows& best, RankedRow row);

// Orders the entries, best first. Nothing may be offered afterwards.
void sort_rows(BestRows& best);

}  // namespace shoal
