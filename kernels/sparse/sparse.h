// Scores of a sparse query, term at a time over all rows, and the best k rows.
//
//   score(row) = (((0 + f0 * w0) + f1 * w1) + ...)     over the query's terms in the order given, each step rounded to float32
//
// Layout: rows uint32[count], weights uint16[count] (half bits), scores float32[score_count], naturally aligned. Products and sums
// are rounded one by one (no FMA), so all sets give the same bits. A row outside the scores is skipped, so a damaged posting cannot
// write elsewhere.
//
// The search adds up all postings of the query and chooses the best rows, 4,096 by 4,096. Where a filter leaves few rows, these are looked
// up in the postings instead. Both go in the order of the formula, so both give the same bits.
//
// Nothing is pruned. A posting in a stream takes 0.6 ns and a look-up as much as 16 of them, so that leaving out the commonest terms of a
// query does not pay: over 117,791 glosses (8.6 terms and 114,508 postings a query, k = 100) adding up took 92 us, windows with block
// maxima 119 us, and MaxScore term at a time 103 us; over 942,328 documents of their kind 595 to 640, 813 and 925 us. The rest of the rare
// terms leaves 1,030 rows to look up 2,680 times, and the passes that find the threshold and these rows cost what the others save.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct Kernels;

using AccumulateTerm = void (*)(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, float* scores,
                                size_t score_count);

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

constexpr uint32_t window_rows = 4096;

struct PostingsQuery {
  const uint32_t* rows;           // ascending within a term
  const uint16_t* weights;
  const uint32_t* terms;          // uint32[term_count, 2]: start and end within the postings
  const float* factors;           // float32[term_count]
  size_t term_count;
  const uint8_t* live;            // bit r of byte r >> 3 for a row that counts; null = all
  const uint64_t* ties;           // uint64[row_count]: equal scores go by the smaller one; null = by the smaller row
  uint32_t row_count;
  float floor;                    // scores below it, and scores that are not positive, are not wanted
};

struct BestPostings {
  uint32_t* rows;    // uint32[capacity]
  float* scores;     // float32[capacity]
  size_t capacity;   // at least 1
};

constexpr double search_cancelled = -1;

// Bytes that a search works in, at any address; 0 when they are too many to count.
size_t search_bytes(const PostingsQuery& query, size_t capacity);

// The best rows, best first; gives their count, or that it was cancelled. Looks at `cancel` every 4,096 rows and 65,536 postings.
double search_postings(const Kernels& kernels, const PostingsQuery& query, const uint8_t* cancel, void* scratch, BestPostings best);

namespace reference {
void accumulate_term(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, float* scores,
                     size_t score_count);
size_t collect_rows(const float* scores, size_t score_count, float least, const uint8_t* live, uint32_t* found);
}  // namespace reference
namespace avx2 {
void accumulate_term(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, float* scores,
                     size_t score_count);
size_t collect_rows(const float* scores, size_t score_count, float least, const uint8_t* live, uint32_t* found);
}  // namespace avx2
namespace neon {
void accumulate_term(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, float* scores,
                     size_t score_count);
size_t collect_rows(const float* scores, size_t score_count, float least, const uint8_t* live, uint32_t* found);
}  // namespace neon
namespace avx512 {
size_t collect_rows(const float* scores, size_t score_count, float least, const uint8_t* live, uint32_t* found);
}  // namespace avx512

}  // namespace shoal
