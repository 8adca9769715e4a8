// values.h with NEON.
//
// Leans on smlal: value times level is at most 128 * 127 = 16,256 in size, and a lane of 16 bits adds two of them, 32,512, before it is
// widened. Reads end with the values.
#include "kernels/second-code/values.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#include <cstring>

namespace shoal::neon {
namespace {

struct Bytes {
  uint8x16_t first, second;
};

struct Values {
  int8x16_t first, second;
};

inline Bytes nibbles_of(const uint8_t* group) {
  const uint8x16_t bytes = vld1q_u8(group);
  return {vandq_u8(bytes, vdupq_n_u8(15)), vshrq_n_u8(bytes, 4)};
}

inline Bytes pairs_of(const uint8_t* group) {
  const uint8x8_t bytes = vld1_u8(group), three = vdup_n_u8(3);
  const uint8x8_t low = vand_u8(bytes, three), next = vand_u8(vshr_n_u8(bytes, 2), three);
  return {vcombine_u8(low, next), vcombine_u8(vand_u8(vshr_n_u8(bytes, 4), three), vshr_n_u8(bytes, 6))};
}

// All ones where the bit is set.
inline Bytes bits_of(const uint8_t* group) {
  const uint8x16_t each = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201u));
  const uint8x16_t first = vcombine_u8(vdup_n_u8(group[0]), vdup_n_u8(group[1]));
  const uint8x16_t second = vcombine_u8(vdup_n_u8(group[2]), vdup_n_u8(group[3]));
  return {vtstq_u8(first, each), vtstq_u8(second, each)};
}

inline Bytes is_set(const Bytes& codes, uint8_t bit) {
  return {vtstq_u8(codes.first, vdupq_n_u8(bit)), vtstq_u8(codes.second, vdupq_n_u8(bit))};
}

inline int8x16_t turned(uint8x16_t sizes, uint8x16_t negative) {
  const int8x16_t mask = vreinterpretq_s8_u8(negative);
  return vsubq_s8(veorq_s8(vreinterpretq_s8_u8(sizes), mask), mask);
}

inline Values signed_by(const Bytes& sizes, const Bytes& negative) {
  return {turned(sizes.first, negative.first), turned(sizes.second, negative.second)};
}

inline Bytes entries_of(uint8x16_t table, const Bytes& codes) { return {vqtbl1q_u8(table, codes.first), vqtbl1q_u8(table, codes.second)}; }

// high << shift | low.
template <int shift>
inline Bytes above(const Bytes& low, const Bytes& high) {
  return {vsliq_n_u8(low.first, high.first, shift), vsliq_n_u8(low.second, high.second, shift)};
}

template <uint32_t kind>
inline Values values_of(const uint8_t* group) {
  if constexpr (kind == 1) {
    const uint8x16_t size = vdupq_n_u8(magnitudes_1[0]);
    return signed_by({size, size}, bits_of(group));
  }
  if constexpr (kind == 2) {
    const Bytes pairs = pairs_of(group), is_large = is_set(pairs, 1);
    const uint8x16_t small = vdupq_n_u8(magnitudes_2[0]), large = vdupq_n_u8(magnitudes_2[1]);
    return signed_by({vbslq_u8(is_large.first, large, small), vbslq_u8(is_large.second, large, small)}, is_set(pairs, 2));
  }
  if constexpr (kind == 3) {
    uint32_t four;
    std::memcpy(&four, magnitudes_3, sizeof four);
    return signed_by(entries_of(vreinterpretq_u8_u32(vdupq_n_u32(four)), pairs_of(group)), bits_of(group + 8));
  }
  if constexpr (kind == 5) return signed_by(entries_of(vld1q_u8(magnitudes_5), nibbles_of(group)), bits_of(group + 16));
  if constexpr (kind == 6) {
    const Bytes pairs = pairs_of(group + 16), low = nibbles_of(group);
    const uint8x16x2_t table = {{vld1q_u8(magnitudes_6), vld1q_u8(magnitudes_6 + 16)}};
    const uint8x16_t one = vdupq_n_u8(1);
    const Bytes codes = above<4>(low, {vandq_u8(pairs.first, one), vandq_u8(pairs.second, one)});
    return signed_by({vqtbl2q_u8(table, codes.first), vqtbl2q_u8(table, codes.second)}, is_set(pairs, 2));
  }
  if constexpr (kind == 7) {
    const Bytes codes = above<4>(nibbles_of(group), pairs_of(group + 16));
    const uint8x16_t one = vdupq_n_u8(1);
    return signed_by({vsliq_n_u8(one, codes.first, 1), vsliq_n_u8(one, codes.second, 1)}, bits_of(group + 24));
  }
  if constexpr (kind == normal_sevens) {
    const Bytes codes = above<4>(nibbles_of(group), pairs_of(group + 16));
    const uint8x16x4_t table = {{vld1q_u8(magnitudes_7), vld1q_u8(magnitudes_7 + 16), vld1q_u8(magnitudes_7 + 32), vld1q_u8(magnitudes_7 + 48)}};
    return signed_by({vqtbl4q_u8(table, codes.first), vqtbl4q_u8(table, codes.second)}, bits_of(group + 24));
  }
  return {vreinterpretq_s8_u8(vld1q_u8(group)), vreinterpretq_s8_u8(vld1q_u8(group + 16))};
}

// Of 16 bytes the low nibbles by `low`, the high ones by `high`; four products a lane.
inline int16x8_t entry_products(uint8x16_t entries, const uint8_t* nibbles, const int8_t* low, const int8_t* high) {
  const Bytes sizes = entries_of(entries, nibbles_of(nibbles));
  const int8x16_t first = vreinterpretq_s8_u8(sizes.first), second = vreinterpretq_s8_u8(sizes.second);
  const int8x16_t low_levels = vld1q_s8(low), high_levels = vld1q_s8(high);
  int16x8_t products = vmull_s8(vget_low_s8(first), vget_low_s8(low_levels));
  products = vmlal_high_s8(products, first, low_levels);
  products = vmlal_s8(products, vget_low_s8(second), vget_low_s8(high_levels));
  return vmlal_high_s8(products, second, high_levels);
}

// Of four steps.
struct Steps {
  float32x4_t steps, inverses;
};

inline float32x4_t add_error(float32x4_t sum, float value, const float* magnitudes, const Steps& tried) {
  const float32x4_t own = vabsq_f32(vdupq_n_f32(value)), last = vdupq_n_f32(buckets - 1);
  // fminnm gives the number where the other is a NaN.
  const uint32x4_t bucket = vcvtq_u32_f32(vminnmq_f32(vmulq_f32(own, tried.inverses), last));
  const float found[4] = {magnitudes[vgetq_lane_u32(bucket, 0)], magnitudes[vgetq_lane_u32(bucket, 1)],
                          magnitudes[vgetq_lane_u32(bucket, 2)], magnitudes[vgetq_lane_u32(bucket, 3)]};
  const float32x4_t difference = vsubq_f32(own, vmulq_f32(tried.steps, vld1q_f32(found)));
  return vaddq_f32(sum, vmulq_f32(difference, difference));
}

inline int32x4_t add_products(int32x4_t sums, int8x16_t values, const int8_t* levels) {
  const int8x16_t own = vld1q_s8(levels);
  return vpadalq_s16(sums, vmlal_high_s8(vmull_s8(vget_low_s8(values), vget_low_s8(own)), values, own));
}

template <uint32_t kind>
int64_t product_of(const uint8_t* group, const int8_t* levels, size_t dim) {
  int32x4_t high = vdupq_n_s32(0), low = vdupq_n_s32(0);
  for (size_t j = 0; j < dim; j += values_at_once, group += 4 * bits_of_kind(kind)) {
    const Values values = values_of<kind>(group);
    high = add_products(add_products(high, values.first, levels + j), values.second, levels + j + 16);
    if constexpr (has_fine_query(kind)) low = add_products(add_products(low, values.first, levels + dim + j), values.second, levels + dim + j + 16);
  }
  const int64_t sum = vaddlvq_s32(high);
  return has_fine_query(kind) ? 128 * sum + vaddlvq_s32(low) : sum;
}

}  // namespace

int64_t value_product(const uint8_t* values, const int8_t* levels, size_t dim, uint32_t kind) {
  if (kind == normal_sevens) return product_of<normal_sevens>(values, levels, dim);
  const uint32_t bits = bits_of_kind(kind);
  if (bits == 1) return product_of<1>(values, levels, dim);
  if (bits == 2) return product_of<2>(values, levels, dim);
  if (bits == 3) return product_of<3>(values, levels, dim);
  if (bits == 5) return product_of<5>(values, levels, dim);
  if (bits == 6) return product_of<6>(values, levels, dim);
  if (bits == 7) return product_of<7>(values, levels, dim);
  return product_of<8>(values, levels, dim);
}

int32_t entry_product(const uint8_t* nibbles, const int8_t* levels, size_t dim) {
  const uint8x16_t entries = vld1q_u8(nibble_entries);
  int32x4_t sum = vdupq_n_s32(0);
  size_t j = 0;
  for (; j + 64 <= dim; j += 64) {
    sum = vpadalq_s16(sum, entry_products(entries, nibbles + j / 2, levels + j, levels + j + 32));
    sum = vpadalq_s16(sum, entry_products(entries, nibbles + j / 2 + 16, levels + j + 16, levels + j + 48));
  }
  if (j < dim) sum = vpadalq_s16(sum, entry_products(entries, nibbles + j / 2, levels + j, levels + j + 16));
  return vaddvq_s32(sum);
}

void level_errors(const float* left_over, size_t dim, const float* magnitudes, const TriedSteps& tried, float* errors) {
  const Steps low = {vld1q_f32(tried.steps), vld1q_f32(tried.inverses)};
  const Steps high = {vld1q_f32(tried.steps + 4), vld1q_f32(tried.inverses + 4)};
  float32x4_t low_sum = vdupq_n_f32(0), high_sum = vdupq_n_f32(0);
  for (size_t j = 0; j < dim; j++) {
    low_sum = add_error(low_sum, left_over[j], magnitudes, low);
    high_sum = add_error(high_sum, left_over[j], magnitudes, high);
  }
  vst1q_f32(errors, low_sum);
  vst1q_f32(errors + 4, high_sum);
}

}  // namespace shoal::neon
#endif
