// Quickselect over four parallel arrays; the pivot is a median of three, so sorted and equal inputs stay quick.
#include "kernels/adc-scan/reservoir.h"

namespace shoal {
namespace {

bool is_better(const Reservoir& best, size_t a, size_t b) {
  if (best.scores[a] != best.scores[b]) return best.scores[a] > best.scores[b];
  return best.ties[a] < best.ties[b];
}

void swap_entries(Reservoir& best, size_t a, size_t b) {
  const double score = best.scores[a];
  const uint64_t tie = best.ties[a];
  const uint32_t position = best.positions[a], list = best.lists[a];
  best.scores[a] = best.scores[b];
  best.ties[a] = best.ties[b];
  best.positions[a] = best.positions[b];
  best.lists[a] = best.lists[b];
  best.scores[b] = score;
  best.ties[b] = tie;
  best.positions[b] = position;
  best.lists[b] = list;
}

// The median of the first, middle and last of [from, to) goes to `from`.
void place_pivot(Reservoir& best, size_t from, size_t to) {
  const size_t middle = from + (to - from) / 2, last = to - 1;
  if (is_better(best, middle, from)) swap_entries(best, middle, from);
  if (is_better(best, last, from)) swap_entries(best, last, from);
  if (is_better(best, last, middle)) swap_entries(best, last, middle);
  swap_entries(best, from, middle);
}

// Where the pivot ends up: better ones before it, worse ones behind.
size_t partition(Reservoir& best, size_t from, size_t to) {
  place_pivot(best, from, to);
  size_t left = from + 1, right = to - 1;
  for (;;) {
    while (left <= right && is_better(best, left, from)) left++;
    while (left <= right && is_better(best, from, right)) right--;
    if (left >= right) break;
    swap_entries(best, left++, right--);
  }
  swap_entries(best, from, right);
  return right;
}

// The `wanted` best to the front, the worst of them last.
void select(Reservoir& best) {
  size_t from = 0, to = best.count;
  const size_t last = best.wanted - 1;
  while (to - from > 1) {
    const size_t pivot = partition(best, from, to);
    if (pivot == last) return;
    if (pivot < last) {
      from = pivot + 1;
    } else {
      to = pivot;
    }
  }
}

void sift_down(Reservoir& best, size_t at, size_t count) {
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= count) return;
    if (child + 1 < count && is_better(best, child, child + 1)) child++;
    if (!is_better(best, at, child)) return;
    swap_entries(best, at, child);
    at = child;
  }
}

}  // namespace

void offer(Reservoir& best, double score, uint64_t tie, uint32_t position, uint32_t list) {
  const size_t at = best.count++;
  best.scores[at] = score;
  best.ties[at] = tie;
  best.positions[at] = position;
  best.lists[at] = list;
  if (best.count < best.capacity) return;
  select(best);
  best.count = best.wanted;
  best.threshold = best.scores[best.wanted - 1];
}

void finish(Reservoir& best) {
  if (best.count > best.wanted) {
    select(best);
    best.count = best.wanted;
  }
  for (size_t at = best.count / 2; at-- > 0;) sift_down(best, at, best.count);
  for (size_t left = best.count; left > 1; left--) {
    swap_entries(best, 0, left - 1);
    sift_down(best, 0, left - 1);
  }
}

}  // namespace shoal
