// The exact scan: blocks of rows through the kernel into the heap, with a look at the cancel flag between blocks.
#include "kernels/dispatch.h"

namespace shoal {
namespace {

// 256 rows of 384 dimensions are 196 KB, some ten microseconds: far below the 10 ms a cancel may take, even at 1,024 dimensions.
constexpr size_t block_rows = 256;

bool has_live(const uint8_t* live, size_t first, size_t count) {
  if (live == nullptr) return true;
  uint8_t any = 0;
  for (size_t byte = first >> 3; byte < (first + count + 7) >> 3; byte++) any |= live[byte];
  return any != 0;
}

}  // namespace

bool scan_dense(const Kernels& kernels, const uint16_t* rows, size_t count, size_t dim, const float* query,
                const uint8_t* live, const uint8_t* cancel, TopK& top) {
  float scores[block_rows];
  for (size_t first = 0; first < count; first += block_rows) {
    if (__atomic_load_n(cancel, __ATOMIC_RELAXED) != 0) return false;
    const size_t size = count - first < block_rows ? count - first : block_rows;
    if (!has_live(live, first, size)) continue;
    kernels.dense_scores(rows + first * dim, size, dim, query, scores);
    offer_scores(top, scores, static_cast<uint32_t>(first), size, live);
  }
  sort_best_first(top);
  return true;
}

}  // namespace shoal
