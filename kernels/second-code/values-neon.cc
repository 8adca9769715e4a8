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

template <uint32_t bits>
inline Values values_of(const uint8_t* group) {
  if constexpr (bits == 1) {
    const uint8x16_t size = vdupq_n_u8(magnitudes_1[0]);
    return signed_by({size, size}, bits_of(group));
  }
  if constexpr (bits == 2) {
    const Bytes pairs = pairs_of(group), is_large = is_set(pairs, 1);
    const uint8x16_t small = vdupq_n_u8(magnitudes_2[0]), large = vdupq_n_u8(magnitudes_2[1]);
    return signed_by({vbslq_u8(is_large.first, large, small), vbslq_u8(is_large.second, large, small)}, is_set(pairs, 2));
  }
  if constexpr (bits == 3) {
    uint32_t four;
    std::memcpy(&four, magnitudes_3, sizeof four);
    return signed_by(entries_of(vreinterpretq_u8_u32(vdupq_n_u32(four)), pairs_of(group)), bits_of(group + 8));
  }
  if constexpr (bits == 5) return signed_by(entries_of(vld1q_u8(magnitudes_5), nibbles_of(group)), bits_of(group + 16));
  if constexpr (bits == 6) {
    const Bytes pairs = pairs_of(group + 16), low = nibbles_of(group);
    const uint8x16x2_t table = {{vld1q_u8(magnitudes_6), vld1q_u8(magnitudes_6 + 16)}};
    const uint8x16_t one = vdupq_n_u8(1);
    const Bytes codes = above<4>(low, {vandq_u8(pairs.first, one), vandq_u8(pairs.second, one)});
    return signed_by({vqtbl2q_u8(table, codes.first), vqtbl2q_u8(table, codes.second)}, is_set(pairs, 2));
  }
  if constexpr (bits == 7) {
    const Bytes codes = above<4>(nibbles_of(group), pairs_of(group + 16));
    const uint8x16_t one = vdupq_n_u8(1);
    return signed_by({vsliq_n_u8(one, codes.first, 1), vsliq_n_u8(one, codes.second, 1)}, bits_of(group + 24));
  }
  return {vreinterpretq_s8_u8(vld1q_u8(group)), vreinterpretq_s8_u8(vld1q_u8(group + 16))};
}

inline int32x4_t add_products(int32x4_t sums, int8x16_t values, const int8_t* levels) {
  const int8x16_t own = vld1q_s8(levels);
  return vpadalq_s16(sums, vmlal_high_s8(vmull_s8(vget_low_s8(values), vget_low_s8(own)), values, own));
}

template <uint32_t bits>
int64_t product_of(const uint8_t* group, const int8_t* levels, size_t dim) {
  int32x4_t high = vdupq_n_s32(0), low = vdupq_n_s32(0);
  for (size_t j = 0; j < dim; j += values_at_once, group += 4 * bits) {
    const Values values = values_of<bits>(group);
    high = add_products(add_products(high, values.first, levels + j), values.second, levels + j + 16);
    if constexpr (bits >= fine_bits) low = add_products(add_products(low, values.first, levels + dim + j), values.second, levels + dim + j + 16);
  }
  const int64_t sum = vaddlvq_s32(high);
  return bits >= fine_bits ? 128 * sum + vaddlvq_s32(low) : sum;
}

}  // namespace

int64_t value_product(const uint8_t* values, const int8_t* levels, size_t dim, uint32_t bits) {
  if (bits == 1) return product_of<1>(values, levels, dim);
  if (bits == 2) return product_of<2>(values, levels, dim);
  if (bits == 3) return product_of<3>(values, levels, dim);
  if (bits == 5) return product_of<5>(values, levels, dim);
  if (bits == 6) return product_of<6>(values, levels, dim);
  if (bits == 7) return product_of<7>(values, levels, dim);
  return product_of<8>(values, levels, dim);
}

}  // namespace shoal::neon
#endif
