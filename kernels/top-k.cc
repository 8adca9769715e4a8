// The heap of top-k.h. Whole blocks whose scores are all too small are skipped by a test that compilers vectorise.
#include "kernels/top-k.h"

namespace shoal {
namespace {

constexpr size_t block_rows = 64;

bool is_worse(const TopK& top, size_t a, size_t b) {
  if (top.scores[a] != top.scores[b]) return top.scores[a] < top.scores[b];
  return top.rows[a] > top.rows[b];
}

void swap_entries(TopK& top, size_t a, size_t b) {
  const uint32_t row = top.rows[a];
  const float score = top.scores[a];
  top.rows[a] = top.rows[b];
  top.scores[a] = top.scores[b];
  top.rows[b] = row;
  top.scores[b] = score;
}

void sift_down(TopK& top, size_t at, size_t count) {
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= count) return;
    if (child + 1 < count && is_worse(top, child + 1, child)) child++;
    if (!is_worse(top, child, at)) return;
    swap_entries(top, child, at);
    at = child;
  }
}

void push(TopK& top, uint32_t row, float score) {
  size_t at = top.count++;
  top.rows[at] = row;
  top.scores[at] = score;
  while (at > 0 && is_worse(top, at, (at - 1) / 2)) {
    swap_entries(top, at, (at - 1) / 2);
    at = (at - 1) / 2;
  }
}

void offer(TopK& top, uint32_t row, float score) {
  if (!(score > top.minimum)) return;
  if (top.count < top.capacity) {
    push(top, row, score);
    return;
  }
  if (score < top.scores[0] || (score == top.scores[0] && row > top.rows[0])) return;
  top.rows[0] = row;
  top.scores[0] = score;
  sift_down(top, 0, top.count);
}

bool has_candidate(const float* scores, size_t count, float threshold) {
  uint32_t any = 0;
  for (size_t i = 0; i < count; i++) any |= scores[i] >= threshold ? 1u : 0u;
  return any != 0;
}

}  // namespace

void offer_scores(TopK& top, const float* scores, uint32_t first, size_t count, const uint8_t* live) {
  if (top.capacity == 0) return;
  for (size_t from = 0; from < count; from += block_rows) {
    const size_t size = count - from < block_rows ? count - from : block_rows;
    const float threshold = top.count == top.capacity ? top.scores[0] : top.minimum;
    if (!has_candidate(scores + from, size, threshold)) continue;
    for (size_t i = from; i < from + size; i++) {
      const uint32_t row = first + static_cast<uint32_t>(i);
      if (live != nullptr && ((live[row >> 3] >> (row & 7)) & 1) == 0) continue;
      offer(top, row, scores[i]);
    }
  }
}

void sort_best_first(TopK& top) {
  for (size_t left = top.count; left > 1; left--) {
    swap_entries(top, 0, left - 1);
    sift_down(top, 0, left - 1);
  }
}

}  // namespace shoal
