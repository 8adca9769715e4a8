// The heap of best.h.
#include "kernels/sparse/best.h"

namespace shoal {
namespace {

// Puts `row` where the entry at the top was, among the first `count`.
void replace_top(RankedRow* entries, size_t count, RankedRow row) {
  size_t at = 0, child = 1;
  for (; child + 1 < count; child = 2 * at + 1) {
    child += static_cast<size_t>(entries[child + 1] < entries[child]);
    if (!(entries[child] < row)) break;
    entries[at] = entries[child];
    at = child;
  }
  if (child + 1 == count && entries[child] < row) {
    entries[at] = entries[child];
    at = child;
  }
  entries[at] = row;
}

}  // namespace

void offer_row(BestRows& best, RankedRow row) {
  if (best.count == best.capacity) {
    if (best.entries[0] < row) replace_top(best.entries, best.count, row);
    return;
  }
  size_t at = best.count++;
  for (; at > 0 && row < best.entries[(at - 1) / 2]; at = (at - 1) / 2) best.entries[at] = best.entries[(at - 1) / 2];
  best.entries[at] = row;
}

void sort_rows(BestRows& best) {
  for (size_t left = best.count; left > 1; left--) {
    const RankedRow last = best.entries[left - 1];
    best.entries[left - 1] = best.entries[0];
    replace_top(best.entries, left - 1, last);
  }
}

}  // namespace shoal
