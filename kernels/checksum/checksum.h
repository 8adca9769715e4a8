// CRC-32 of blocks of a file, compared with what the file says.
//
// CRC-32 as of zlib, IEEE 802.3: reflected polynomial 0xedb88320, begun and ended with all bits inverted. Equal on every set. Gopal et al.,
// "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009, is what AVX2 does; NEON has instructions for it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct Kernels;

using Crc32 = uint32_t (*)(const uint8_t* bytes, size_t count);

// Blocks of `bytes`: block b has lengths[b] bytes from starts[b] on, and the checksum sums[b].
struct SummedBlocks {
  const uint8_t* bytes;
  const uint64_t* starts;
  const uint32_t* lengths;
  const uint32_t* sums;
  size_t count;
};

// The first block whose checksum differs; count when none does, -1 when *cancel became non-zero, looked at before each block.
double first_damaged(const Kernels& kernels, const SummedBlocks& blocks, const uint8_t* cancel);

namespace reference {
uint32_t crc32(const uint8_t* bytes, size_t count);
}  // namespace reference
namespace avx2 {
uint32_t crc32(const uint8_t* bytes, size_t count);
}  // namespace avx2
namespace neon {
uint32_t crc32(const uint8_t* bytes, size_t count);
}  // namespace neon

}  // namespace shoal
