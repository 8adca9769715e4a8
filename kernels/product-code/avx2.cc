// product-code.h with AVX2: the 16 codewords of a subquantizer are two vectors of eight lanes. The least of them is spread to all lanes,
// and the first lane that equals it is the code. Products and differences are separate instructions. Reads end with the arrays.
#include "kernels/product-code/product-code.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <cmath>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif

namespace shoal::avx2 {
namespace {

inline __m256 least_of(__m256 values) {
  const __m256 lanes = _mm256_min_ps(values, _mm256_permute2f128_ps(values, values, 1));
  const __m256 pairs = _mm256_min_ps(lanes, _mm256_permute_ps(lanes, 0x4e));
  return _mm256_min_ps(pairs, _mm256_permute_ps(pairs, 0xb1));
}

constexpr size_t lanes = 8, tile = 4;

template <size_t vectors, size_t columns>
void add_tile(const float* rows, size_t count, size_t width, const float* by, float* sums) {
  __m256 own[vectors][columns];
  for (size_t v = 0; v < vectors; v++) {
    for (size_t c = 0; c < columns; c++) own[v][c] = _mm256_loadu_ps(sums + v * width + c * lanes);
  }
  for (size_t i = 0; i < count; i++) {
    __m256 row[columns];
    for (size_t c = 0; c < columns; c++) row[c] = _mm256_loadu_ps(rows + i * width + c * lanes);
    for (size_t v = 0; v < vectors; v++) {
      const __m256 factor = _mm256_set1_ps(by[v * count + i]);
      for (size_t c = 0; c < columns; c++) own[v][c] = _mm256_add_ps(own[v][c], _mm256_mul_ps(factor, row[c]));
    }
  }
  for (size_t v = 0; v < vectors; v++) {
    for (size_t c = 0; c < columns; c++) _mm256_storeu_ps(sums + v * width + c * lanes, own[v][c]);
  }
}

template <size_t vectors>
void add_all(const float* rows, size_t count, size_t width, const float* by, float* sums) {
  size_t j = 0;
  for (; j + tile * lanes <= width; j += tile * lanes) add_tile<vectors, tile>(rows + j, count, width, by, sums + j);
  for (; j + lanes <= width; j += lanes) add_tile<vectors, 1>(rows + j, count, width, by, sums + j);
  for (; j < width; j++) {
    for (size_t v = 0; v < vectors; v++) {
      for (size_t i = 0; i < count; i++) sums[v * width + j] += by[v * count + i] * rows[i * width + j];
    }
  }
}

// What sixteen words would make of the sums of a code: eight of them.
struct Tried {
  __m256 own, both, product;

  Tried(const WordSearch& part, size_t first) : own(_mm256_loadu_ps(part.norms + first)), both(_mm256_setzero_ps()), product(both) {
    for (size_t j = 0; j < part.dsub; j++) {
      const __m256 words = _mm256_loadu_ps(part.words + j * ksub + first);
      own = _mm256_add_ps(own, _mm256_mul_ps(_mm256_set1_ps(part.others[j]), words));
      both = _mm256_add_ps(both, _mm256_mul_ps(_mm256_set1_ps(part.turned[j]), words));
      product = _mm256_add_ps(product, _mm256_mul_ps(_mm256_set1_ps(part.residual[j]), words));
    }
  }

  CodeSums sums_of(size_t lane, float norm) const {
    float all[3][lanes];
    _mm256_storeu_ps(all[0], own);
    _mm256_storeu_ps(all[1], both);
    _mm256_storeu_ps(all[2], product);
    return {norm, all[0][lane], all[1][lane], all[2][lane]};
  }

  __m256 costs_with(const CodeSums& rest) {
    own = _mm256_add_ps(_mm256_set1_ps(rest.own), own);
    both = _mm256_add_ps(_mm256_set1_ps(rest.both), both);
    product = _mm256_add_ps(_mm256_set1_ps(rest.product), product);
    const __m256 inverse = _mm256_div_ps(_mm256_set1_ps(1), product);
    const __m256 scaled = _mm256_mul_ps(_mm256_mul_ps(_mm256_set1_ps(rest.norm), own), inverse);
    const __m256 cost = _mm256_mul_ps(_mm256_sub_ps(scaled, _mm256_mul_ps(_mm256_set1_ps(2), both)), inverse);
    const __m256 is_taken = _mm256_cmp_ps(product, _mm256_set1_ps(least_product), _CMP_GT_OQ);
    return _mm256_blendv_ps(_mm256_set1_ps(INFINITY), cost, is_taken);
  }
};

}  // namespace

void add_rows(const float* rows, size_t count, size_t width, size_t vectors, const float* by, float* sums) {
  if (vectors == 1) return add_all<1>(rows, count, width, by, sums);
  add_all<2>(rows, count, width, by, sums);
}

uint8_t best_word(const WordSearch& part, uint8_t now, CodeSums& sums) {
  Tried low(part, 0), high(part, lanes);
  const auto with = [&](size_t word) { return (word < lanes ? low : high).sums_of(word % lanes, sums.norm); };
  const CodeSums own = with(now);
  const CodeSums rest = {sums.norm, sums.own - own.own, sums.both - own.both, sums.product - own.product};
  const __m256 low_costs = low.costs_with(rest), high_costs = high.costs_with(rest);
  const __m256 least = least_of(_mm256_min_ps(low_costs, high_costs));
  const int below = _mm256_movemask_ps(_mm256_cmp_ps(low_costs, least, _CMP_EQ_OQ));
  const int above = _mm256_movemask_ps(_mm256_cmp_ps(high_costs, least, _CMP_EQ_OQ));
  const unsigned equal = static_cast<unsigned>(below | above << 8);
  if ((equal >> now & 1) != 0) return now;
  const auto best = static_cast<uint8_t>(__builtin_ctz(equal));
  sums = with(best);
  return best;
}

void nearest_codewords(const float* residual, const float* codebook, const float* half_norms, size_t subquantizers, size_t dsub,
                       uint8_t* nibbles) {
  for (size_t s = 0; s < subquantizers; s++) {
    __m256 low = _mm256_loadu_ps(half_norms + s * ksub), high = _mm256_loadu_ps(half_norms + s * ksub + 8);
    for (size_t j = 0; j < dsub; j++) {
      const __m256 value = _mm256_set1_ps(residual[s * dsub + j]);
      const float* words = codebook + (s * dsub + j) * ksub;
      low = _mm256_sub_ps(low, _mm256_mul_ps(value, _mm256_loadu_ps(words)));
      high = _mm256_sub_ps(high, _mm256_mul_ps(value, _mm256_loadu_ps(words + 8)));
    }
    const __m256 least = least_of(_mm256_min_ps(low, high));
    const int below = _mm256_movemask_ps(_mm256_cmp_ps(low, least, _CMP_EQ_OQ));
    const int above = _mm256_movemask_ps(_mm256_cmp_ps(high, least, _CMP_EQ_OQ));
    const unsigned equal = static_cast<unsigned>(below | above << 8);
    nibbles[s] = equal == 0 ? 0 : static_cast<uint8_t>(__builtin_ctz(equal));
  }
}

}  // namespace shoal::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
