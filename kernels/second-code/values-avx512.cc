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

template <uint32_t kind>
inline Values values_of(const uint8_t* group) {
  if constexpr (kind == 1) return {_mm256_set1_epi8(magnitudes_1[0]), bits_of(group)};
  if constexpr (kind == 2) {
    const __m256i pairs = pairs_of(group);
    const __m256i small = _mm256_set1_epi8(magnitudes_2[0]), large = _mm256_set1_epi8(magnitudes_2[1]);
    return {_mm256_mask_blend_epi8(is_set(pairs, 1), small, large), is_set(pairs, 2)};
  }
  if constexpr (kind == 3) {
    int32_t four;
    std::memcpy(&four, magnitudes_3, sizeof four);
    return {_mm256_shuffle_epi8(_mm256_set1_epi32(four), pairs_of(group)), bits_of(group + 8)};
  }
  if constexpr (kind == 5) return {_mm256_shuffle_epi8(twice(magnitudes_5), nibbles_of(group)), bits_of(group + 16)};
  if constexpr (kind == 6) {
    // vpermb looks at the low five bits alone: the sign above them does not disturb.
    const __m256i pairs = pairs_of(group + 16), codes = _mm256_or_si256(nibbles_of(group), _mm256_slli_epi16(pairs, 4));
    return {_mm256_permutexvar_epi8(codes, load(magnitudes_6)), is_set(pairs, 2)};
  }
  if constexpr (kind == 7) {
    const __m256i high = _mm256_slli_epi16(pairs_of(group + 16), 5), low = _mm256_slli_epi16(nibbles_of(group), 1);
    return {_mm256_or_si256(_mm256_or_si256(high, low), _mm256_set1_epi8(1)), bits_of(group + 24)};
  }
  if constexpr (kind == normal_sevens) {
    const __m256i codes = _mm256_or_si256(nibbles_of(group), _mm256_slli_epi16(pairs_of(group + 16), 4));
    return {_mm256_permutex2var_epi8(load(magnitudes_7), codes, load(magnitudes_7 + 32)), bits_of(group + 24)};
  }
  const __m256i values = load(group);
  return {_mm256_abs_epi8(values), _mm256_movepi8_mask(values)};
}

inline __m256i add_products(__m256i sums, const Values& values, const int8_t* levels) {
  const __m256i own = load(levels), turned = _mm256_mask_sub_epi8(own, values.negative, _mm256_setzero_si256(), own);
  return _mm256_dpbusd_epi32(sums, values.magnitudes, turned);
}

template <uint32_t kind>
int64_t product_of(const uint8_t* group, const int8_t* levels, size_t dim) {
  __m256i high = _mm256_setzero_si256(), low = _mm256_setzero_si256();
  for (size_t j = 0; j < dim; j += values_at_once, group += 4 * bits_of_kind(kind)) {
    const Values values = values_of<kind>(group);
    high = add_products(high, values, levels + j);
    if constexpr (has_fine_query(kind)) low = add_products(low, values, levels + dim + j);
  }
  return has_fine_query(kind) ? 128 * sum_of(high) + sum_of(low) : sum_of(high);
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
  const __m256i entries = twice(nibble_entries), low = _mm256_set1_epi8(15);
  __m256i first = _mm256_setzero_si256(), second = _mm256_setzero_si256();
  size_t j = 0;
  for (; j + 64 <= dim; j += 64) {
    const __m256i bytes = load(nibbles + j / 2), high = _mm256_srli_epi16(bytes, 4);
    first = _mm256_dpbusd_epi32(first, _mm256_shuffle_epi8(entries, _mm256_and_si256(bytes, low)), load(levels + j));
    second = _mm256_dpbusd_epi32(second, _mm256_shuffle_epi8(entries, _mm256_and_si256(high, low)), load(levels + j + 32));
  }
  if (j < dim) first = _mm256_dpbusd_epi32(first, _mm256_shuffle_epi8(entries, nibbles_of(nibbles + j / 2)), load(levels + j));
  return static_cast<int32_t>(sum_of(_mm256_add_epi32(first, second)));
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
