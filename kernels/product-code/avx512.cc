// product-code.h with AVX-512: the 16 codewords of a subquantizer are one vector; the first lane that equals the least is the code.
// Products and differences are separate instructions. Reads end with the arrays.
#include "kernels/product-code/product-code.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni")
#endif

#include "kernels/product-code/improve-codewords.h"

namespace shoal::avx512 {
namespace {

typedef float Floats __attribute__((vector_size(64)));
typedef int32_t Integers __attribute__((vector_size(64)));
constexpr size_t lanes = 16;

// What the origin of rows adds to each sum.
int32_t origin_of(const int8_t* by, size_t groups) {
  __m128i sums = _mm_setzero_si128();
  for (size_t g = 0; g < groups; g += 4) {
    const __mmask8 mask = static_cast<__mmask8>(groups - g < 4 ? (1u << (groups - g)) - 1 : 15);
    sums = _mm_dpbusd_epi32(sums, _mm_set1_epi8(row_origin), _mm_maskz_loadu_epi32(mask, by + 4 * g));
  }
  sums = _mm_add_epi32(sums, _mm_shuffle_epi32(sums, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(sums, _mm_shuffle_epi32(sums, 0xb1)));
}

// Of `columns` vectors of lanes, all of them whole; a single one is that of `mask`.
template <size_t vectors, size_t columns>
inline void add_tile(const uint8_t* rows, size_t groups, size_t width, const int8_t* by, const int32_t* origins, int32_t* sums,
                     __mmask16 mask) {
  const auto loaded = [&](const void* from) {
    if constexpr (columns == 1) return _mm512_maskz_loadu_epi32(mask, from);
    return _mm512_loadu_si512(from);
  };
  __m512i own[vectors][columns];
#pragma GCC unroll 8
  for (size_t v = 0; v < vectors; v++) {
#pragma GCC unroll 12
    for (size_t c = 0; c < columns; c++) {
      own[v][c] = _mm512_sub_epi32(loaded(sums + v * width + c * lanes), _mm512_set1_epi32(origins[v]));
    }
  }
  for (size_t g = 0; g < groups; g++) {
    __m512i row[columns];
#pragma GCC unroll 12
    for (size_t c = 0; c < columns; c++) row[c] = loaded(rows + (g * width + c * lanes) * 4);
#pragma GCC unroll 8
    for (size_t v = 0; v < vectors; v++) {
      const __m512i factors = _mm512_set1_epi32(load<int32_t>(by + (v * groups + g) * 4));
#pragma GCC unroll 12
      for (size_t c = 0; c < columns; c++) own[v][c] = _mm512_dpbusd_epi32(own[v][c], row[c], factors);
    }
  }
#pragma GCC unroll 8
  for (size_t v = 0; v < vectors; v++) {
#pragma GCC unroll 12
    for (size_t c = 0; c < columns; c++) _mm512_mask_storeu_epi32(sums + v * width + c * lanes, columns == 1 ? mask : __mmask16{0xffff}, own[v][c]);
  }
}

template <size_t vectors>
void add_all(const uint8_t* rows, size_t groups, size_t width, const int8_t* by, int32_t* sums) {
  constexpr size_t tile = vectors == 1 ? 12 : 4;
  int32_t origins[vectors];
  for (size_t v = 0; v < vectors; v++) origins[v] = origin_of(by + v * groups * 4, groups);
  size_t j = 0;
  for (; j + tile * lanes <= width; j += tile * lanes) add_tile<vectors, tile>(rows + 4 * j, groups, width, by, origins, sums + j, 0xffff);
  for (; j < width; j += lanes) {
    const size_t left = width - j < lanes ? width - j : lanes;
    add_tile<vectors, 1>(rows + 4 * j, groups, width, by, origins, sums + j, static_cast<__mmask16>((1u << left) - 1));
  }
}

void add_products(const uint8_t* rows, size_t groups, size_t width, size_t vectors, const int8_t* by, int32_t* sums) {
  size_t v = 0;
  for (; v + 4 <= vectors; v += 4) add_all<4>(rows, groups, width, by + v * groups * 4, sums + v * width);
  for (; v < vectors; v++) add_all<1>(rows, groups, width, by + v * groups * 4, sums + v * width);
}

// Four sums of four vectors in each register, vectors v, 4 + v, 8 + v and 12 + v in the one of v; then their lanes across.
inline void turn_four(const int32_t* sums, size_t dim, size_t, Integers* turned) {
  __m512i rows[4];
  for (size_t v = 0; v < 4; v++) {
    const auto four = [&](size_t vector) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(sums + vector * dim)); };
    rows[v] = _mm512_inserti32x4(_mm512_castsi128_si512(four(v)), four(4 + v), 1);
    rows[v] = _mm512_inserti32x4(_mm512_inserti32x4(rows[v], four(8 + v), 2), four(12 + v), 3);
  }
  const __m512i low[2] = {_mm512_unpacklo_epi32(rows[0], rows[1]), _mm512_unpacklo_epi32(rows[2], rows[3])};
  const __m512i high[2] = {_mm512_unpackhi_epi32(rows[0], rows[1]), _mm512_unpackhi_epi32(rows[2], rows[3])};
  turned[0] = reinterpret_cast<Integers>(_mm512_unpacklo_epi64(low[0], low[1]));
  turned[1] = reinterpret_cast<Integers>(_mm512_unpackhi_epi64(low[0], low[1]));
  turned[2] = reinterpret_cast<Integers>(_mm512_unpacklo_epi64(high[0], high[1]));
  turned[3] = reinterpret_cast<Integers>(_mm512_unpackhi_epi64(high[0], high[1]));
}

}  // namespace

void improve_codewords(const Encoder& encoder, const MetricTables& tables, const MetricBlock& block) {
  improve<Floats, Integers, add_products, turn_four>(encoder, tables, block);
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
