// MaxSim: for every query token the largest inner product with a token of the document, summed over the query tokens.
//
//   score = sum over q of max over t of  query[q] . token[t]         a document without tokens scores NaN; the maximum starts at -inf
//
// The sum over q runs in order in float32; whoever wants the mean divides. Padded query lanes are left out of the sum.
//
// Query lanes. A vector holds 16 query tokens, never 16 dimensions: no horizontal sums, and the maximum is in-lane. A tile is 16 query
// tokens, zeros where there is none; tiles = ceil(query tokens / 16).
//   query floats  float32[tiles][dim][16]
//   query tables  uint8[query tokens][dim][2^nbits]  for 1 and 2 bits
//   query levels  int8[tiles][dim / 4][16][4]        for 4 bits: round(127 * q / largest |q| of the token)
//
// Record of a document of n tokens, at any byte address, without padding (little-endian):
//   [0, 2n)      centroid ids   uint16[n]
//   [2n, 4n)     inverse norms  float16[n]
//   [4n, ...)    codes          uint8[n, dim * nbits / 8], dimension j in the bits j * nbits .. of the row, low bits first
// A codec may keep the mean of the tokens behind its record; kernels.ts adds what it contributes (means.ts), nothing here reads it.
// nbits is 1, 2 or 4; dim a multiple of 8, at most 1024. token[t][j] = (C[cid][j] + weight[bucket_j]) * inverse norm.
// A centroid id outside the table reads as the last centroid, so damaged bytes give wrong scores and no stray read.
//
// Codes, fast. D is an integer of a query token q and a token:
//   1, 2 bits (max_tables): sim = scale[q] * ((S[cid][q] + D) * inverse norm),   S[c][q] = (q . C[c] + offset[q]) * unit[q]
//     D = sum over j of table[q][j][bucket_j]; unit = 1 / scale. The entries of any 24 bits of codes that begin at a multiple of three
//     bytes (a group: 24 or 12 dimensions) have a sum of at most 255, so a group's sum fits a byte whatever the order, and
//     D <= ceil(1024 * 2 / 24) * 255 = 21,930 fits 16 bits.
//   4 bits (max_codes): sim = (S[cid][q] + scale[q] * D) * inverse norm, with S as above and unit = 1.
//     weight[b] ~ base + step * level[b], level 0..31, and D = sum of query level * level; |D| <= 1024 * 127 * 31 = 4,031,488 < 2^24.
// So D is exact in every integer used and in float32. The float steps are elementwise and rounded one by one: given S, every set equals
// the reference bit for bit. Error of a query token's share against the exact score on unit vectors with residuals of length 0.6: 0.0011
// rms at 1 or 2 bits and 384 dimensions, 0.0018 at 128, from rounding entries; 0.0006 and 0.001 at 4 bits, from levels.
//
// Tables or levels: a table's entries are looked up for the tokens in a register at once, one query token after the other (so no lane of
// a short query is wasted), after codes were turned once for all query tokens: lanes hold 64 or 32 tokens. Three dimensions of two bits
// a lookup beat one vpdpbusd of 64 products; at four bits there is but one dimension a lookup, and levels win.
// (A table per query for residual codes: WARP, arXiv 2501.17788, section 4. Tokens in lanes: the fast scan of product codes, Andre et
// al., VLDB 2015.)
//
// S is computed when a token first asks for a centroid: candidates meet few of many centroids. states[c] says how far it is:
// 0 nowhere, 1 a thread computes it, 2 there. Any number of threads may share S and states.
//
// Rows and codes, exact (project_rows after to_float or expand_codes). Tolerance against the reference:
// dim * 2^-23 * sum |q_j * v_j| a product, from FMA alone; the order of summation is j = 0 .. dim-1 everywhere.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct Kernels;

constexpr int max_sim_lanes = 16;
constexpr size_t max_sim_dim_max = 1024;
constexpr int max_sim_block_rows = 8;
constexpr uint32_t max_sim_batch_tokens = 256;
constexpr uint32_t max_sim_batch_documents = 64;
constexpr uint32_t max_sim_group_bytes = 3;

struct CodesQuery {
  const float* rows;              // query floats
  const uint8_t* tables;          // query tables, null for 4 bits
  const int8_t* levels;           // query levels, null for 1 and 2 bits
  const float* scale;             // float32[tiles * 16]
  const float* offset;            // float32[tiles * 16]
  const float* unit;              // float32[tiles * 16]
  float* centroid_scores;         // S, float32[centroid_count, tiles * 16], filled on demand
  uint8_t* centroid_states;       // uint8[centroid_count]
  const uint8_t* weight_levels;   // uint8[2^nbits]
  const float* centroids;         // float32[centroid_count, dim]
  const float* weights;           // float32[2^nbits]
  uint32_t centroid_count;
  uint32_t tokens;
  uint32_t tiles;
  uint32_t dim;
  uint32_t nbits;
};

// Tokens of some documents, at least one; nothing but `dim * nbits / 8` bytes is read at a token's codes.
struct TokenBatch {
  const uint8_t* codes[max_sim_batch_tokens];          // from `tokens` up to a multiple of 64 the last one again
  const float* centroid_scores[max_sim_batch_tokens];  // rows of S, which are there
  float inverse_norms[max_sim_batch_tokens];
  uint32_t tokens;
  float* best[max_sim_batch_documents];    // of a document, float32[tiles * 16], initialised
  uint32_t ends[max_sim_batch_documents];  // its tokens end before; they begin where the last document's end
  uint32_t documents;
};

// out[r][tile * 16 + lane] = query lane . row r.   rows float32[count, dim], out float32[count, tiles * 16].
using ProjectRows = void (*)(const float* query, uint32_t tiles, size_t dim, const float* rows, size_t count, float* out);

// row[j] = centroid[j] + weights[bucket_j], float32[dim]. Reads dim * nbits / 8 bytes of codes. Bit-equal everywhere.
using ExpandCodes = void (*)(const float* centroid, const float* weights, const uint8_t* codes, uint32_t dim, uint32_t nbits,
                             float* row);

// The query tables in the layout of a set, and of room for max_tables: both at multiples of 64 bytes, packed_bytes and work_bytes long.
using PackTables = void (*)(const CodesQuery& query, uint8_t* packed);

// best[d][lane] = max of itself and the fast similarities of the document's tokens, for 1 and 2 bits, in units of scale.
using MaxTables = void (*)(const CodesQuery& query, const uint8_t* packed, const TokenBatch& batch, uint8_t* work);

// best[lane] = max of best[lane] and the fast similarities of the record's tokens, for 4 bits. best float32[tiles * 16] comes
// initialised, and S is there for every centroid of the record.
using MaxCodes = void (*)(const CodesQuery& query, const uint8_t* record, uint32_t tokens, float* best);

struct Documents {
  const uint64_t* offsets;  // uint64[count]: bytes into the column of codes, or rows into the matrix
  const uint32_t* counts;   // uint32[count]: tokens
  size_t count;
};

struct RowsQuery {
  const float* rows;  // query floats
  uint32_t tokens;
  uint32_t tiles;
  uint32_t dim;
};

constexpr uint32_t max_sim_groups(uint32_t dim, uint32_t nbits) { return (dim * nbits / 8 + max_sim_group_bytes - 1) / max_sim_group_bytes; }

// Of every query token and group: four tables of 64 entries, or six of 16.
constexpr size_t packed_bytes(uint32_t tokens, uint32_t dim, uint32_t nbits) { return size_t{256} * tokens * max_sim_groups(dim, nbits); }

// The batch's symbols, at most six a group, and the sums of 32 query tokens, in 16 bits, twice.
constexpr size_t work_bytes(uint32_t dim, uint32_t nbits) {
  return max_sim_batch_tokens * (size_t{6} * max_sim_groups(dim, nbits) + 2 * 2 * 32);
}

// scratch float32[scratch_floats(tiles, dim, nbits)] (nbits 0 for rows) belongs to the caller. Each writes scores
// float32[documents.count] and returns false when *cancel became non-zero, which is looked at before every document or batch.
size_t scratch_floats(uint32_t tiles, uint32_t dim, uint32_t nbits);
bool max_sim_codes(const Kernels& kernels, const CodesQuery& query, const uint8_t* column, const Documents& documents,
                   const uint8_t* cancel, float* scratch, float* scores);
bool max_sim_codes_exact(const Kernels& kernels, const CodesQuery& query, const uint8_t* column, const Documents& documents,
                         const uint8_t* cancel, float* scratch, float* scores);
// Per query token the best token (smallest on ties) and its exact similarity: scores float32[count, tokens], best uint32 likewise.
// A document without tokens gives NaN and 0xffffffff.
bool max_sim_codes_matches(const Kernels& kernels, const CodesQuery& query, const uint8_t* column,
                           const Documents& documents, const uint8_t* cancel, float* scratch, float* scores, uint32_t* best);
bool max_sim_rows(const Kernels& kernels, const RowsQuery& query, const float* rows, const Documents& documents,
                  const uint8_t* cancel, float* scratch, float* scores);
bool max_sim_half_rows(const Kernels& kernels, const RowsQuery& query, const uint16_t* rows, const Documents& documents,
                       const uint8_t* cancel, float* scratch, float* scores);

namespace reference {
void project_rows(const float* query, uint32_t tiles, size_t dim, const float* rows, size_t count, float* out);
void expand_codes(const float* centroid, const float* weights, const uint8_t* codes, uint32_t dim, uint32_t nbits, float* row);
void max_codes(const CodesQuery& query, const uint8_t* record, uint32_t tokens, float* best);
void pack_tables(const CodesQuery& query, uint8_t* packed);
void max_tables(const CodesQuery& query, const uint8_t* packed, const TokenBatch& batch, uint8_t* work);
}  // namespace reference
namespace avx2 {
void project_rows(const float* query, uint32_t tiles, size_t dim, const float* rows, size_t count, float* out);
void expand_codes(const float* centroid, const float* weights, const uint8_t* codes, uint32_t dim, uint32_t nbits, float* row);
void max_codes(const CodesQuery& query, const uint8_t* record, uint32_t tokens, float* best);
void pack_tables(const CodesQuery& query, uint8_t* packed);
void max_tables(const CodesQuery& query, const uint8_t* packed, const TokenBatch& batch, uint8_t* work);
}  // namespace avx2
namespace avx512 {
void project_rows(const float* query, uint32_t tiles, size_t dim, const float* rows, size_t count, float* out);
void expand_codes(const float* centroid, const float* weights, const uint8_t* codes, uint32_t dim, uint32_t nbits, float* row);
void max_codes(const CodesQuery& query, const uint8_t* record, uint32_t tokens, float* best);
void pack_tables(const CodesQuery& query, uint8_t* packed);
void max_tables(const CodesQuery& query, const uint8_t* packed, const TokenBatch& batch, uint8_t* work);
}  // namespace avx512
namespace neon {
void project_rows(const float* query, uint32_t tiles, size_t dim, const float* rows, size_t count, float* out);
void expand_codes(const float* centroid, const float* weights, const uint8_t* codes, uint32_t dim, uint32_t nbits, float* row);
void max_codes(const CodesQuery& query, const uint8_t* record, uint32_t tokens, float* best);
void pack_tables(const CodesQuery& query, uint8_t* packed);
void max_tables(const CodesQuery& query, const uint8_t* packed, const TokenBatch& batch, uint8_t* work);
}  // namespace neon

}  // namespace shoal
