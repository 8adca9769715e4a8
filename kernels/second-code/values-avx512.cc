// values.h with AVX-512 VNNI and VBMI: vpdpbusd adds four products of a magnitude (unsigned) and a level with the sign of the value straight
// into an int32, vpermb reads 32 magnitudes at once, and signs come as masks. Vectors of 32 bytes, since that is what lies together. Reads
// end with the values.
#include "kernels/second-code/values.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>

#include "kernels/second-code/bytes32.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni")
#endif

namespace shoal::avx512 {
namespace {

using bytes32::load, bytes32::nibbles_of, bytes32::pairs_of, bytes32::sum_of, bytes32::twice;

inline __mmask32 bits_of(const uint8_t* group) {
  uint32_t bytes;
  std::memcpy(&bytes, group, sizeof bytes);
  return bytes;
}

struct Values {
  __m256i magnitudes;
  __mmask32 negative;
};

inline __mmask32 is_set(__m256i codes, int bit) { return _mm256_test_epi8_mask(codes, _mm256_set1_epi8(static_cast<char>(bit))); }

template <uint32_t bits>
inline Values values_of(const uint8_t* group) {
  if constexpr (bits == 1) return {_mm256_set1_epi8(magnitudes_1[0]), bits_of(group)};
  if constexpr (bits == 2) {
    const __m256i pairs = pairs_of(group);
    const __m256i small = _mm256_set1_epi8(magnitudes_2[0]), large = _mm256_set1_epi8(magnitudes_2[1]);
    return {_mm256_mask_blend_epi8(is_set(pairs, 1), small, large), is_set(pairs, 2)};
  }
  if constexpr (bits == 3) {
    int32_t four;
    std::memcpy(&four, magnitudes_3, sizeof four);
    return {_mm256_shuffle_epi8(_mm256_set1_epi32(four), pairs_of(group)), bits_of(group + 8)};
  }
  if constexpr (bits == 5) return {_mm256_shuffle_epi8(twice(magnitudes_5), nibbles_of(group)), bits_of(group + 16)};
  if constexpr (bits == 6) {
    // vpermb looks at the low five bits alone: the sign above them does not disturb.
    const __m256i pairs = pairs_of(group + 16), codes = _mm256_or_si256(nibbles_of(group), _mm256_slli_epi16(pairs, 4));
    return {_mm256_permutexvar_epi8(codes, load(magnitudes_6)), is_set(pairs, 2)};
  }
  if constexpr (bits == 7) {
    const __m256i high = _mm256_slli_epi16(pairs_of(group + 16), 5), low = _mm256_slli_epi16(nibbles_of(group), 1);
    return {_mm256_or_si256(_mm256_or_si256(high, low), _mm256_set1_epi8(1)), bits_of(group + 24)};
  }
  const __m256i values = load(group);
  return {_mm256_abs_epi8(values), _mm256_movepi8_mask(values)};
}

inline __m256i add_products(__m256i sums, const Values& values, const int8_t* levels) {
  const __m256i own = load(levels), turned = _mm256_mask_sub_epi8(own, values.negative, _mm256_setzero_si256(), own);
  return _mm256_dpbusd_epi32(sums, values.magnitudes, turned);
}

template <uint32_t bits>
int64_t product_of(const uint8_t* group, const int8_t* levels, size_t dim) {
  __m256i high = _mm256_setzero_si256(), low = _mm256_setzero_si256();
  for (size_t j = 0; j < dim; j += values_at_once, group += 4 * bits) {
    const Values values = values_of<bits>(group);
    high = add_products(high, values, levels + j);
    if constexpr (bits >= fine_bits) low = add_products(low, values, levels + dim + j);
  }
  return bits >= fine_bits ? 128 * sum_of(high) + sum_of(low) : sum_of(high);
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

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
