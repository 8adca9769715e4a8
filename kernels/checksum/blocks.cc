// first_damaged of checksum.h over the table of kernels.
#include "kernels/dispatch.h"

namespace shoal {

double first_damaged(const Kernels& kernels, const SummedBlocks& blocks, const uint8_t* cancel) {
  for (size_t b = 0; b < blocks.count; b++) {
    if (*static_cast<const volatile uint8_t*>(cancel) != 0) return -1;
    if (kernels.crc32(blocks.bytes + blocks.starts[b], blocks.lengths[b]) != blocks.sums[b]) return static_cast<double>(b);
  }
  return static_cast<double>(blocks.count);
}

}  // namespace shoal
