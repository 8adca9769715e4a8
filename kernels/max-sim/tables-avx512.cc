// The tables of max-sim.h with AVX-512 (VBMI).
//
// vpermb looks 64 tokens' symbols of six bits up in a table of 64 entries: three dimensions of two bits, or six of one. Four symbols are a
// group: their entries are added as bytes (at most 255 by the contract), and only the group's sum is widened: as it is (even tokens, with
// the odd ones above them) and by vpmaddubsw (odd tokens). Both sums stay below 2^16, since D does; what the odd tokens put
// into the even sums goes away by one subtraction modulo 2^16.
// Codes are turned first: bytes of 64 tokens by four rounds of vpunpck, symbols by shifts (vpermb ignores the two bits above a symbol).
// The sums of 32 query tokens are turned back, so that the float steps run in query lanes.
// Nothing is read past the end: codes and tables come by masked loads, tokens that are missing in a register repeat the last.
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

constexpr uint32_t width = 64;
constexpr uint32_t blocks_max = max_sim_batch_tokens / width;
constexpr uint32_t symbols_of_group = 4;
constexpr uint32_t panel = 32;
// Symbols of so many groups are looked up for all query tokens before the next: 16 KiB, half of the first-level cache.
constexpr uint32_t chunk_groups = 16;
constexpr size_t sums_of_query = max_sim_batch_tokens;

// Where the parts of `work` are.
struct Parts {
  uint8_t* symbols;  // [groups * 4][256 tokens]
  uint16_t* sums;    // [32 query tokens][4 blocks][even tokens, odd tokens][32]
  uint32_t* turned;  // of a block, [32 pairs of tokens][32 query tokens]: two sums of 16 bits
};

Parts divide(uint8_t* work, uint32_t groups) {
  uint8_t* sums = work + size_t{groups} * symbols_of_group * max_sim_batch_tokens;
  return {work, reinterpret_cast<uint16_t*>(sums), reinterpret_cast<uint32_t*>(sums + panel * sums_of_query * 2)};
}

// Eight bytes of table (a nibble of codes) a call of `index`; 12 bytes make a symbol.
template <int NBits>
inline __m512i symbol_table(__m128i entries) {
  const __m512i all = _mm512_broadcast_i32x4(entries);
  constexpr int dims = 6 / NBits;
  __m512i sum = _mm512_setzero_si512();
  for (int d = 0; d < dims; d++) {
    alignas(64) uint8_t index[width];
    for (uint32_t i = 0; i < width; i++) {
      index[i] = static_cast<uint8_t>((d << NBits) + ((i >> (d * NBits)) & ((1 << NBits) - 1)));
    }
    sum = _mm512_add_epi8(sum, _mm512_shuffle_epi8(all, _mm512_load_si512(index)));
  }
  return sum;
}

template <int NBits>
void pack_of(const CodesQuery& query, uint8_t* packed) {
  constexpr uint32_t symbol_bytes = (6 / NBits) << NBits;
  const uint32_t row_bytes = query.dim << NBits;
  const uint32_t symbols = max_sim_groups(query.dim, NBits) * symbols_of_group;
  for (uint32_t q = 0; q < query.tokens; q++) {
    const uint8_t* row = query.tables + size_t{q} * row_bytes;
    for (uint32_t s = 0; s < symbols; s++) {
      const uint32_t at = s * symbol_bytes;
      const uint32_t left = at >= row_bytes ? 0 : row_bytes - at < symbol_bytes ? row_bytes - at : symbol_bytes;
      const __mmask16 mask = static_cast<__mmask16>((1u << left) - 1);
      _mm512_store_si512(packed, symbol_table<NBits>(_mm_maskz_loadu_epi8(mask, row + (left == 0 ? 0 : at))));
      packed += width;
    }
  }
}

template <typename Part>
inline __m512i four_lanes(const Part& part, int token) {
  const __m512i two = _mm512_inserti32x4(_mm512_castsi128_si512(part(token)), part(16 + token), 1);
  return _mm512_inserti32x4(_mm512_inserti32x4(two, part(32 + token), 2), part(48 + token), 3);
}

// Sums of even and of odd lanes come apart, in pairs of 16 bits. So of four lanes the first and the third hold neighbours, and the second
// and the fourth the next two.
template <typename Part>
inline void load_lanes(const Part& part, __m512i turned[16]) {
  for (int i = 0; i < 16; i += 4) {
    turned[i] = four_lanes(part, i);
    turned[i + 1] = four_lanes(part, i + 2);
    turned[i + 2] = four_lanes(part, i + 1);
    turned[i + 3] = four_lanes(part, i + 3);
  }
}

// Bytes at .. at + 15 of 64 rows, zeros past their end, into bytes[byte][row].
inline void turn_bytes(const uint8_t* const* rows, uint32_t at, uint32_t row_bytes, uint8_t bytes[16][width]) {
  __m512i turned[16];
  if (at + 16 <= row_bytes) {
    const auto part = [&](int row) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[row] + at)); };
    load_lanes(part, turned);
  } else {
    const uint32_t left = at >= row_bytes ? 0 : row_bytes - at;
    const __mmask16 mask = static_cast<__mmask16>((1u << left) - 1);
    const auto part = [&](int row) { return _mm_maskz_loadu_epi8(mask, rows[row] + at); };
    load_lanes(part, turned);
  }
  // A round turns the address (row, byte) of eight bits by one; after four the halves have changed places.
  for (int round = 0; round < 4; round++) {
    __m512i next[16];
    for (int i = 0; i < 8; i++) {
      next[2 * i] = _mm512_unpacklo_epi8(turned[i], turned[i + 8]);
      next[2 * i + 1] = _mm512_unpackhi_epi8(turned[i], turned[i + 8]);
    }
    for (int i = 0; i < 16; i++) turned[i] = next[i];
  }
  for (int i = 0; i < 16; i++) _mm512_store_si512(bytes[i], turned[i]);
}

// The four symbols of three bytes, with garbage above their six bits.
inline void split_group(const uint8_t bytes[3][width], uint8_t* symbols) {
  const __m512i first = _mm512_load_si512(bytes[0]);
  const __m512i second = _mm512_load_si512(bytes[1]);
  const __m512i third = _mm512_load_si512(bytes[2]);
  constexpr int choose = 0xca;
  const __m512i two_bits = _mm512_set1_epi8(0x03), four_bits = _mm512_set1_epi8(0x0f);
  const __m512i symbol1 = _mm512_ternarylogic_epi64(two_bits, _mm512_srli_epi16(first, 6), _mm512_slli_epi16(second, 2), choose);
  const __m512i symbol2 = _mm512_ternarylogic_epi64(four_bits, _mm512_srli_epi16(second, 4), _mm512_slli_epi16(third, 4), choose);
  _mm512_store_si512(symbols, first);
  _mm512_store_si512(symbols + max_sim_batch_tokens, symbol1);
  _mm512_store_si512(symbols + 2 * max_sim_batch_tokens, symbol2);
  _mm512_store_si512(symbols + 3 * max_sim_batch_tokens, _mm512_srli_epi16(third, 2));
}

void turn_codes(const TokenBatch& batch, uint32_t row_bytes, uint32_t groups, uint8_t* symbols) {
  constexpr uint32_t step_groups = 16;
  for (uint32_t first = 0; first < batch.tokens; first += width) {
    const uint8_t* const* rows = batch.codes + first;
    for (uint32_t group = 0; group < groups; group += step_groups) {
      alignas(64) uint8_t bytes[step_groups * 3][width];
      const uint32_t size = groups - group < step_groups ? groups - group : step_groups;
      for (uint32_t at = 0; at < size * 3; at += 16) turn_bytes(rows, group * 3 + at, row_bytes, bytes + at);
      for (uint32_t g = 0; g < size; g++) {
        split_group(bytes + g * 3, symbols + size_t{group + g} * symbols_of_group * max_sim_batch_tokens + first);
      }
    }
  }
}

// Keeps the compiler from adding in an order of its own, which needs more registers than there are.
inline void keep(__m512i& value) { asm("" : "+v"(value)); }

// Adds `groups` groups to the sums of some query tokens.
template <int Queries, int Blocks>
inline void add_groups(const uint8_t* packed, size_t stride, const uint8_t* symbols, uint32_t groups, bool is_first,
                       uint16_t* sums) {
  __m512i mixed[Queries][Blocks], odd[Queries][Blocks];
  for (int q = 0; q < Queries; q++) {
    for (int b = 0; b < Blocks; b++) mixed[q][b] = odd[q][b] = _mm512_setzero_si512();
  }
  for (uint32_t group = 0; group < groups; group++) {
    __m512i bytes[Queries][Blocks];
    for (uint32_t s = 0; s < symbols_of_group; s++) {
      const uint32_t symbol = group * symbols_of_group + s;
      __m512i tables[Queries];
      for (int q = 0; q < Queries; q++) tables[q] = _mm512_load_si512(packed + q * stride + size_t{symbol} * width);
      for (int b = 0; b < Blocks; b++) {
        const __m512i index = _mm512_load_si512(symbols + size_t{symbol} * max_sim_batch_tokens + b * width);
        for (int q = 0; q < Queries; q++) {
          const __m512i found = _mm512_permutexvar_epi8(index, tables[q]);
          bytes[q][b] = s == 0 ? found : _mm512_add_epi8(bytes[q][b], found);
          keep(bytes[q][b]);
        }
      }
    }
    for (int q = 0; q < Queries; q++) {
      for (int b = 0; b < Blocks; b++) {
        mixed[q][b] = _mm512_add_epi16(mixed[q][b], bytes[q][b]);
        odd[q][b] = _mm512_add_epi16(odd[q][b], _mm512_maddubs_epi16(bytes[q][b], _mm512_set1_epi16(0x0100)));
      }
    }
  }
  for (int q = 0; q < Queries; q++) {
    for (int b = 0; b < Blocks; b++) {
      uint16_t* at = sums + q * sums_of_query + b * width;
      __m512i even = _mm512_sub_epi16(mixed[q][b], _mm512_slli_epi16(odd[q][b], 8));
      if (!is_first) {
        even = _mm512_add_epi16(even, _mm512_load_si512(at));
        odd[q][b] = _mm512_add_epi16(odd[q][b], _mm512_load_si512(at + width / 2));
      }
      _mm512_store_si512(at, even);
      _mm512_store_si512(at + width / 2, odd[q][b]);
    }
  }
}

// The sums of `queries` query tokens with all tokens of the batch.
template <int Blocks>
void sum_panel(const uint8_t* packed, uint32_t queries, const uint8_t* symbols, uint32_t groups, uint16_t* sums) {
  const size_t stride = size_t{groups} * symbols_of_group * width;
  for (uint32_t group = 0; group < groups; group += chunk_groups) {
    const uint32_t size = groups - group < chunk_groups ? groups - group : chunk_groups;
    const uint8_t* chunk = symbols + size_t{group} * symbols_of_group * max_sim_batch_tokens;
    const uint8_t* tables = packed + size_t{group} * symbols_of_group * width;
    uint32_t q = 0;
    for (; q + 2 <= queries; q += 2) {
      add_groups<2, Blocks>(tables + q * stride, stride, chunk, size, group == 0, sums + q * sums_of_query);
    }
    if (q < queries) add_groups<1, Blocks>(tables + q * stride, stride, chunk, size, group == 0, sums + q * sums_of_query);
  }
}

// Even or odd lanes of a block with 16 query tokens: rows of query tokens become rows of pairs.
inline void turn_sums(const uint16_t* sums, uint32_t* turned) {
  __m512i a[16], b[16];
  for (int i = 0; i < 16; i++) a[i] = _mm512_load_si512(sums + i * sums_of_query);
  for (int i = 0; i < 8; i++) {
    b[2 * i] = _mm512_unpacklo_epi32(a[2 * i], a[2 * i + 1]);
    b[2 * i + 1] = _mm512_unpackhi_epi32(a[2 * i], a[2 * i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
    a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
    a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
    a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
  }
  for (int k = 0; k < 4; k++) {
    const __m512i even_low = _mm512_shuffle_i32x4(a[k], a[4 + k], 0x88), odd_low = _mm512_shuffle_i32x4(a[k], a[4 + k], 0xdd);
    const __m512i even_high = _mm512_shuffle_i32x4(a[8 + k], a[12 + k], 0x88);
    const __m512i odd_high = _mm512_shuffle_i32x4(a[8 + k], a[12 + k], 0xdd);
    _mm512_store_si512(turned + size_t(k) * 2 * panel, _mm512_shuffle_i32x4(even_low, even_high, 0x88));
    _mm512_store_si512(turned + size_t(4 + k) * 2 * panel, _mm512_shuffle_i32x4(odd_low, odd_high, 0x88));
    _mm512_store_si512(turned + size_t(8 + k) * 2 * panel, _mm512_shuffle_i32x4(even_low, even_high, 0xdd));
    _mm512_store_si512(turned + size_t(12 + k) * 2 * panel, _mm512_shuffle_i32x4(odd_low, odd_high, 0xdd));
  }
}

// A token's similarities raise the largest; it is the low or the high half of its pair.
template <int Tiles, bool IsHigh>
inline void raise_token(const TokenBatch& batch, uint32_t token, uint32_t lane, const uint32_t* pair, __m512 largest[Tiles]) {
  const float* centroid = batch.centroid_scores[token] + lane;
  const __m512 inverse_norm = _mm512_set1_ps(batch.inverse_norms[token]);
  for (int i = 0; i < Tiles; i++) {
    const __m512i both = _mm512_load_si512(pair + 16 * i);
    const __m512i sum = IsHigh ? _mm512_srli_epi32(both, 16) : _mm512_and_si512(both, _mm512_set1_epi32(0xffff));
    const __m512 similarity = _mm512_add_ps(_mm512_loadu_ps(centroid + 16 * i), _mm512_cvtepi32_ps(sum));
    largest[i] = _mm512_max_ps(_mm512_mul_ps(similarity, inverse_norm), largest[i]);
  }
}

// The documents of tokens begin .. end-1, of one block, from document d on; gives the document to go on with.
template <int Tiles>
uint32_t raise_block(const TokenBatch& batch, uint32_t lane, uint32_t begin, uint32_t end, uint32_t d, const uint32_t* turned) {
  for (uint32_t t = begin; t < end;) {
    const uint32_t stop = batch.ends[d] < end ? batch.ends[d] : end;
    float* best = batch.best[d] + lane;
    __m512 largest[Tiles];
    for (int i = 0; i < Tiles; i++) largest[i] = _mm512_loadu_ps(best + 16 * i);
    const auto pair_of = [&](uint32_t token) { return turned + size_t{(token - begin) / 2} * panel; };
    if (t % 2 == 1) {
      raise_token<Tiles, true>(batch, t, lane, pair_of(t), largest);
      t++;
    }
    for (; t + 2 <= stop; t += 2) {
      raise_token<Tiles, false>(batch, t, lane, pair_of(t), largest);
      raise_token<Tiles, true>(batch, t + 1, lane, pair_of(t), largest);
    }
    if (t < stop) {
      raise_token<Tiles, false>(batch, t, lane, pair_of(t), largest);
      t++;
    }
    for (int i = 0; i < Tiles; i++) _mm512_storeu_ps(best + 16 * i, largest[i]);
    if (stop == batch.ends[d]) d++;
  }
  return d;
}

template <int Tiles>
void raise_panel(const TokenBatch& batch, uint32_t lane, const uint16_t* sums, uint32_t* turned) {
  uint32_t d = 0;
  for (uint32_t begin = 0; begin < batch.tokens; begin += width) {
    for (uint32_t parity = 0; parity < 2; parity++) {
      for (uint32_t tile = 0; tile < Tiles; tile++) {
        turn_sums(sums + tile * 16 * sums_of_query + begin + parity * 32, turned + parity * panel + tile * 16);
      }
    }
    const uint32_t end = batch.tokens - begin < width ? batch.tokens : begin + width;
    d = raise_block<Tiles>(batch, lane, begin, end, d, turned);
  }
}

}  // namespace

void pack_tables(const CodesQuery& query, uint8_t* packed) {
  if (query.nbits == 1) pack_of<1>(query, packed);
  if (query.nbits == 2) pack_of<2>(query, packed);
}

void max_tables(const CodesQuery& query, const uint8_t* packed, const TokenBatch& batch, uint8_t* work) {
  const uint32_t groups = max_sim_groups(query.dim, query.nbits);
  const Parts parts = divide(work, groups);
  const uint32_t blocks = (batch.tokens + width - 1) / width;
  turn_codes(batch, query.dim * query.nbits / 8, groups, parts.symbols);
  using SumPanel = void (*)(const uint8_t*, uint32_t, const uint8_t*, uint32_t, uint16_t*);
  constexpr SumPanel sum[blocks_max] = {sum_panel<1>, sum_panel<2>, sum_panel<3>, sum_panel<4>};
  for (uint32_t lane = 0; lane < query.tokens; lane += panel) {
    const uint32_t queries = query.tokens - lane < panel ? query.tokens - lane : panel;
    const uint32_t tiles = queries > 16 ? 2 : 1;
    std::memset(parts.sums + queries * sums_of_query, 0, (16 * tiles - queries) * sums_of_query * sizeof(uint16_t));
    sum[blocks - 1](packed + size_t{lane} * groups * symbols_of_group * width, queries, parts.symbols, groups, parts.sums);
    if (tiles == 2) raise_panel<2>(batch, lane, parts.sums, parts.turned);
    if (tiles == 1) raise_panel<1>(batch, lane, parts.sums, parts.turned);
  }
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
