// list-search.h with AVX2.
//
// The 16 lanes are two vectors of eight; products and sums are separate instructions. Four rows at a time hide the latency of the sums. What is left of a
// row of any length is copied beside zeros, which add nothing to a lane (none is ever -0). Bytes: vpmaddubsw of |row| with the level
// under the row's sign, at most 2 * 127 * 127 = 32,258, so nothing saturates; vpmaddwd with ones widens. Reads end with the rows.
#include "kernels/list-search/list-search.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif

namespace shoal::avx2 {
namespace {

constexpr size_t prefetch_ahead = 4;

inline float sum_of(__m256 low, __m256 high) {
  const __m256 eight = _mm256_add_ps(low, high);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

struct Lanes {
  __m256 low, high;
};

inline __m256 eight_of(const float* row) { return _mm256_loadu_ps(row); }
inline __m256 eight_of(const uint16_t* row) { return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(row))); }

template <typename Value>
inline void add(Lanes& lanes, __m256 low, __m256 high, const Value* row) {
  lanes.low = _mm256_add_ps(lanes.low, _mm256_mul_ps(low, eight_of(row)));
  lanes.high = _mm256_add_ps(lanes.high, _mm256_mul_ps(high, eight_of(row + 8)));
}

template <int Rows, typename Value>
inline void products_of(const float* query, const Value* const* rows, size_t dim, float* products) {
  Lanes lanes[Rows];
  for (Lanes& one : lanes) one.low = one.high = _mm256_setzero_ps();
  size_t j = 0;
  for (; j + 16 <= dim; j += 16) {
    const __m256 low = _mm256_loadu_ps(query + j), high = _mm256_loadu_ps(query + j + 8);
    for (int r = 0; r < Rows; r++) add(lanes[r], low, high, rows[r] + j);
  }
  if (j < dim) {
    float rest[16] = {};
    Value row_rest[16] = {};
    std::memcpy(rest, query + j, (dim - j) * sizeof(float));
    for (int r = 0; r < Rows; r++) {
      std::memcpy(row_rest, rows[r] + j, (dim - j) * sizeof(Value));
      add(lanes[r], _mm256_loadu_ps(rest), _mm256_loadu_ps(rest + 8), row_rest);
    }
  }
  for (int r = 0; r < Rows; r++) products[r] = sum_of(lanes[r].low, lanes[r].high);
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

inline int32_t sum_of(__m256i values) {
  const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
  const __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
}

inline __m256i load(const int8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }

inline int32_t byte_product(const int8_t* levels, const int8_t* row, size_t dim) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i sum = _mm256_setzero_si256();
  for (size_t j = 0; j < dim; j += 32) {
    const __m256i values = load(row + j);
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(values), _mm256_sign_epi8(load(levels + j), values));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
  }
  return sum_of(sum);
}

}  // namespace

void row_products(const float* query, const float* rows, const uint32_t* numbers, size_t count, size_t dim, float* products) {
  all_products(query, rows, numbers, count, dim, products);
}

void half_products(const float* query, const uint16_t* rows, const uint32_t* numbers, size_t count, size_t dim, float* products) {
  all_products(query, rows, numbers, count, dim, products);
}

void byte_products(const int8_t* levels, const int8_t* rows, const uint32_t* numbers, size_t count, size_t dim, int32_t* products) {
  for (size_t i = 0; i < count; i++) {
    const int8_t* ahead = rows + numbers[i + rows_ahead < count ? i + rows_ahead : i] * dim;
    for (size_t j = 0; j < dim; j += 64) _mm_prefetch(reinterpret_cast<const char*>(ahead + j), _MM_HINT_T0);
    products[i] = byte_product(levels, rows + numbers[i] * dim, dim);
  }
}

}  // namespace shoal::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
