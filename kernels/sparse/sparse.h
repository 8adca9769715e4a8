// Scores of a sparse query, term at a time.
//
//   for every i: scores[rows[i]] += factor * float(weights[i])
//
// Layout: rows uint32[count], weights uint16[count] (half bits), scores float32[score_count], naturally aligned. Terms are added in
// the order given, products and sums are rounded one by one (no FMA), so all sets give the same bits. A row outside the scores is
// skipped, so a damaged posting cannot write elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct Kernels;

using AccumulateTerm = void (*)(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, float* scores,
                                size_t score_count);

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

namespace reference {
void accumulate_term(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, float* scores,
                     size_t score_count);
}  // namespace reference
namespace avx2 {
void accumulate_term(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, float* scores,
                     size_t score_count);
}  // namespace avx2
namespace neon {
void accumulate_term(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, float* scores,
                     size_t score_count);
}  // namespace neon

}  // namespace shoal
