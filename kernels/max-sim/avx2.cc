// max-sim.h with AVX2, FMA and F16C.
//
// Codes, fast: buckets become levels by shifts, masks and vpshufb, 32 dimensions a step; vpmaddubsw multiplies levels 0..31 (unsigned)
// with query levels -127..127 into int16 pairs. One vpmaddubsw gives at most 2 * 31 * 127 = 7,874; four of them are added before
// vpmaddwd widens: 31,496 < 32,767, so nothing saturates. Where dim % 16 = 8, the last eight dimensions widen after two.
// Nothing is read past the end: the last codes of a row go through a padded copy, a block of fewer than four tokens repeats its last.
#include "kernels/max-sim/max-sim.h"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif

namespace shoal::avx2 {
namespace {

constexpr int block = 4;

struct Block {
  alignas(32) uint8_t levels[block][max_sim_dim_max];
  const float* centroid_scores[block];
  float inverse_norms[block];
};

// 32 dimensions from 16 bytes of codes into one bucket a byte.
inline __m256i spread(const uint8_t* codes) {
  const __m256i wide = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes)));
  return _mm256_and_si256(_mm256_or_si256(wide, _mm256_slli_epi16(wide, 4)), _mm256_set1_epi8(15));
}

void expand_levels(const uint8_t* codes, uint32_t dim, __m256i table, uint8_t* levels) {
  uint32_t j = 0;
  for (; j + 32 <= dim; j += 32) {
    const __m256i buckets = spread(codes + j / 2);
    _mm256_store_si256(reinterpret_cast<__m256i*>(levels + j), _mm256_shuffle_epi8(table, buckets));
  }
  if (j == dim) return;
  uint8_t padded[16] = {};
  std::memcpy(padded, codes + j / 2, (dim - j) / 2);
  _mm256_store_si256(reinterpret_cast<__m256i*>(levels + j), _mm256_shuffle_epi8(table, spread(padded)));
}

void load_block(const CodesQuery& query, const uint8_t* record, uint32_t tokens, uint32_t first, __m256i table, Block& out) {
  const size_t code_bytes = query.dim / 2;
  for (uint32_t t = 0; t < block; t++) {
    const size_t token = first + t < tokens ? first + t : tokens - 1;
    uint16_t id, norm;
    std::memcpy(&id, record + 2 * token, sizeof id);
    std::memcpy(&norm, record + 2 * (size_t{tokens} + token), sizeof norm);
    const uint32_t centroid = id < query.centroid_count ? id : query.centroid_count - 1;
    out.centroid_scores[t] = query.centroid_scores + size_t{centroid} * query.tiles * 16;
    out.inverse_norms[t] = _cvtsh_ss(norm);
    expand_levels(record + 4 * size_t{tokens} + token * code_bytes, query.dim, table, out.levels[t]);
  }
}

// Groups of four dimensions from `group` on, by eight query tokens, widened after all of them.
template <int Groups>
inline void add_groups(const int8_t* levels, const Block& tokens, uint32_t group, __m256i sums[block]) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i pairs[block];
  for (int g = 0; g < Groups; g++) {
    const __m256i lanes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(levels + size_t{group + g} * 64));
    for (int t = 0; t < block; t++) {
      int32_t four;
      std::memcpy(&four, tokens.levels[t] + (group + g) * 4, sizeof four);
      const __m256i products = _mm256_maddubs_epi16(_mm256_set1_epi32(four), lanes);
      pairs[t] = g == 0 ? products : _mm256_add_epi16(pairs[t], products);
    }
  }
  for (int t = 0; t < block; t++) sums[t] = _mm256_add_epi32(sums[t], _mm256_madd_epi16(pairs[t], ones));
}

// Half a tile at a time: both halves together would need more than the sixteen registers there are.
void raise_half(const CodesQuery& query, const Block& tokens, uint32_t lane, float* best) {
  const int8_t* levels = query.levels + size_t{lane / 16} * query.dim * 16 + (lane % 16) * 4;
  const uint32_t groups = query.dim / 4;
  __m256i sums[block];
  for (int t = 0; t < block; t++) sums[t] = _mm256_setzero_si256();
  uint32_t group = 0;
  for (; group + 4 <= groups; group += 4) add_groups<4>(levels, tokens, group, sums);
  if (group < groups) add_groups<2>(levels, tokens, group, sums);
  const __m256 scale = _mm256_loadu_ps(query.scale + lane);
  __m256 largest = _mm256_loadu_ps(best + lane);
  for (int t = 0; t < block; t++) {
    const __m256 residual = _mm256_mul_ps(scale, _mm256_cvtepi32_ps(sums[t]));
    const __m256 sum = _mm256_add_ps(_mm256_loadu_ps(tokens.centroid_scores[t] + lane), residual);
    largest = _mm256_max_ps(_mm256_mul_ps(sum, _mm256_set1_ps(tokens.inverse_norms[t])), largest);
  }
  _mm256_storeu_ps(best + lane, largest);
}

template <int Rows>
void project_block(const float* query, size_t dim, const float* rows, size_t stride, float* out) {
  __m256 sums[Rows][2];
  for (int r = 0; r < Rows; r++) sums[r][0] = sums[r][1] = _mm256_setzero_ps();
  for (size_t j = 0; j < dim; j++) {
    const __m256 low = _mm256_loadu_ps(query + j * 16);
    const __m256 high = _mm256_loadu_ps(query + j * 16 + 8);
    for (int r = 0; r < Rows; r++) {
      const __m256 value = _mm256_set1_ps(rows[r * dim + j]);
      sums[r][0] = _mm256_fmadd_ps(value, low, sums[r][0]);
      sums[r][1] = _mm256_fmadd_ps(value, high, sums[r][1]);
    }
  }
  for (int r = 0; r < Rows; r++) {
    _mm256_storeu_ps(out + r * stride, sums[r][0]);
    _mm256_storeu_ps(out + r * stride + 8, sums[r][1]);
  }
}

// Eight buckets of NBits, one a dword with garbage above.
template <int NBits>
inline __m256i dwords(const uint8_t* codes) {
  uint32_t bits = 0;
  std::memcpy(&bits, codes, NBits);
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_srlv_epi32(_mm256_set1_epi32(static_cast<int>(bits)), _mm256_mullo_epi32(lane, _mm256_set1_epi32(NBits)));
}

template <int NBits>
void expand_codes_of(const float* centroid, const float* weights, const uint8_t* codes, uint32_t dim, float* row) {
  float repeated[16];
  for (int i = 0; i < 16; i++) repeated[i] = weights[i & ((1 << NBits) - 1)];
  const __m256 low = _mm256_loadu_ps(repeated);
  const __m256 high = _mm256_loadu_ps(repeated + 8);
  for (uint32_t j = 0; j < dim; j += 8) {
    const __m256i bucket = dwords<NBits>(codes + j * NBits / 8);
    // vpermps looks at three bits; the fourth, moved to the sign, chooses between the halves of the table.
    const __m256 upper = _mm256_castsi256_ps(_mm256_slli_epi32(bucket, 28));
    const __m256 values = _mm256_blendv_ps(_mm256_permutevar8x32_ps(low, bucket), _mm256_permutevar8x32_ps(high, bucket), upper);
    _mm256_storeu_ps(row + j, _mm256_add_ps(_mm256_loadu_ps(centroid + j), values));
  }
}

}  // namespace

void project_rows(const float* query, uint32_t tiles, size_t dim, const float* rows, size_t count, float* out) {
  const size_t stride = size_t{tiles} * 16;
  // What is left of a block is a block of its own: row by row it would wait for its own sums.
  using ProjectBlock = void (*)(const float*, size_t, const float*, size_t, float*);
  constexpr ProjectBlock rest[block] = {nullptr, project_block<1>, project_block<2>, project_block<3>};
  for (uint32_t tile = 0; tile < tiles; tile++) {
    const float* lanes = query + tile * dim * 16;
    size_t r = 0;
    for (; r + block <= count; r += block) project_block<block>(lanes, dim, rows + r * dim, stride, out + r * stride + tile * 16);
    if (r < count) rest[count - r](lanes, dim, rows + r * dim, stride, out + r * stride + tile * 16);
  }
}

void expand_codes(const float* centroid, const float* weights, const uint8_t* codes, uint32_t dim, uint32_t nbits, float* row) {
  if (nbits == 1) expand_codes_of<1>(centroid, weights, codes, dim, row);
  if (nbits == 2) expand_codes_of<2>(centroid, weights, codes, dim, row);
  if (nbits == 4) expand_codes_of<4>(centroid, weights, codes, dim, row);
}

void max_codes(const CodesQuery& query, const uint8_t* record, uint32_t tokens, float* best) {
  uint8_t repeated[32];
  for (int i = 0; i < 32; i++) repeated[i] = query.weight_levels[i & 15];
  const __m256i table = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(repeated));
  Block loaded;
  for (uint32_t first = 0; first < tokens; first += block) {
    load_block(query, record, tokens, first, table, loaded);
    for (uint32_t lane = 0; lane < query.tiles * 16; lane += 8) raise_half(query, loaded, lane, best);
  }
}

}  // namespace shoal::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
