// list-search.h with AVX-512 VNNI.
//
// The 16 lanes are one vector; products and sums are separate instructions, what is left of a row is loaded under a mask, and zeros add
// nothing to a lane (none is ever -0). Bytes: vpdpbusd wants one side unsigned, so the rows are moved up by 128, exactly, and 128 times
// the sum of the levels is taken off. Reads end with the rows.
#include "kernels/list-search/list-search.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni")
#endif

namespace shoal::avx512 {
namespace {

constexpr size_t prefetch_ahead = 4;

inline float sum_of(__m512 lanes) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(lanes), _mm512_extractf32x8_ps(lanes, 1));
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

inline __m512 row_of(const float* row) { return _mm512_loadu_ps(row); }
inline __m512 row_of(const uint16_t* row) { return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(row))); }
inline __m512 rest_of(__mmask16 rest, const float* row) { return _mm512_maskz_loadu_ps(rest, row); }
inline __m512 rest_of(__mmask16 rest, const uint16_t* row) { return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(rest, row)); }

template <int Rows, typename Value>
inline void products_of(const float* query, const Value* const* rows, size_t dim, float* products) {
  __m512 lanes[Rows];
  for (__m512& one : lanes) one = _mm512_setzero_ps();
  size_t j = 0;
  for (; j + 16 <= dim; j += 16) {
    const __m512 values = _mm512_loadu_ps(query + j);
    for (int r = 0; r < Rows; r++) lanes[r] = _mm512_add_ps(lanes[r], _mm512_mul_ps(values, row_of(rows[r] + j)));
  }
  if (j < dim) {
    const __mmask16 rest = static_cast<__mmask16>((1u << (dim - j)) - 1);
    const __m512 values = _mm512_maskz_loadu_ps(rest, query + j);
    for (int r = 0; r < Rows; r++) lanes[r] = _mm512_add_ps(lanes[r], _mm512_mul_ps(values, rest_of(rest, rows[r] + j)));
  }
  for (int r = 0; r < Rows; r++) products[r] = sum_of(lanes[r]);
}

template <typename Value>
inline void all_products(const float* query, const Value* rows, const uint32_t* numbers, size_t count, size_t dim, float* products) {
  constexpr size_t line = 64 / sizeof(Value);
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const Value* four[4];
    for (size_t r = 0; r < 4; r++) four[r] = rows + numbers[i + r] * dim;
    for (size_t r = i + prefetch_ahead; r < i + 2 * prefetch_ahead && r < count; r++) {
      for (size_t j = 0; j < dim; j += line) _mm_prefetch(reinterpret_cast<const char*>(rows + numbers[r] * dim + j), _MM_HINT_T0);
    }
    products_of<4>(query, four, dim, products + i);
  }
  for (; i < count; i++) {
    const Value* one = rows + numbers[i] * dim;
    products_of<1>(query, &one, dim, products + i);
  }
}

inline int32_t sum_of(__m256i values) {
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
  const __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}

inline __m256i load(const int8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }

}  // namespace

void row_products(const float* query, const float* rows, const uint32_t* numbers, size_t count, size_t dim, float* products) {
  all_products(query, rows, numbers, count, dim, products);
}

void half_products(const float* query, const uint16_t* rows, const uint32_t* numbers, size_t count, size_t dim, float* products) {
  all_products(query, rows, numbers, count, dim, products);
}

void byte_products(const int8_t* levels, const int8_t* rows, size_t count, size_t dim, int32_t* products) {
  const __m256i up = _mm256_set1_epi8(-128);
  int32_t level_sum = 0;
  for (size_t j = 0; j < dim; j++) level_sum += levels[j];
  size_t i = 0;
  for (; i + 4 <= count; i += 4, rows += 4 * dim) {
    __m256i sums[4];
    for (__m256i& sum : sums) sum = _mm256_setzero_si256();
    for (size_t j = 0; j < dim; j += 32) {
      const __m256i level = load(levels + j);
      for (size_t r = 0; r < 4; r++) sums[r] = _mm256_dpbusd_epi32(sums[r], _mm256_xor_si256(load(rows + r * dim + j), up), level);
    }
    const __m256i low = _mm256_hadd_epi32(sums[0], sums[1]), high = _mm256_hadd_epi32(sums[2], sums[3]);
    const __m256i both = _mm256_hadd_epi32(low, high);
    const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(products + i), _mm_sub_epi32(four, _mm_set1_epi32(128 * level_sum)));
  }
  for (; i < count; i++, rows += dim) {
    __m256i sum = _mm256_setzero_si256();
    for (size_t j = 0; j < dim; j += 32) sum = _mm256_dpbusd_epi32(sum, _mm256_xor_si256(load(rows + j), up), load(levels + j));
    products[i] = sum_of(sum) - 128 * level_sum;
  }
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
