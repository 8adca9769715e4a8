// Scores of a sparse query: term at a time over all rows, and the best k rows without looking at most postings.
//
//   score(row) = (((0 + f0 * w0) + f1 * w1) + ...)     over the query's terms in the order given, each step rounded to float32
//
// Layout: rows uint32[count], weights uint16[count] (half bits), scores float32[score_count], naturally aligned. Products and sums
// are rounded one by one (no FMA), so all sets give the same bits. A row outside the scores is skipped, so a damaged posting cannot
// write elsewhere.
//
// The search gives, bit for bit, what adding up everything and choosing from it gives: MaxScore (Turtle and Flood, "Query evaluation:
// strategies and optimizations", 1995) with block maxima (Ding and Suel, "Faster top-k document retrieval using block-max indexes",
// 2011), in windows of 4,096 rows. Terms are best given by falling |factor|: the first ones of a window, the essential ones, are added
// up as in the formula; from the term on whose rest cannot lift a row past the worst of the best k, only rows that are still in
// reach are looked up. Since both go in the order of the formula, a row that arrives has its exact score. Where the essential terms of
// all windows, told by the threshold after the first window, hold more than a fifth of the postings, everything is added up after
// all: a posting that is read in a stream costs less than a nanosecond, and a look-up as much as dozens of them.
//
// Bounds. A block is 128 consecutive postings of a term; its maximum is the largest weights[i] & 0x7fff as half bits, which order as
// their values do. A product is at most u = |factor| * maximum, rounded alike (rounding is monotone). With U the sum of a window's u and
// n terms, every partial sum differs from the exact one by at most n * 2^-24 * U * (1 + n * 2^-24) < n * 2^-23 * U, which bounds are
// given as slack, in double. A maximum that is infinite or NaN bounds nothing: then nothing is left out.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct Kernels;

using AccumulateTerm = void (*)(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, float* scores,
                                size_t score_count);

// As AccumulateTerm, onto scores of the rows first, first + 1, ..., up to the first posting that lies behind all of them; gives the
// number of postings before that one.
using AccumulateWindow = size_t (*)(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, uint32_t first,
                                  float* scores, size_t score_count);

// Positions of the scores of at least `least` whose bit in `live` (null = all; bit r of byte r >> 3) is set, ascending, into found
// uint32[score_count + 16]; gives their count.
using CollectRows = size_t (*)(const float* scores, size_t score_count, float least, const uint8_t* live, uint32_t* found);

struct SparseQuery {
  const uint32_t* rows;
  const uint16_t* weights;
  size_t posting_count;
  const uint32_t* starts;  // uint32[terms], within the postings
  const uint32_t* ends;    // uint32[terms], exclusive
  const float* factors;    // float32[terms]
  size_t term_count;
};

// All terms of `query` onto `scores`; false, with nothing added, when a range lies outside the postings.
bool accumulate_sparse(const Kernels& kernels, const SparseQuery& query, float* scores, size_t score_count);

constexpr uint32_t posting_block = 128;
constexpr uint32_t window_rows = 4096;

struct PostingsQuery {
  const uint32_t* rows;           // ascending within a term
  const uint16_t* weights;
  const uint32_t* block_rows;     // the last row of every block; null where blocks are not known and the search looks for itself
  const uint16_t* block_maxima;
  const uint32_t* terms;          // uint32[term_count, 3]: start and end within the postings, first block
  const float* factors;           // float32[term_count], finite
  size_t term_count;
  const uint8_t* live;            // bit r of byte r >> 3 for a row that counts; null = all
  const uint64_t* ties;           // uint64[row_count]: equal scores go by the smaller one; null = by the smaller row
  uint32_t row_count;
  float floor;                    // scores below it, and scores that are not positive, are not wanted
  double budget;                  // postings to look at, about
};

struct BestPostings {
  uint32_t* rows;    // uint32[capacity]
  float* scores;     // float32[capacity]
  size_t capacity;   // at least 1
};

constexpr double search_cancelled = -1, search_over_budget = -2;

// Bytes that a search works in, at any address; 0 when they are too many to count.
size_t search_bytes(const PostingsQuery& query, size_t capacity);

// The best rows, best first; gives their count, or one of the two above. Looks at `cancel` once a window (at most 0.3 ms of 64 terms) and
// after every 65,536 postings.
double search_postings(const Kernels& kernels, const PostingsQuery& query, const uint8_t* cancel, void* scratch, BestPostings best);

namespace reference {
void accumulate_term(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, float* scores,
                     size_t score_count);
size_t accumulate_window(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, uint32_t first, float* scores,
                         size_t score_count);
size_t collect_rows(const float* scores, size_t score_count, float least, const uint8_t* live, uint32_t* found);
}  // namespace reference
namespace avx2 {
void accumulate_term(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, float* scores,
                     size_t score_count);
size_t accumulate_window(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, uint32_t first, float* scores,
                         size_t score_count);
size_t collect_rows(const float* scores, size_t score_count, float least, const uint8_t* live, uint32_t* found);
}  // namespace avx2
namespace avx512 {
size_t collect_rows(const float* scores, size_t score_count, float least, const uint8_t* live, uint32_t* found);
}  // namespace avx512

}  // namespace shoal
