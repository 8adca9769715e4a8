// product-code.h with AVX2: the 16 codewords of a subquantizer are two vectors of eight lanes. The least of them is spread to all lanes,
// and the first lane that equals it is the code. Products and differences are separate instructions. Reads end with the arrays.
#include "kernels/product-code/product-code.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif

#include "kernels/product-code/improve-codewords.h"

namespace shoal::avx2 {
namespace {

inline __m256 least_of(__m256 values) {
  const __m256 lanes = _mm256_min_ps(values, _mm256_permute2f128_ps(values, values, 1));
  const __m256 pairs = _mm256_min_ps(lanes, _mm256_permute_ps(lanes, 0x4e));
  return _mm256_min_ps(pairs, _mm256_permute_ps(pairs, 0xb1));
}

typedef float Floats __attribute__((vector_size(32)));
typedef int32_t Integers __attribute__((vector_size(32)));
constexpr size_t lanes = 8, tile = 3;

// What the origin of rows adds to each sum.
int32_t origin_of(const int8_t* by, size_t groups) {
  int32_t sum = 0;
  for (size_t i = 0; i < 4 * groups; i++) sum += by[i];
  return row_origin * sum;
}

// Sums of two products stay below 2^15: rows are at most 127.
template <size_t vectors, size_t columns>
void add_tile(const uint8_t* rows, size_t groups, size_t width, const int8_t* by, const int32_t* origins, int32_t* sums) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i own[vectors][columns];
#pragma GCC unroll 2
  for (size_t v = 0; v < vectors; v++) {
    const __m256i origin = _mm256_set1_epi32(origins[v]);
#pragma GCC unroll 3
    for (size_t c = 0; c < columns; c++) own[v][c] = _mm256_sub_epi32(load<__m256i>(sums + v * width + c * lanes), origin);
  }
  for (size_t g = 0; g < groups; g++) {
    __m256i row[columns];
#pragma GCC unroll 3
    for (size_t c = 0; c < columns; c++) row[c] = load<__m256i>(rows + (g * width + c * lanes) * 4);
#pragma GCC unroll 2
    for (size_t v = 0; v < vectors; v++) {
      const __m256i factors = _mm256_set1_epi32(load<int32_t>(by + (v * groups + g) * 4));
#pragma GCC unroll 3
      for (size_t c = 0; c < columns; c++) {
        own[v][c] = _mm256_add_epi32(own[v][c], _mm256_madd_epi16(_mm256_maddubs_epi16(row[c], factors), ones));
      }
    }
  }
#pragma GCC unroll 2
  for (size_t v = 0; v < vectors; v++) {
#pragma GCC unroll 3
    for (size_t c = 0; c < columns; c++) store(sums + v * width + c * lanes, own[v][c]);
  }
}

template <size_t vectors>
void add_all(const uint8_t* rows, size_t groups, size_t width, const int8_t* by, int32_t* sums) {
  int32_t origins[vectors];
  for (size_t v = 0; v < vectors; v++) origins[v] = origin_of(by + v * groups * 4, groups);
  size_t j = 0;
  for (; j + tile * lanes <= width; j += tile * lanes) add_tile<vectors, tile>(rows + 4 * j, groups, width, by, origins, sums + j);
  for (; j + lanes <= width; j += lanes) add_tile<vectors, 1>(rows + 4 * j, groups, width, by, origins, sums + j);
  for (size_t v = 0; v < vectors; v++) add_rest(rows, groups, width, by + v * groups * 4, sums + v * width, j);
}

void add_products(const uint8_t* rows, size_t groups, size_t width, size_t vectors, const int8_t* by, int32_t* sums) {
  size_t v = 0;
  for (; v + 2 <= vectors; v += 2) add_all<2>(rows, groups, width, by + v * groups * 4, sums + v * width);
  if (v < vectors) add_all<1>(rows, groups, width, by + v * groups * 4, sums + v * width);
}

}  // namespace

void improve_codewords(const Encoder& encoder, const MetricTables& tables, const MetricBlock& block) {
  improve<Floats, Integers, add_products>(encoder, tables, block);
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
