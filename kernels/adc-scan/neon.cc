// adc-scan.h with NEON.
//
// Leans on tbl (a table of 16 levels in a register), usra and smlal. 16 slots are a register, and all of a block are scanned together,
// so that a table is loaded once for four of them. Four levels are added in bytes: at most 255 (lookup-table.h). The sums of 16 bits:
// `even` holds even bytes plus 256 times the odd ones, modulo 2^16, until the odd ones, kept by themselves, are taken off; each is at
// most 512 / 4 * 255 = 32,640. With the offset they lie in an int16, which is all smull asks for. Register n of a block of width W holds
// vectors 4n .. 4n + 3 of its four groups of W / 4: those of the first two in the even bytes, the others in the odd ones. Reads end
// with the block.
#include "kernels/adc-scan/adc-scan.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#include <cstring>

namespace shoal::neon {
namespace {

struct Consts {
  int16x8_t offset;
  int16x4_t weight;
  int32x4_t cut;
};

struct Tables {
  uint8x16_t first, second, third, fourth;
};

inline uint8x16_t four_levels(const uint8_t* row, const uint8_t* next, const Tables& tables) {
  const uint8x16_t a = vld1q_u8(row), b = vld1q_u8(next), low = vdupq_n_u8(15);
  const uint8x16_t a_sum = vaddq_u8(vqtbl1q_u8(tables.first, vandq_u8(a, low)), vqtbl1q_u8(tables.second, vshrq_n_u8(a, 4)));
  const uint8x16_t b_sum = vaddq_u8(vqtbl1q_u8(tables.third, vandq_u8(b, low)), vqtbl1q_u8(tables.fourth, vshrq_n_u8(b, 4)));
  return vaddq_u8(a_sum, b_sum);
}

// Four vectors: their scores are stored, and lanes of ones say which of them reach the cut.
inline uint32x4_t score_four(int16x4_t sums, const uint8_t* factors, const Consts& consts, int32_t* scores) {
  // At any address: a pointer to int16 would promise an even one.
  const int16x8_t pairs = vreinterpretq_s16_u8(vld1q_u8(factors));
  const int16x4x2_t both = vuzp_s16(vget_low_s16(pairs), vget_high_s16(pairs));
  const int32x4_t four = vmlal_s16(vmull_s16(sums, both.val[0]), consts.weight, both.val[1]);
  vst1q_s32(scores, four);
  return vcgeq_s32(four, consts.cut);
}

template <int Registers>
inline uint64_t scan_block(const ScanTable& table, const uint8_t* block, const Consts& consts, int32_t* scores) {
  constexpr uint32_t width = 16 * Registers, group = width / 4;
  uint16x8_t even[Registers], odd[Registers];
  for (int n = 0; n < Registers; n++) even[n] = odd[n] = vdupq_n_u16(0);
  const uint8_t* row = block;
  const uint8_t* levels = table.levels;
  for (uint32_t p = 0; p < table.pairs; p += 2, row += 2 * width, levels += 64) {
    const Tables tables = {vld1q_u8(levels), vld1q_u8(levels + 16), vld1q_u8(levels + 32), vld1q_u8(levels + 48)};
    for (int n = 0; n < Registers; n++) {
      const uint16x8_t four = vreinterpretq_u16_u8(four_levels(row + 16 * n, row + width + 16 * n, tables));
      even[n] = vaddq_u16(even[n], four);
      odd[n] = vsraq_n_u16(odd[n], four, 8);
    }
  }
  const uint32_t lane_bits[4] = {1, 2, 4, 8};
  uint32x4_t kept[4], bits = vld1q_u32(lane_bits);
  for (auto& lanes : kept) lanes = vdupq_n_u32(0);
  for (int n = 0; n < Registers; n++, bits = vshlq_n_u32(bits, 4)) {
    const int16x8_t low = vaddq_s16(vreinterpretq_s16_u16(vsubq_u16(even[n], vshlq_n_u16(odd[n], 8))), consts.offset);
    const int16x8_t high = vaddq_s16(vreinterpretq_s16_u16(odd[n]), consts.offset);
    const int16x4_t sums[4] = {vget_low_s16(low), vget_high_s16(low), vget_low_s16(high), vget_high_s16(high)};
    for (uint32_t g = 0; g < 4; g++) {
      const uint32_t vector = g * group + 4 * static_cast<uint32_t>(n);
      kept[g] = vorrq_u32(kept[g], vandq_u32(score_four(sums[g], row + 4 * vector, consts, scores + vector), bits));
    }
  }
  uint64_t mask = 0;
  for (uint32_t g = 0; g < 4; g++) mask |= uint64_t{vaddvq_u32(kept[g])} << (g * group);
  return mask;
}

}  // namespace

void spread_levels(const uint8_t* levels, uint32_t pairs, uint8_t* spread) { std::memcpy(spread, levels, size_t{pairs} * 32); }

uint32_t scan_blocks(const ScanTable& table, const uint8_t* blocks, uint32_t count, uint32_t width, int32_t cut, uint64_t* masks,
                     int32_t* scores) {
  const Consts consts = {vdupq_n_s16(static_cast<int16_t>(table.offset)), vdup_n_s16(static_cast<int16_t>(table.anchor_weight)),
                         vdupq_n_s32(cut)};
  uint32_t found = 0;
  for (uint32_t b = 0; b < count; b++) {
    if (masks[b] == 0) continue;
    const uint8_t* block = blocks + b * block_bytes(table.pairs, width);
    masks[b] &= width == 64 ? scan_block<4>(table, block, consts, scores + b * 64) : scan_block<2>(table, block, consts, scores + b * 64);
    found += masks[b] != 0 ? 1 : 0;
  }
  return found;
}

}  // namespace shoal::neon
#endif
