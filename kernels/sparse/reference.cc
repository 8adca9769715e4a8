// The meaning of sparse.h in its plainest form.
#include "kernels/sparse/sparse.h"

#include "kernels/float16/float16.h"

namespace shoal::reference {

void accumulate_term(const uint32_t* rows, const uint16_t* weights, size_t count, float factor, float* scores,
                     size_t score_count) {
  for (size_t i = 0; i < count; i++) {
    if (rows[i] < score_count) scores[rows[i]] += factor * float_of_half(weights[i]);
  }
}

}  // namespace shoal::reference
