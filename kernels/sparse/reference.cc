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

size_t collect_rows(const float* scores, size_t score_count, float least, const uint8_t* live, uint32_t* found) {
  size_t count = 0;
  for (size_t i = 0; i < score_count; i++) {
    const bool is_live = live == nullptr || ((live[i >> 3] >> (i & 7)) & 1) != 0;
    if (scores[i] >= least && is_live) found[count++] = static_cast<uint32_t>(i);
  }
  return count;
}

}  // namespace shoal::reference
