// list-search.h with AVX-512 VNNI.
//
// The 16 lanes are one vector; products and sums are separate instructions, what is left of a row is loaded under a mask, and zeros add
// nothing to a lane (none is ever -0). Bytes: vpdpbusd wants one side unsigned, so the rows are moved up by 128, exactly, and 128 times
// the sum of the levels is taken off; four rows meet four queries while both are in registers. Reads end with the rows.
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

// Registers: 16 sums, 4 rows.
constexpr int rows_at_once = 4;
constexpr int queries_at_once = 4;

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

inline __m256i halves_of(__m512i sum) { return _mm256_add_epi32(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1)); }

// {total of a, of b, of c, of d}.
inline __m128i totals_of(__m512i a, __m512i b, __m512i c, __m512i d) {
  const __m256i low = _mm256_hadd_epi32(halves_of(a), halves_of(b)), high = _mm256_hadd_epi32(halves_of(c), halves_of(d));
  const __m256i both = _mm256_hadd_epi32(low, high);
  return _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
}

// Up to four rows and `Queries` queries; of rows that there are not, the last one is read again.
template <int Queries>
inline void meet(const int8_t* levels, const int8_t* rows, size_t count, size_t dim, const int32_t* moved, int32_t* products, size_t stride) {
  const __m512i up = _mm512_set1_epi8(-128);
  const int8_t* each[rows_at_once];
  for (size_t r = 0; r < rows_at_once; r++) each[r] = rows + (r < count ? r : count - 1) * dim;
  __m512i sums[Queries][rows_at_once];
#pragma GCC unroll 4
  for (int q = 0; q < Queries; q++) {
#pragma GCC unroll 4
    for (int r = 0; r < rows_at_once; r++) sums[q][r] = _mm512_setzero_si512();
  }
  const auto add = [&](size_t j, auto load) __attribute__((always_inline)) {
    __m512i values[rows_at_once];
#pragma GCC unroll 4
    for (int r = 0; r < rows_at_once; r++) values[r] = _mm512_xor_si512(load(each[r] + j), up);
#pragma GCC unroll 4
    for (int q = 0; q < Queries; q++) {
      const __m512i level = load(levels + q * dim + j);
#pragma GCC unroll 4
      for (int r = 0; r < rows_at_once; r++) sums[q][r] = _mm512_dpbusd_epi32(sums[q][r], values[r], level);
    }
  };
  size_t j = 0;
  for (; j + 64 <= dim; j += 64) add(j, load_whole);
  if (j < dim) add(j, load_half);
  const __mmask8 written = static_cast<__mmask8>((1u << count) - 1);
#pragma GCC unroll 4
  for (int q = 0; q < Queries; q++) {
    const __m128i totals = totals_of(sums[q][0], sums[q][1], sums[q][2], sums[q][3]);
    _mm_mask_storeu_epi32(products + q * stride, written, _mm_sub_epi32(totals, _mm_set1_epi32(moved[q])));
  }
}

}  // namespace

void row_products(const float* query, const float* rows, const uint32_t* numbers, size_t count, size_t dim, float* products) {
  all_products(query, rows, numbers, count, dim, products);
}

void half_products(const float* query, const uint16_t* rows, const uint32_t* numbers, size_t count, size_t dim, float* products) {
  all_products(query, rows, numbers, count, dim, products);
}

void byte_products(const int8_t* levels, size_t queries, const int8_t* rows, size_t count, size_t dim, int32_t* products, size_t stride) {
  int32_t moved[byte_queries_max];
  for (size_t q = 0; q < queries; q++) moved[q] = 128 * sum_of_levels(levels + q * dim, dim);
  for (size_t i = 0; i < count; i += rows_at_once, rows += rows_at_once * dim) {
    const size_t some = count - i < rows_at_once ? count - i : rows_at_once;
    size_t q = 0;
    for (; q + queries_at_once <= queries; q += queries_at_once) {
      meet<queries_at_once>(levels + q * dim, rows, some, dim, moved + q, products + q * stride + i, stride);
    }
    for (; q < queries; q++) meet<1>(levels + q * dim, rows, some, dim, moved + q, products + q * stride + i, stride);
  }
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
