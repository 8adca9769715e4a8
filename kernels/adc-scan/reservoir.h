// Exactly the best R of a stream of scored vectors, in memory that the caller owns. Plain C++, no allocation.
//
// Better = larger score, then smaller tie. Vectors are appended; when the memory is full the best R stay and the worst of them becomes
// the threshold. So an append costs a store, where a heap would move entries, and the threshold is as good as a heap's soon after.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct Entry {
  double score;
  uint64_t tie;
  uint32_t position;
  uint32_t list;
  uint32_t column;  // of the columns that are scanned for one answer
  int32_t sum;      // S of adc-scan.h
};
static_assert(sizeof(Entry) == 32);

struct Reservoir {
  Entry* entries;
  size_t capacity;   // entries; more than `wanted`
  size_t wanted;     // R, at least 1
  size_t count = 0;
  double threshold;  // a score below it is not among the best; at first the caller's
  bool is_cut = false;  // the threshold is its own
};

// Raises the threshold to a score that at least R entries reach and drops what is below it, in one pass over them where a sample of the
// scores tells well enough which: some more than R may stay.
void cut_back(Reservoir& best);

// Leaves at most R entries, the worst of them as the threshold where there are R.
void shrink(Reservoir& best);

// Keeps an entry whose score is not below the threshold (a NaN is). Its tie must be its own.
inline void offer(Reservoir& best, const Entry& entry) {
  best.entries[best.count] = entry;
  best.count += entry.score >= best.threshold ? 1 : 0;
  if (best.count == best.capacity) shrink(best);
}

// Moves the best `wanted` (1 .. count) of entries to the front, in no order; sort_entries puts the best first.
void select_entries(Entry* entries, size_t count, size_t wanted);
void sort_entries(Entry* entries, size_t count);

// Leaves at most R entries, best first. Nothing may be offered afterwards.
void finish(Reservoir& best);

}  // namespace shoal
