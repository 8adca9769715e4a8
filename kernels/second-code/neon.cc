// second-code.h with NEON.
//
// Leans on smlal: nibble times level is at most 15 * 127 = 1,905 in size, and a lane of 16 bits adds eight of them before it is
// widened: 15,240, far from its end. Reads end with the nibbles.
#include "kernels/second-code/second-code.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace shoal::neon {
namespace {

// 16 bytes: their low nibbles by `low`, their high ones by `high`; four products a lane.
inline int16x8_t products_of(const uint8_t* nibbles, const int8_t* low, const int8_t* high) {
  const uint8x16_t bytes = vld1q_u8(nibbles);
  const int8x16_t first = vreinterpretq_s8_u8(vandq_u8(bytes, vdupq_n_u8(15)));
  const int8x16_t second = vreinterpretq_s8_u8(vshrq_n_u8(bytes, 4));
  const int8x16_t low_levels = vld1q_s8(low), high_levels = vld1q_s8(high);
  int16x8_t products = vmull_s8(vget_low_s8(first), vget_low_s8(low_levels));
  products = vmlal_high_s8(products, first, low_levels);
  products = vmlal_s8(products, vget_low_s8(second), vget_low_s8(high_levels));
  return vmlal_high_s8(products, second, high_levels);
}

}  // namespace

int32_t nibble_product(const uint8_t* nibbles, const int8_t* levels, size_t dim) {
  int32x4_t sum = vdupq_n_s32(0);
  size_t j = 0;
  for (; j + 64 <= dim; j += 64) {
    const int16x8_t first = products_of(nibbles + j / 2, levels + j, levels + j + 32);
    const int16x8_t second = products_of(nibbles + j / 2 + 16, levels + j + 16, levels + j + 48);
    sum = vpadalq_s16(sum, vaddq_s16(first, second));
  }
  if (j < dim) sum = vpadalq_s16(sum, products_of(nibbles + j / 2, levels + j, levels + j + 16));
  return vaddvq_s32(sum);
}

}  // namespace shoal::neon
#endif
