// Quickselect, and quicksort over what stays. The pivot is a median of three, so sorted and equal inputs stay quick, and the larger part
// is never recursed into.
#include "kernels/adc-scan/reservoir.h"

namespace shoal {
namespace {

constexpr size_t small_size = 12;
constexpr size_t sample_size = 16;
constexpr size_t guesses = 4;

inline bool is_better(const Entry& a, const Entry& b) {
  return (a.score > b.score) | ((a.score == b.score) & (a.tie < b.tie));
}

inline void swap(Entry& a, Entry& b) {
  const Entry kept = a;
  a = b;
  b = kept;
}

// The median of the first, middle and last of [from, to) goes to `from`.
void place_pivot(Entry* entries, size_t from, size_t to) {
  Entry &first = entries[from], &middle = entries[from + (to - from) / 2], &last = entries[to - 1];
  if (is_better(middle, first)) swap(middle, first);
  if (is_better(last, first)) swap(last, first);
  if (is_better(last, middle)) swap(last, middle);
  swap(first, middle);
}

// Where the pivot ends up: better ones before it, worse ones behind. Without branches on the entries, which nothing could foresee.
size_t partition(Entry* entries, size_t from, size_t to) {
  place_pivot(entries, from, to);
  const Entry pivot = entries[from];
  size_t last = from;
  for (size_t at = from + 1; at < to; at++) {
    const Entry entry = entries[at];
    entries[at] = entries[last + 1];
    entries[last + 1] = entry;
    last += is_better(entry, pivot) ? 1 : 0;
  }
  swap(entries[from], entries[last]);
  return last;
}

void sort_small(Entry* entries, size_t from, size_t to) {
  for (size_t at = from + 1; at < to; at++) {
    const Entry entry = entries[at];
    size_t hole = at;
    for (; hole > from && is_better(entry, entries[hole - 1]); hole--) entries[hole] = entries[hole - 1];
    entries[hole] = entry;
  }
}

// The `wanted` best to the front, the worst of them last.
void select(Entry* entries, size_t count, size_t wanted) {
  size_t from = 0, to = count;
  const size_t last = wanted - 1;
  while (to - from > small_size) {
    const size_t pivot = partition(entries, from, to);
    if (pivot == last) return;
    if (pivot < last) {
      from = pivot + 1;
    } else {
      to = pivot;
    }
  }
  sort_small(entries, from, to);
}

void sort(Entry* entries, size_t from, size_t to) {
  while (to - from > small_size) {
    const size_t pivot = partition(entries, from, to);
    if (pivot - from < to - pivot) {
      sort(entries, from, pivot);
      from = pivot + 1;
    } else {
      sort(entries, pivot + 1, to);
      to = pivot;
    }
  }
  sort_small(entries, from, to);
}

// `guesses` scores of a sample, descending, about where the R-th of all should be.
void guess(const Reservoir& best, double* scores) {
  double sample[sample_size];
  for (size_t i = 0; i < sample_size; i++) {
    const double score = best.entries[i * best.count / sample_size].score;
    size_t hole = i;
    for (; hole > 0 && score > sample[hole - 1]; hole--) sample[hole] = sample[hole - 1];
    sample[hole] = score;
  }
  const size_t rank = best.wanted * sample_size / best.count;
  for (size_t g = 0; g < guesses; g++) scores[g] = sample[rank + g < sample_size ? rank + g : sample_size - 1];
}

void drop_below(Reservoir& best, double least) {
  size_t kept = 0;
  for (size_t i = 0; i < best.count; i++) {
    const Entry entry = best.entries[i];
    best.entries[kept] = entry;
    kept += entry.score >= least ? 1 : 0;
  }
  best.count = kept;
  best.threshold = least;
  best.is_cut = true;
}

}  // namespace

void cut_back(Reservoir& best) {
  if (best.count <= best.wanted || best.count < sample_size) return shrink(best);
  double scores[guesses];
  size_t reached[guesses] = {};
  guess(best, scores);
  for (size_t i = 0; i < best.count; i++) {
    for (size_t g = 0; g < guesses; g++) reached[g] += best.entries[i].score >= scores[g] ? 1 : 0;
  }
  for (size_t g = 0; g < guesses; g++) {
    if (reached[g] >= best.wanted && reached[g] < best.count) return drop_below(best, scores[g]);
  }
  shrink(best);
}

void select_entries(Entry* entries, size_t count, size_t wanted) { select(entries, count, wanted); }

void sort_entries(Entry* entries, size_t count) { sort(entries, 0, count); }

void shrink(Reservoir& best) {
  if (best.count < best.wanted) return;
  select(best.entries, best.count, best.wanted);
  best.count = best.wanted;
  best.is_cut = true;
  best.threshold = best.entries[best.wanted - 1].score;
}

void finish(Reservoir& best) {
  if (best.count > best.wanted) shrink(best);
  sort(best.entries, 0, best.count);
}

}  // namespace shoal
