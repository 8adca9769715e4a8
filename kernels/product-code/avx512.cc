// product-code.h with AVX-512: the 16 codewords of a subquantizer are one vector; the first lane that equals the least is the code.
// Products and differences are separate instructions. Reads end with the arrays.
#include "kernels/product-code/product-code.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <cmath>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni")
#endif

namespace shoal::avx512 {
namespace {

constexpr size_t lanes = 16, tile = 12;

// Of `columns` vectors of lanes, the last of them those of `mask`.
template <size_t vectors, size_t columns>
void add_tile(const float* rows, size_t count, size_t width, const float* by, float* sums, __mmask16 mask) {
  const auto mask_of = [&](size_t c) { return c + 1 == columns ? mask : __mmask16{0xffff}; };
  __m512 own[vectors][columns];
  for (size_t v = 0; v < vectors; v++) {
    for (size_t c = 0; c < columns; c++) own[v][c] = _mm512_maskz_loadu_ps(mask_of(c), sums + v * width + c * lanes);
  }
  for (size_t i = 0; i < count; i++) {
    __m512 factors[vectors];
    for (size_t v = 0; v < vectors; v++) factors[v] = _mm512_set1_ps(by[v * count + i]);
    for (size_t c = 0; c < columns; c++) {
      const __m512 row = _mm512_maskz_loadu_ps(mask_of(c), rows + i * width + c * lanes);
      for (size_t v = 0; v < vectors; v++) own[v][c] = _mm512_add_ps(own[v][c], _mm512_mul_ps(factors[v], row));
    }
  }
  for (size_t v = 0; v < vectors; v++) {
    for (size_t c = 0; c < columns; c++) _mm512_mask_storeu_ps(sums + v * width + c * lanes, mask_of(c), own[v][c]);
  }
}

template <size_t vectors>
void add_all(const float* rows, size_t count, size_t width, const float* by, float* sums) {
  size_t j = 0;
  for (; j + tile * lanes <= width; j += tile * lanes) add_tile<vectors, tile>(rows + j, count, width, by, sums + j, 0xffff);
  for (; j < width; j += lanes) {
    const size_t left = width - j < lanes ? width - j : lanes;
    add_tile<vectors, 1>(rows + j, count, width, by, sums + j, static_cast<__mmask16>((1u << left) - 1));
  }
}

float lane_of(__m512 values, size_t lane) {
  return _mm512_cvtss_f32(_mm512_maskz_compress_ps(static_cast<__mmask16>(1u << lane), values));
}

}  // namespace

void add_rows(const float* rows, size_t count, size_t width, size_t vectors, const float* by, float* sums) {
  if (vectors == 1) return add_all<1>(rows, count, width, by, sums);
  add_all<2>(rows, count, width, by, sums);
}

uint8_t best_word(const WordSearch& part, uint8_t now, CodeSums& sums) {
  __m512 own = _mm512_loadu_ps(part.norms), both = _mm512_setzero_ps(), product = both;
  for (size_t j = 0; j < part.dsub; j++) {
    const __m512 words = _mm512_loadu_ps(part.words + j * ksub);
    own = _mm512_add_ps(own, _mm512_mul_ps(_mm512_set1_ps(part.others[j]), words));
    both = _mm512_add_ps(both, _mm512_mul_ps(_mm512_set1_ps(part.turned[j]), words));
    product = _mm512_add_ps(product, _mm512_mul_ps(_mm512_set1_ps(part.residual[j]), words));
  }
  own = _mm512_add_ps(_mm512_set1_ps(sums.own - lane_of(own, now)), own);
  both = _mm512_add_ps(_mm512_set1_ps(sums.both - lane_of(both, now)), both);
  product = _mm512_add_ps(_mm512_set1_ps(sums.product - lane_of(product, now)), product);
  const __m512 inverse = _mm512_div_ps(_mm512_set1_ps(1), product), two = _mm512_set1_ps(2);
  const __m512 scaled = _mm512_mul_ps(_mm512_mul_ps(_mm512_set1_ps(sums.norm), own), inverse);
  const __m512 cost = _mm512_mul_ps(_mm512_sub_ps(scaled, _mm512_mul_ps(two, both)), inverse);
  const __mmask16 is_taken = _mm512_cmp_ps_mask(product, _mm512_set1_ps(least_product), _CMP_GT_OQ);
  const __m512 costs = _mm512_mask_blend_ps(is_taken, _mm512_set1_ps(INFINITY), cost);
  const unsigned equal = _mm512_cmp_ps_mask(costs, _mm512_set1_ps(_mm512_reduce_min_ps(costs)), _CMP_EQ_OQ);
  if ((equal >> now & 1) != 0) return now;
  const auto best = static_cast<uint8_t>(__builtin_ctz(equal));
  sums = {sums.norm, lane_of(own, best), lane_of(both, best), lane_of(product, best)};
  return best;
}

void nearest_codewords(const float* residual, const float* codebook, const float* half_norms, size_t subquantizers, size_t dsub,
                       uint8_t* nibbles) {
  for (size_t s = 0; s < subquantizers; s++) {
    __m512 distance = _mm512_loadu_ps(half_norms + s * ksub);
    for (size_t j = 0; j < dsub; j++) {
      const __m512 words = _mm512_loadu_ps(codebook + (s * dsub + j) * ksub);
      distance = _mm512_sub_ps(distance, _mm512_mul_ps(_mm512_set1_ps(residual[s * dsub + j]), words));
    }
    const __m512 least = _mm512_set1_ps(_mm512_reduce_min_ps(distance));
    const unsigned equal = _mm512_cmp_ps_mask(distance, least, _CMP_EQ_OQ);
    nibbles[s] = equal == 0 ? 0 : static_cast<uint8_t>(__builtin_ctz(equal));
  }
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
