// second-code.h with NEON.
//
// Leans on smlal: nibble times level is at most 15 * 127 = 1,905 in size, and a lane of 16 bits adds eight of them before it is
// widened: 15,240, far from its end. Encoding has a lane of double for each of the four steps, so that their sums run in the order of
// dimensions. Reads end with the arrays.
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

// As doubles. fmaxnm gives the number where the other is a NaN: zero. `is_step`: where the step is positive; else the nibble is 8.
inline float64x2_t nibbles_of(float64x2_t values, float64x2_t steps, uint64x2_t is_step) {
  const float64x2_t buckets = vaddq_f64(vrndmq_f64(vdivq_f64(values, steps)), vdupq_n_f64(8));
  const float64x2_t kept = vminnmq_f64(vmaxnmq_f64(buckets, vdupq_n_f64(0)), vdupq_n_f64(15));
  return vbslq_f64(is_step, kept, vdupq_n_f64(8));
}

inline float64x2_t add_error(float64x2_t sum, float64x2_t value, float64x2_t steps, uint64x2_t is_step) {
  const float64x2_t level = vsubq_f64(nibbles_of(value, steps, is_step), vdupq_n_f64(7.5));
  const float64x2_t difference = vsubq_f64(value, vmulq_f64(steps, level));
  return vaddq_f64(sum, vmulq_f64(difference, difference));
}

}  // namespace

void nibble_errors(const float* left_over, size_t dim, const double* steps, double* errors) {
  const float64x2_t low = vld1q_f64(steps), high = vld1q_f64(steps + 2);
  const uint64x2_t is_low = vcgtzq_f64(low), is_high = vcgtzq_f64(high);
  float64x2_t low_sum = vdupq_n_f64(0), high_sum = vdupq_n_f64(0);
  for (size_t j = 0; j < dim; j++) {
    const float64x2_t value = vdupq_n_f64(static_cast<double>(left_over[j]));
    low_sum = add_error(low_sum, value, low, is_low);
    high_sum = add_error(high_sum, value, high, is_high);
  }
  vst1q_f64(errors, low_sum);
  vst1q_f64(errors + 2, high_sum);
}

void find_nibbles(const float* left_over, size_t dim, double step, uint8_t* nibbles) {
  const float64x2_t steps = vdupq_n_f64(step);
  const uint64x2_t is_step = vcgtzq_f64(steps);
  size_t j = 0;
  for (; j + 2 <= dim; j += 2) {
    const uint64x2_t two = vcvtq_u64_f64(nibbles_of(vcvt_f64_f32(vld1_f32(left_over + j)), steps, is_step));
    nibbles[j] = static_cast<uint8_t>(vgetq_lane_u64(two, 0));
    nibbles[j + 1] = static_cast<uint8_t>(vgetq_lane_u64(two, 1));
  }
  reference::find_nibbles(left_over + j, dim - j, step, nibbles + j);
}

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
