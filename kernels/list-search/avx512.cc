// list-search.h with AVX-512 VNNI.
//
// The 16 lanes are one vector; products and sums are separate instructions, what is left of a row is loaded under a mask, and zeros add
// nothing to a lane (none is ever -0). Bytes: vpdpbusd wants one side unsigned, so the rows are moved up by 128, exactly, and 128 times
// the sum of the levels is taken off. Reads end with the rows.
#include "kernels/list-search/list-search.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
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

// Rows of bytes are short.
constexpr size_t rows_ahead = 8;

inline void prefetch_row(const int8_t* row, size_t dim) {
  for (size_t j = 0; j < dim; j += 64) _mm_prefetch(reinterpret_cast<const char*>(row + j), _MM_HINT_T0);
}

inline __m512i load_whole(const int8_t* p) { return _mm512_loadu_si512(p); }

// What is left of rows whose length is an odd multiple of 32.
inline __m512i load_half(const int8_t* p) { return _mm512_maskz_loadu_epi8(0xffffffff, p); }

inline int32_t sum_of_levels(const int8_t* levels, size_t dim) {
  const __m512i ones = _mm512_set1_epi8(1);
  __m512i sum = _mm512_setzero_si512();
  size_t j = 0;
  for (; j + 64 <= dim; j += 64) sum = _mm512_dpbusd_epi32(sum, ones, load_whole(levels + j));
  if (j < dim) sum = _mm512_dpbusd_epi32(sum, ones, load_half(levels + j));
  return _mm512_reduce_add_epi32(sum);
}

inline int32_t byte_product(const int8_t* levels, const int8_t* row, size_t dim) {
  const __m512i up = _mm512_set1_epi8(-128);
  __m512i sum = _mm512_setzero_si512();
  size_t j = 0;
  for (; j + 64 <= dim; j += 64) sum = _mm512_dpbusd_epi32(sum, _mm512_xor_si512(load_whole(row + j), up), load_whole(levels + j));
  if (j < dim) sum = _mm512_dpbusd_epi32(sum, _mm512_xor_si512(load_half(row + j), up), load_half(levels + j));
  return _mm512_reduce_add_epi32(sum);
}

}  // namespace

void row_products(const float* query, const float* rows, const uint32_t* numbers, size_t count, size_t dim, float* products) {
  all_products(query, rows, numbers, count, dim, products);
}

void half_products(const float* query, const uint16_t* rows, const uint32_t* numbers, size_t count, size_t dim, float* products) {
  all_products(query, rows, numbers, count, dim, products);
}

void byte_products(const int8_t* levels, const int8_t* rows, const uint32_t* numbers, size_t count, size_t dim, int32_t* products) {
  const int32_t moved = 128 * sum_of_levels(levels, dim);
  for (size_t i = 0; i < count; i++) {
    if (i + rows_ahead < count) prefetch_row(rows + numbers[i + rows_ahead] * dim, dim);
    products[i] = byte_product(levels, rows + numbers[i] * dim, dim) - moved;
  }
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
