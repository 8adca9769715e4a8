// The terms of a sparse query, one after the other.
#include "kernels/dispatch.h"

namespace shoal {

bool accumulate_sparse(const Kernels& kernels, const SparseQuery& query, float* scores, size_t score_count) {
  for (size_t t = 0; t < query.term_count; t++) {
    if (query.starts[t] > query.ends[t] || query.ends[t] > query.posting_count) return false;
  }
  for (size_t t = 0; t < query.term_count; t++) {
    const size_t start = query.starts[t];
    kernels.accumulate_term(query.rows + start, query.weights + start, query.ends[t] - start, query.factors[t], scores,
                            score_count);
  }
  return true;
}

}  // namespace shoal
