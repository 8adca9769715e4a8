// values.h with AVX2.
//
// Leans on vpmaddubsw, magnitudes (unsigned) times levels with the sign of the value: two products add to at most 2 * 128 * 127 = 32,512 in
// size, vpmaddwd with ones widens them. Reads end with the values.
#include "kernels/second-code/values.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>

#include "kernels/second-code/bytes32.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif

namespace shoal::avx2 {
namespace {

using bytes32::load, bytes32::nibbles_of, bytes32::pairs_of, bytes32::sum_of, bytes32::twice;

// All ones where the bit is set.
inline __m256i bits_of(const uint8_t* group) {
  int32_t bytes;
  std::memcpy(&bytes, group, sizeof bytes);
  const __m256i order = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
  const __m256i each = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201u));
  return _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(bytes), order), each), each);
}

// Magnitudes, and bytes with the sign of each value that are not zero.
struct Values {
  __m256i magnitudes, signs;
};

inline Values signed_by(__m256i magnitudes, __m256i negative) { return {magnitudes, _mm256_or_si256(negative, _mm256_set1_epi8(1))}; }

// Where bit `position` of a byte is set; nothing above it is.
template <int position>
inline __m256i is_set(__m256i codes) {
  return _mm256_cmpgt_epi8(codes, _mm256_set1_epi8((1 << position) - 1));
}

inline __m256i entries_of(__m256i low, __m256i high, __m256i nibbles, __m256i is_high) {
  return _mm256_blendv_epi8(_mm256_shuffle_epi8(low, nibbles), _mm256_shuffle_epi8(high, nibbles), is_high);
}

template <uint32_t kind>
inline Values values_of(const uint8_t* group) {
  if constexpr (kind == 1) return signed_by(_mm256_set1_epi8(magnitudes_1[0]), bits_of(group));
  if constexpr (kind == 2) {
    const __m256i pairs = pairs_of(group);
    const __m256i is_large = _mm256_cmpgt_epi8(_mm256_and_si256(pairs, _mm256_set1_epi8(1)), _mm256_setzero_si256());
    const __m256i sizes = _mm256_blendv_epi8(_mm256_set1_epi8(magnitudes_2[0]), _mm256_set1_epi8(magnitudes_2[1]), is_large);
    return signed_by(sizes, is_set<1>(pairs));
  }
  if constexpr (kind == 3) {
    int32_t four;
    std::memcpy(&four, magnitudes_3, sizeof four);
    return signed_by(_mm256_shuffle_epi8(_mm256_set1_epi32(four), pairs_of(group)), bits_of(group + 8));
  }
  if constexpr (kind == 5) return signed_by(_mm256_shuffle_epi8(twice(magnitudes_5), nibbles_of(group)), bits_of(group + 16));
  if constexpr (kind == 6) {
    const __m256i pairs = pairs_of(group + 16), is_high = _mm256_slli_epi16(pairs, 7);
    return signed_by(entries_of(twice(magnitudes_6), twice(magnitudes_6 + 16), nibbles_of(group), is_high), is_set<1>(pairs));
  }
  if constexpr (kind == 7) {
    const __m256i high = _mm256_slli_epi16(pairs_of(group + 16), 5), low = _mm256_slli_epi16(nibbles_of(group), 1);
    return signed_by(_mm256_or_si256(_mm256_or_si256(high, low), _mm256_set1_epi8(1)), bits_of(group + 24));
  }
  if constexpr (kind == normal_sevens) {
    const __m256i low = nibbles_of(group), pairs = pairs_of(group + 16);
    const __m256i is_odd = _mm256_slli_epi16(pairs, 7), is_high = _mm256_slli_epi16(pairs, 6);
    const __m256i first = entries_of(twice(magnitudes_7), twice(magnitudes_7 + 16), low, is_odd);
    const __m256i second = entries_of(twice(magnitudes_7 + 32), twice(magnitudes_7 + 48), low, is_odd);
    return signed_by(_mm256_blendv_epi8(first, second, is_high), bits_of(group + 24));
  }
  const __m256i values = load(group);
  return {_mm256_abs_epi8(values), values};
}

inline __m256i products_of(const Values& values, const int8_t* levels) {
  const __m256i pairs = _mm256_maddubs_epi16(values.magnitudes, _mm256_sign_epi8(load(levels), values.signs));
  return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

template <uint32_t kind>
int64_t product_of(const uint8_t* group, const int8_t* levels, size_t dim) {
  __m256i high = _mm256_setzero_si256(), low = _mm256_setzero_si256();
  for (size_t j = 0; j < dim; j += values_at_once, group += 4 * bits_of_kind(kind)) {
    const Values values = values_of<kind>(group);
    high = _mm256_add_epi32(high, products_of(values, levels + j));
    if constexpr (has_fine_query(kind)) low = _mm256_add_epi32(low, products_of(values, levels + dim + j));
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
  const __m256i entries = twice(nibble_entries), low = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
  __m256i sum = _mm256_setzero_si256();
  size_t j = 0;
  for (; j + 64 <= dim; j += 64) {
    const __m256i bytes = load(nibbles + j / 2), high = _mm256_srli_epi16(bytes, 4);
    const __m256i first = _mm256_maddubs_epi16(_mm256_shuffle_epi8(entries, _mm256_and_si256(bytes, low)), load(levels + j));
    const __m256i second = _mm256_maddubs_epi16(_mm256_shuffle_epi8(entries, _mm256_and_si256(high, low)), load(levels + j + 32));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_add_epi16(first, second), ones));
  }
  if (j < dim) {
    const __m256i sizes = _mm256_shuffle_epi8(entries, nibbles_of(nibbles + j / 2));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(sizes, load(levels + j)), ones));
  }
  return static_cast<int32_t>(sum_of(sum));
}

// A lane for each step, so that their sums run in the order of dimensions and hide each other's latency.
void level_errors(const float* left_over, size_t dim, const float* magnitudes, const TriedSteps& tried, float* errors) {
  const __m256 steps = _mm256_loadu_ps(tried.steps), inverses = _mm256_loadu_ps(tried.inverses);
  const __m256 last = _mm256_set1_ps(buckets - 1), sign = _mm256_set1_ps(-0.0f);
  __m256 sum = _mm256_setzero_ps();
  for (size_t j = 0; j < dim; j++) {
    const __m256 size = _mm256_andnot_ps(sign, _mm256_set1_ps(left_over[j]));
    // Of a NaN min gives its second operand.
    const __m256i bucket = _mm256_cvttps_epi32(_mm256_min_ps(_mm256_mul_ps(size, inverses), last));
    const __m256 difference = _mm256_sub_ps(size, _mm256_mul_ps(steps, _mm256_i32gather_ps(magnitudes, bucket, 4)));
    sum = _mm256_add_ps(sum, _mm256_mul_ps(difference, difference));
  }
  _mm256_storeu_ps(errors, sum);
}

}  // namespace shoal::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
