// max-sim.h with AVX-512 (VBMI and VNNI).
//
// Codes, fast: vpmultishiftqb moves every bucket of 64 dimensions into a byte of its own, vpermb turns buckets into levels (its table
// repeats, so the bits above the bucket need no mask), and vpdpbusd adds four dimensions of 16 query tokens a time, straight into
// int32: level 0..31 (unsigned) times query level -127..127, |D| <= 4,031,488, so nothing saturates. Eight tokens at once share
// the query's loads and hide the latency.
// Nothing is read past the end: the last codes of a row are a masked load, a block of fewer than eight tokens repeats its last one.
#include "kernels/max-sim/max-sim.h"

#include <cstring>

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

constexpr int block = max_sim_block_rows;

struct Block {
  alignas(64) uint8_t levels[block][max_sim_dim_max];
  const float* centroid_scores[block];
  float inverse_norms[block];
};

// 64 dimensions from 32 bytes of codes into one bucket (plus garbage above it) a byte.
inline __m512i spread(const uint8_t* codes, __mmask32 mask) {
  const __m512i wide = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(mask, codes));
  return _mm512_multishift_epi64_epi8(_mm512_set1_epi64(0x3430242014100400), wide);
}

void expand_levels(const uint8_t* codes, uint32_t dim, __m512i table, uint8_t* levels) {
  constexpr uint32_t step_bytes = 32;
  const uint32_t code_bytes = dim / 2;
  for (uint32_t at = 0; at < code_bytes; at += step_bytes) {
    const uint32_t left = code_bytes - at < step_bytes ? code_bytes - at : step_bytes;
    const __mmask32 mask = static_cast<__mmask32>((uint64_t{1} << left) - 1);
    _mm512_store_si512(levels + at * 2, _mm512_permutexvar_epi8(spread(codes + at, mask), table));
  }
}

void load_block(const CodesQuery& query, const uint8_t* record, uint32_t tokens, uint32_t first, __m512i table, Block& out) {
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

template <int Tiles>
inline void raise_tiles(const CodesQuery& query, const Block& tokens, uint32_t tile, float* best) {
  const int8_t* levels = query.levels + size_t{tile} * query.dim * 16;
  __m512i sums[block][Tiles];
  for (int t = 0; t < block; t++) {
    for (int i = 0; i < Tiles; i++) sums[t][i] = _mm512_setzero_si512();
  }
  for (uint32_t j = 0; j < query.dim; j += 4) {
    __m512i lanes[Tiles];
    for (int i = 0; i < Tiles; i++) lanes[i] = _mm512_loadu_si512(levels + size_t(i) * query.dim * 16 + size_t{j} * 16);
    for (int t = 0; t < block; t++) {
      int32_t four;
      std::memcpy(&four, tokens.levels[t] + j, sizeof four);
      const __m512i token = _mm512_set1_epi32(four);
      for (int i = 0; i < Tiles; i++) sums[t][i] = _mm512_dpbusd_epi32(sums[t][i], token, lanes[i]);
    }
  }
  for (int i = 0; i < Tiles; i++) {
    const __m512 scale = _mm512_loadu_ps(query.scale + (tile + i) * 16);
    __m512 largest = _mm512_loadu_ps(best + (tile + i) * 16);
    for (int t = 0; t < block; t++) {
      const __m512 residual = _mm512_mul_ps(scale, _mm512_cvtepi32_ps(sums[t][i]));
      const __m512 sum = _mm512_add_ps(_mm512_loadu_ps(tokens.centroid_scores[t] + (tile + i) * 16), residual);
      largest = _mm512_max_ps(_mm512_mul_ps(sum, _mm512_set1_ps(tokens.inverse_norms[t])), largest);
    }
    _mm512_storeu_ps(best + (tile + i) * 16, largest);
  }
}

template <int Rows>
void project_block(const float* query, size_t dim, const float* rows, size_t stride, float* out) {
  __m512 sums[Rows];
  for (int r = 0; r < Rows; r++) sums[r] = _mm512_setzero_ps();
  for (size_t j = 0; j < dim; j++) {
    const __m512 lanes = _mm512_loadu_ps(query + j * 16);
    for (int r = 0; r < Rows; r++) sums[r] = _mm512_fmadd_ps(_mm512_set1_ps(rows[r * dim + j]), lanes, sums[r]);
  }
  for (int r = 0; r < Rows; r++) _mm512_storeu_ps(out + r * stride, sums[r]);
}

// The 16 buckets of NBits that begin at `codes`, one a dword with garbage above.
template <int NBits>
inline __m512i dwords(const uint8_t* codes, size_t bytes) {
  uint64_t bits = 0;
  std::memcpy(&bits, codes, bytes);
  const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i position = _mm512_mullo_epi32(lane, _mm512_set1_epi32(NBits));
  const __m512i pair = _mm512_set1_epi64(static_cast<int64_t>(bits));
  const __m512i word = _mm512_permutexvar_epi32(_mm512_srli_epi32(position, 5), pair);
  return _mm512_srlv_epi32(word, _mm512_and_si512(position, _mm512_set1_epi32(31)));
}

template <int NBits>
void expand_codes_of(const float* centroid, const float* weights, const uint8_t* codes, uint32_t dim, float* row) {
  float repeated[16];
  for (int i = 0; i < 16; i++) repeated[i] = weights[i & ((1 << NBits) - 1)];
  const __m512 table = _mm512_loadu_ps(repeated);
  uint32_t j = 0;
  for (; j + 16 <= dim; j += 16) {
    const __m512 values = _mm512_permutexvar_ps(dwords<NBits>(codes + j * NBits / 8, 2 * NBits), table);
    _mm512_storeu_ps(row + j, _mm512_add_ps(_mm512_loadu_ps(centroid + j), values));
  }
  if (j == dim) return;
  const __m512 values = _mm512_permutexvar_ps(dwords<NBits>(codes + j * NBits / 8, NBits), table);
  _mm512_mask_storeu_ps(row + j, 0xff, _mm512_add_ps(_mm512_maskz_loadu_ps(0xff, centroid + j), values));
}

}  // namespace

void project_rows(const float* query, uint32_t tiles, size_t dim, const float* rows, size_t count, float* out) {
  const size_t stride = size_t{tiles} * 16;
  // What is left of a block is a block of its own: row by row it would wait for its own sums.
  using ProjectBlock = void (*)(const float*, size_t, const float*, size_t, float*);
  constexpr ProjectBlock rest[block] = {nullptr,          project_block<1>, project_block<2>, project_block<3>,
                                        project_block<4>, project_block<5>, project_block<6>, project_block<7>};
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
  uint8_t repeated[64];
  for (int i = 0; i < 64; i++) repeated[i] = query.weight_levels[i & 15];
  const __m512i table = _mm512_loadu_si512(repeated);
  Block loaded;
  for (uint32_t first = 0; first < tokens; first += block) {
    load_block(query, record, tokens, first, table, loaded);
    uint32_t tile = 0;
    for (; tile + 2 <= query.tiles; tile += 2) raise_tiles<2>(query, loaded, tile, best);
    if (tile < query.tiles) raise_tiles<1>(query, loaded, tile, best);
  }
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
