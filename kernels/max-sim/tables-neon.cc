// The tables of max-sim.h with NEON.
//
// tbl looks 16 tokens' nibbles up in a table of 16 entries: two dimensions of two bits, or four of one. Six nibbles are a group: their
// entries are added as bytes (at most 255 by the contract), and only the group's sum is widened to 16 bits, which hold all of them, since
// D stays below 2^16.
// Codes are turned first: bytes of 16 tokens by four rounds of zip, nibbles by shifts and masks. The sums of 32 query tokens are turned
// back, so that the float steps run in query lanes.
// Nothing is read past the end: the last bytes of codes go through a padded copy, tokens that are missing in a register repeat the last one.
#include "kernels/max-sim/max-sim.h"

#include <cstring>

#if defined(__aarch64__)
#include <arm_neon.h>

namespace shoal::neon {
namespace {

constexpr uint32_t width = 16;
constexpr uint32_t symbols_of_group = 6;
constexpr uint32_t entries = 16;
constexpr uint32_t panel = 32;
// Symbols of so many groups are looked up for all query tokens before the next: 15 KiB, half of the first-level cache.
constexpr uint32_t chunk_groups = 10;
constexpr size_t sums_of_query = max_sim_batch_tokens;
constexpr uint32_t queries_abreast = 2;
constexpr uint32_t blocks_abreast = 2;

// Where the parts of `work` are.
struct Parts {
  uint8_t* symbols;  // [groups * 6][256 tokens]
  uint16_t* sums;    // [32 query tokens][256 tokens]
  uint16_t* turned;  // of a block, [16 tokens][32 query tokens]
};

Parts divide(uint8_t* work, uint32_t groups) {
  uint8_t* sums = work + size_t{groups} * symbols_of_group * max_sim_batch_tokens;
  return {work, reinterpret_cast<uint16_t*>(sums), reinterpret_cast<uint16_t*>(sums + panel * sums_of_query * 2)};
}

template <int NBits>
inline uint8x16_t symbol_table(uint64_t bytes) {
  const uint8x16_t all = vreinterpretq_u8_u64(vdupq_n_u64(bytes));
  constexpr int dims = 4 / NBits;
  uint8x16_t sum = vdupq_n_u8(0);
  for (int d = 0; d < dims; d++) {
    uint8_t index[entries];
    for (uint32_t i = 0; i < entries; i++) {
      index[i] = static_cast<uint8_t>((d << NBits) + ((i >> (d * NBits)) & ((1 << NBits) - 1)));
    }
    sum = vaddq_u8(sum, vqtbl1q_u8(all, vld1q_u8(index)));
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
      vst1q_u8(packed, symbol_table<NBits>(bytes));
      packed += entries;
    }
  }
}

inline uint8x16_t load_row(const uint8_t* row, uint32_t at, uint32_t row_bytes) {
  if (at + width <= row_bytes) return vld1q_u8(row + at);
  uint8_t padded[width] = {};
  if (at < row_bytes) std::memcpy(padded, row + at, row_bytes - at);
  return vld1q_u8(padded);
}

// Nibbles of the bytes at .. at + 15 of 16 rows, zeros past their end.
inline void turn_bytes(const uint8_t* const* rows, uint32_t at, uint32_t row_bytes, uint32_t bytes, uint8_t* symbols) {
  uint8x16_t turned[width];
  for (uint32_t i = 0; i < width; i++) turned[i] = load_row(rows[i], at, row_bytes);
  // A round turns the address (row, byte) of eight bits by one; after four the halves have changed places.
  for (int round = 0; round < 4; round++) {
    uint8x16_t next[width];
    for (int i = 0; i < 8; i++) {
      next[2 * i] = vzip1q_u8(turned[i], turned[i + 8]);
      next[2 * i + 1] = vzip2q_u8(turned[i], turned[i + 8]);
    }
    for (uint32_t i = 0; i < width; i++) turned[i] = next[i];
  }
  for (uint32_t i = 0; i < width && i < bytes; i++) {
    vst1q_u8(symbols + size_t{2} * i * max_sim_batch_tokens, vandq_u8(turned[i], vdupq_n_u8(15)));
    vst1q_u8(symbols + (size_t{2} * i + 1) * max_sim_batch_tokens, vshrq_n_u8(turned[i], 4));
  }
}

// Of whole pairs of blocks: what is behind the last token repeats it.
void turn_codes(const TokenBatch& batch, uint32_t row_bytes, uint32_t groups, uint8_t* symbols) {
  const uint32_t padded_bytes = groups * max_sim_group_bytes;
  constexpr uint32_t stretch = width * blocks_abreast;
  const uint32_t tokens = (batch.tokens + stretch - 1) / stretch * stretch;
  for (uint32_t first = 0; first < tokens; first += width) {
    for (uint32_t at = 0; at < padded_bytes; at += width) {
      turn_bytes(batch.codes + first, at, row_bytes, padded_bytes - at, symbols + size_t{2} * at * max_sim_batch_tokens + first);
    }
  }
}

// Adds `groups` groups to the sums of two query tokens with two blocks of tokens.
inline void add_groups(const uint8_t* packed, size_t stride, const uint8_t* symbols, uint32_t groups, bool is_first, uint16_t* sums) {
  uint16x8_t low[queries_abreast][blocks_abreast], high[queries_abreast][blocks_abreast];
  for (uint32_t q = 0; q < queries_abreast; q++) {
    for (uint32_t b = 0; b < blocks_abreast; b++) {
      const uint16_t* at = sums + q * sums_of_query + b * width;
      low[q][b] = is_first ? vdupq_n_u16(0) : vld1q_u16(at);
      high[q][b] = is_first ? vdupq_n_u16(0) : vld1q_u16(at + 8);
    }
  }
  for (uint32_t group = 0; group < groups; group++) {
    uint8x16_t bytes[queries_abreast][blocks_abreast] = {};
    for (uint32_t s = 0; s < symbols_of_group; s++) {
      const size_t symbol = size_t{group} * symbols_of_group + s;
      for (uint32_t b = 0; b < blocks_abreast; b++) {
        const uint8x16_t index = vld1q_u8(symbols + symbol * max_sim_batch_tokens + b * width);
        for (uint32_t q = 0; q < queries_abreast; q++) {
          bytes[q][b] = vaddq_u8(bytes[q][b], vqtbl1q_u8(vld1q_u8(packed + q * stride + symbol * entries), index));
        }
      }
    }
    for (uint32_t q = 0; q < queries_abreast; q++) {
      for (uint32_t b = 0; b < blocks_abreast; b++) {
        low[q][b] = vaddw_u8(low[q][b], vget_low_u8(bytes[q][b]));
        high[q][b] = vaddw_high_u8(high[q][b], bytes[q][b]);
      }
    }
  }
  for (uint32_t q = 0; q < queries_abreast; q++) {
    for (uint32_t b = 0; b < blocks_abreast; b++) {
      vst1q_u16(sums + q * sums_of_query + b * width, low[q][b]);
      vst1q_u16(sums + q * sums_of_query + b * width + 8, high[q][b]);
    }
  }
}

// The sums of `queries` query tokens with all tokens of the batch.
void sum_panel(const uint8_t* packed, uint32_t queries, uint32_t tokens, const uint8_t* symbols, uint32_t groups, uint16_t* sums) {
  const size_t stride = size_t{groups} * symbols_of_group * entries;
  for (uint32_t group = 0; group < groups; group += chunk_groups) {
    const uint32_t size = groups - group < chunk_groups ? groups - group : chunk_groups;
    const uint8_t* chunk = symbols + size_t{group} * symbols_of_group * max_sim_batch_tokens;
    for (uint32_t q = 0; q < queries; q += queries_abreast) {
      const uint8_t* tables = packed + q * stride + size_t{group} * symbols_of_group * entries;
      // With an odd number of query tokens the last one is computed twice, into a row that nobody reads.
      const size_t other = q + 1 < queries ? stride : 0;
      for (uint32_t t = 0; t < tokens; t += width * blocks_abreast) {
        add_groups(tables, other, chunk + t, size, group == 0, sums + q * sums_of_query + t);
      }
    }
  }
}

// Eight tokens with eight query tokens: rows of query tokens become rows of tokens.
inline void turn_sums(const uint16_t* sums, uint16_t* turned) {
  uint16x8_t rows[8];
  for (int i = 0; i < 8; i++) rows[i] = vld1q_u16(sums + i * sums_of_query);
  // As the bytes above, in three rounds.
  for (int round = 0; round < 3; round++) {
    uint16x8_t next[8];
    for (int i = 0; i < 4; i++) {
      next[2 * i] = vzip1q_u16(rows[i], rows[i + 4]);
      next[2 * i + 1] = vzip2q_u16(rows[i], rows[i + 4]);
    }
    for (int i = 0; i < 8; i++) rows[i] = next[i];
  }
  for (int i = 0; i < 8; i++) vst1q_u16(turned + i * panel, rows[i]);
}

inline float32x4_t raised(float32x4_t largest, float32x4_t similarity) {
  return vbslq_f32(vcgtq_f32(similarity, largest), similarity, largest);
}

// A token's similarities with 16 query tokens raise the largest.
inline void raise_token(const TokenBatch& batch, uint32_t token, uint32_t lane, const uint16_t* sums, float32x4_t largest[4]) {
  const float* centroid = batch.centroid_scores[token] + lane;
  const float32x4_t inverse_norm = vdupq_n_f32(batch.inverse_norms[token]);
  for (int i = 0; i < 4; i++) {
    const float32x4_t sum = vcvtq_f32_u32(vmovl_u16(vld1_u16(sums + 4 * i)));
    largest[i] = raised(largest[i], vmulq_f32(vaddq_f32(vld1q_f32(centroid + 4 * i), sum), inverse_norm));
  }
}

// The documents of tokens begin .. end-1, of one block, from document d on; gives the document to go on with.
uint32_t raise_tile(const TokenBatch& batch, uint32_t lane, uint32_t begin, uint32_t end, uint32_t d, const uint16_t* turned) {
  for (uint32_t t = begin; t < end;) {
    const uint32_t stop = batch.ends[d] < end ? batch.ends[d] : end;
    float* best = batch.best[d] + lane;
    float32x4_t largest[4];
    for (int i = 0; i < 4; i++) largest[i] = vld1q_f32(best + 4 * i);
    for (; t < stop; t++) raise_token(batch, t, lane, turned + size_t{t - begin} * panel, largest);
    for (int i = 0; i < 4; i++) vst1q_f32(best + 4 * i, largest[i]);
    if (stop == batch.ends[d]) d++;
  }
  return d;
}

void raise_panel(const TokenBatch& batch, uint32_t lane, uint32_t lanes, const uint16_t* sums, uint16_t* turned) {
  uint32_t d = 0;
  for (uint32_t begin = 0; begin < batch.tokens; begin += width) {
    for (uint32_t part = 0; part < lanes; part += 8) {
      for (uint32_t half = 0; half < width; half += 8) {
        turn_sums(sums + part * sums_of_query + begin + half, turned + half * panel + part);
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
  turn_codes(batch, query.dim * query.nbits / 8, groups, parts.symbols);
  for (uint32_t lane = 0; lane < query.tokens; lane += panel) {
    const uint32_t queries = query.tokens - lane < panel ? query.tokens - lane : panel;
    const uint32_t lanes = (queries + 15) / 16 * 16;
    std::memset(parts.sums + queries * sums_of_query, 0, (lanes - queries) * sums_of_query * sizeof(uint16_t));
    sum_panel(packed + size_t{lane} * groups * symbols_of_group * entries, queries, batch.tokens, parts.symbols, groups, parts.sums);
    raise_panel(batch, lane, lanes, parts.sums, parts.turned);
  }
}

}  // namespace shoal::neon
#endif
