// The tables of max-sim.h with AVX2.
//
// vpshufb looks 32 tokens' nibbles up in a table of 16 entries: two dimensions of two bits, or four of one. Six nibbles are a group: their
// entries are added as bytes (at most 255 by the contract), and only the group's sum is widened: as it is (even tokens, with the odd
// ones above them) and shifted down by a byte (odd tokens). Both sums stay below 2^16, since D does; what the odd tokens
// put into the even sums goes away by one subtraction modulo 2^16.
// Codes are turned first: bytes of 32 tokens by four rounds of vpunpck, nibbles by shifts and masks. The sums of 32 query tokens are turned
// back, so that the float steps run in query lanes.
// Nothing is read past the end: the last bytes of codes and tables go through padded copies, tokens that are missing in a register repeat
// the last one.
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

constexpr uint32_t width = 32;
constexpr uint32_t symbols_of_group = 6;
constexpr uint32_t entries = 16;
constexpr uint32_t panel = 32;
// Symbols of so many groups are looked up for all query tokens before the next: 15 KiB, half of the first-level cache.
constexpr uint32_t chunk_groups = 10;
constexpr size_t sums_of_query = max_sim_batch_tokens;

inline __m256i load(const void* at) { return _mm256_load_si256(static_cast<const __m256i*>(at)); }
inline void store(void* at, __m256i value) { _mm256_store_si256(static_cast<__m256i*>(at), value); }

// Where the parts of `work` are.
struct Parts {
  uint8_t* symbols;  // [groups * 6][256 tokens]
  uint16_t* sums;    // [32 query tokens][8 blocks][even tokens, odd tokens][16]
  uint32_t* turned;  // of a block, [16 pairs of tokens][32 query tokens]: two sums of 16 bits
};

Parts divide(uint8_t* work, uint32_t groups) {
  uint8_t* sums = work + size_t{groups} * symbols_of_group * max_sim_batch_tokens;
  return {work, reinterpret_cast<uint16_t*>(sums), reinterpret_cast<uint32_t*>(sums + panel * sums_of_query * 2)};
}

template <int NBits>
inline __m128i symbol_table(uint64_t bytes) {
  const __m128i all = _mm_cvtsi64_si128(static_cast<int64_t>(bytes));
  constexpr int dims = 4 / NBits;
  __m128i sum = _mm_setzero_si128();
  for (int d = 0; d < dims; d++) {
    alignas(16) uint8_t index[entries];
    for (uint32_t i = 0; i < entries; i++) {
      index[i] = static_cast<uint8_t>((d << NBits) + ((i >> (d * NBits)) & ((1 << NBits) - 1)));
    }
    sum = _mm_add_epi8(sum, _mm_shuffle_epi8(all, _mm_load_si128(reinterpret_cast<const __m128i*>(index))));
  }
  return sum;
}

// A nibble of codes has eight bytes of tables, whether it is two dimensions or four; dim is a multiple of 8, so a nibble is whole.
template <int NBits>
void pack_of(const CodesQuery& query, uint8_t* packed) {
  const uint32_t nibbles = query.dim * NBits / 4;
  const uint32_t symbols = max_sim_groups(query.dim, NBits) * symbols_of_group;
  for (uint32_t q = 0; q < query.tokens; q++) {
    const uint8_t* row = query.tables + size_t{q} * nibbles * 8;
    for (uint32_t s = 0; s < symbols; s++) {
      uint64_t bytes = 0;
      if (s < nibbles) std::memcpy(&bytes, row + size_t{s} * 8, sizeof bytes);
      _mm_store_si128(reinterpret_cast<__m128i*>(packed), symbol_table<NBits>(bytes));
      packed += entries;
    }
  }
}

inline __m128i load_row(const uint8_t* row, uint32_t at, uint32_t row_bytes) {
  if (at + 16 <= row_bytes) return _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + at));
  alignas(16) uint8_t padded[16] = {};
  if (at < row_bytes) std::memcpy(padded, row + at, row_bytes - at);
  return _mm_load_si128(reinterpret_cast<const __m128i*>(padded));
}

// Nibbles of the bytes at .. at + 15 of 32 rows, zeros past their end.
inline void turn_bytes(const uint8_t* const* rows, uint32_t at, uint32_t row_bytes, uint32_t bytes, uint8_t* symbols) {
  __m256i turned[16];
  // Sums of even and of odd lanes come apart, in pairs of 16 bits. So of four lanes the first and the third hold neighbours, and the
  // second and the fourth the next two.
  const auto two_lanes = [&](int token) {
    return _mm256_set_m128i(load_row(rows[16 + token], at, row_bytes), load_row(rows[token], at, row_bytes));
  };
  for (int i = 0; i < 16; i += 4) {
    turned[i] = two_lanes(i);
    turned[i + 1] = two_lanes(i + 2);
    turned[i + 2] = two_lanes(i + 1);
    turned[i + 3] = two_lanes(i + 3);
  }
  // A round turns the address (row, byte) of eight bits by one; after four the halves have changed places.
  for (int round = 0; round < 4; round++) {
    __m256i next[16];
    for (int i = 0; i < 8; i++) {
      next[2 * i] = _mm256_unpacklo_epi8(turned[i], turned[i + 8]);
      next[2 * i + 1] = _mm256_unpackhi_epi8(turned[i], turned[i + 8]);
    }
    for (int i = 0; i < 16; i++) turned[i] = next[i];
  }
  const __m256i low = _mm256_set1_epi8(15);
  for (uint32_t i = 0; i < 16 && i < bytes; i++) {
    store(symbols + size_t{2} * i * max_sim_batch_tokens, _mm256_and_si256(turned[i], low));
    store(symbols + (size_t{2} * i + 1) * max_sim_batch_tokens, _mm256_and_si256(_mm256_srli_epi16(turned[i], 4), low));
  }
}

void turn_codes(const TokenBatch& batch, uint32_t row_bytes, uint32_t groups, uint8_t* symbols) {
  const uint32_t padded_bytes = groups * max_sim_group_bytes;
  for (uint32_t first = 0; first < batch.tokens; first += width) {
    const uint8_t* const* rows = batch.codes + first;
    for (uint32_t at = 0; at < padded_bytes; at += 16) {
      turn_bytes(rows, at, row_bytes, padded_bytes - at, symbols + size_t{2} * at * max_sim_batch_tokens + first);
    }
  }
}

// Keeps the compiler from adding in an order of its own, which needs more registers than there are, and from loading indices twice.
inline void keep(__m256i& value) { asm("" : "+x"(value)); }

// Adds `groups` groups to the sums of some query tokens with two blocks of tokens.
template <int Queries, int Blocks>
inline void add_groups(const uint8_t* packed, size_t stride, const uint8_t* symbols, uint32_t groups, bool is_first,
                       uint16_t* sums) {
  __m256i mixed[Queries][Blocks], odd[Queries][Blocks];
  for (int q = 0; q < Queries; q++) {
    for (int b = 0; b < Blocks; b++) mixed[q][b] = odd[q][b] = _mm256_setzero_si256();
  }
  for (uint32_t group = 0; group < groups; group++) {
    __m256i bytes[Queries][Blocks];
    for (uint32_t s = 0; s < symbols_of_group; s++) {
      const uint32_t symbol = group * symbols_of_group + s;
      __m256i tables[Queries];
      for (int q = 0; q < Queries; q++) {
        const uint8_t* table = packed + q * stride + size_t{symbol} * entries;
        tables[q] = _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(table)));
      }
      for (int b = 0; b < Blocks; b++) {
        __m256i index = load(symbols + size_t{symbol} * max_sim_batch_tokens + b * width);
        keep(index);
        for (int q = 0; q < Queries; q++) {
          const __m256i found = _mm256_shuffle_epi8(tables[q], index);
          bytes[q][b] = s == 0 ? found : _mm256_add_epi8(bytes[q][b], found);
          keep(bytes[q][b]);
        }
      }
    }
    for (int q = 0; q < Queries; q++) {
      for (int b = 0; b < Blocks; b++) {
        mixed[q][b] = _mm256_add_epi16(mixed[q][b], bytes[q][b]);
        odd[q][b] = _mm256_add_epi16(odd[q][b], _mm256_srli_epi16(bytes[q][b], 8));
      }
    }
  }
  for (int q = 0; q < Queries; q++) {
    for (int b = 0; b < Blocks; b++) {
      uint16_t* at = sums + q * sums_of_query + b * width;
      __m256i even = _mm256_sub_epi16(mixed[q][b], _mm256_slli_epi16(odd[q][b], 8));
      if (!is_first) {
        even = _mm256_add_epi16(even, load(at));
        odd[q][b] = _mm256_add_epi16(odd[q][b], load(at + width / 2));
      }
      store(at, even);
      store(at + width / 2, odd[q][b]);
    }
  }
}

// The sums of `queries` query tokens with all tokens of the batch.
void sum_panel(const uint8_t* packed, uint32_t queries, uint32_t blocks, const uint8_t* symbols, uint32_t groups,
               uint16_t* sums) {
  const size_t stride = size_t{groups} * symbols_of_group * entries;
  for (uint32_t group = 0; group < groups; group += chunk_groups) {
    const uint32_t size = groups - group < chunk_groups ? groups - group : chunk_groups;
    const uint8_t* chunk = symbols + size_t{group} * symbols_of_group * max_sim_batch_tokens;
    for (uint32_t q = 0; q < queries; q += 2) {
      const uint8_t* tables = packed + q * stride + size_t{group} * symbols_of_group * entries;
      // With an odd number of query tokens the last one is computed twice, into a row that nobody reads.
      const size_t other = q + 1 < queries ? stride : 0;
      for (uint32_t b = 0; b < blocks; b += 2) {
        add_groups<2, 2>(tables, other, chunk + b * width, size, group == 0, sums + q * sums_of_query + b * width);
      }
    }
  }
}

// Even or odd lanes of a block with eight query tokens: rows of query tokens become rows of pairs.
inline void turn_sums(const uint16_t* sums, uint32_t* turned) {
  __m256i a[8], b[8];
  for (int i = 0; i < 8; i++) a[i] = load(sums + i * sums_of_query);
  for (int i = 0; i < 4; i++) {
    b[2 * i] = _mm256_unpacklo_epi32(a[2 * i], a[2 * i + 1]);
    b[2 * i + 1] = _mm256_unpackhi_epi32(a[2 * i], a[2 * i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    a[i] = _mm256_unpacklo_epi64(b[i], b[i + 2]);
    a[i + 1] = _mm256_unpackhi_epi64(b[i], b[i + 2]);
    a[i + 2] = _mm256_unpacklo_epi64(b[i + 1], b[i + 3]);
    a[i + 3] = _mm256_unpackhi_epi64(b[i + 1], b[i + 3]);
  }
  for (int k = 0; k < 4; k++) {
    store(turned + size_t(k) * 2 * panel, _mm256_permute2x128_si256(a[k], a[4 + k], 0x20));
    store(turned + size_t(4 + k) * 2 * panel, _mm256_permute2x128_si256(a[k], a[4 + k], 0x31));
  }
}

// A token's similarities with 16 query tokens raise the largest; it is the low or the high half of its pair.
template <bool IsHigh>
inline void raise_token(const TokenBatch& batch, uint32_t token, uint32_t lane, const uint32_t* pair, __m256 largest[2]) {
  const float* centroid = batch.centroid_scores[token] + lane;
  const __m256 inverse_norm = _mm256_set1_ps(batch.inverse_norms[token]);
  for (int i = 0; i < 2; i++) {
    const __m256i both = load(pair + 8 * i);
    const __m256i sum = IsHigh ? _mm256_srli_epi32(both, 16) : _mm256_and_si256(both, _mm256_set1_epi32(0xffff));
    const __m256 similarity = _mm256_add_ps(_mm256_loadu_ps(centroid + 8 * i), _mm256_cvtepi32_ps(sum));
    largest[i] = _mm256_max_ps(_mm256_mul_ps(similarity, inverse_norm), largest[i]);
  }
}

// The documents of tokens begin .. end-1, of one block, from document d on; gives the document to go on with.
uint32_t raise_tile(const TokenBatch& batch, uint32_t lane, uint32_t begin, uint32_t end, uint32_t d, const uint32_t* turned) {
  for (uint32_t t = begin; t < end;) {
    const uint32_t stop = batch.ends[d] < end ? batch.ends[d] : end;
    float* best = batch.best[d] + lane;
    __m256 largest[2] = {_mm256_loadu_ps(best), _mm256_loadu_ps(best + 8)};
    const auto pair_of = [&](uint32_t token) { return turned + size_t{(token - begin) / 2} * panel; };
    if (t % 2 == 1) {
      raise_token<true>(batch, t, lane, pair_of(t), largest);
      t++;
    }
    for (; t + 2 <= stop; t += 2) {
      raise_token<false>(batch, t, lane, pair_of(t), largest);
      raise_token<true>(batch, t + 1, lane, pair_of(t), largest);
    }
    if (t < stop) {
      raise_token<false>(batch, t, lane, pair_of(t), largest);
      t++;
    }
    for (int i = 0; i < 2; i++) _mm256_storeu_ps(best + 8 * i, largest[i]);
    if (stop == batch.ends[d]) d++;
  }
  return d;
}

void raise_panel(const TokenBatch& batch, uint32_t lane, uint32_t lanes, const uint16_t* sums, uint32_t* turned) {
  uint32_t d = 0;
  for (uint32_t begin = 0; begin < batch.tokens; begin += width) {
    for (uint32_t part = 0; part < lanes; part += 8) {
      for (uint32_t parity = 0; parity < 2; parity++) {
        turn_sums(sums + part * sums_of_query + begin + parity * 16, turned + parity * panel + part);
      }
    }
    const uint32_t end = batch.tokens - begin < width ? batch.tokens : begin + width;
    uint32_t next = d;
    for (uint32_t part = 0; part < lanes; part += 16) next = raise_tile(batch, lane + part, begin, end, d, turned + part);
    d = next;
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
  for (uint32_t lane = 0; lane < query.tokens; lane += panel) {
    const uint32_t queries = query.tokens - lane < panel ? query.tokens - lane : panel;
    const uint32_t lanes = (queries + 15) / 16 * 16;
    std::memset(parts.sums + queries * sums_of_query, 0, (lanes - queries) * sums_of_query * sizeof(uint16_t));
    sum_panel(packed + size_t{lane} * groups * symbols_of_group * entries, queries, blocks, parts.symbols, groups, parts.sums);
    raise_panel(batch, lane, lanes, parts.sums, parts.turned);
  }
}

}  // namespace shoal::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
