// MaxSim: for every query token the largest inner product with a token of the document, summed over the query tokens.
//
//   score = sum over q of max over t of  query[q] . token[t]         a document without tokens scores NaN; the maximum starts at -inf
//
// The sum over q runs in order in float32; whoever wants the mean divides. Padded query lanes are left out of the sum.
//
// Query lanes. A vector holds 16 query tokens, never 16 dimensions: no horizontal sums, and the maximum is in-lane. A tile is 16 query
// tokens, zeros where there is none; tiles = ceil(query tokens / 16).
//   query floats  float32[tiles][dim][16]
//   query levels  int8[tiles][dim / 4][16][4]        round(127 * q / largest |q| of the token)
//
// Record of a document of n tokens, at any byte address, without padding (little-endian):
//   [0, 2n)      centroid ids   uint16[n]
//   [2n, 4n)     inverse norms  float16[n]
//   [4n, ...)    codes          uint8[n, dim * nbits / 8], dimension j in the bits j * nbits .. of the row, low bits first
// nbits is 1, 2 or 4; dim a multiple of 8, at most 1024. token[t][j] = (C[cid][j] + weight[bucket_j]) * inverse norm.
// A centroid id outside the table reads as the last centroid, so damaged bytes give wrong scores and no stray read.
//
// Codes, fast (max_codes). The weights become levels: weight[b] ~ base + step * level[b], level 0..31. With D = sum of
// query level * level, an integer,
//   sim = ((S[cid][q] + scale[q] * D) * inverse norm),   S[c][q] = q . C[c] + base * sum of q,   scale[q] = step * largest |q| / 127
// No overflow: |D| <= 1024 * 127 * 31 = 4,031,488 < 2^24, so D is exact in int32 and in float32. The float steps are elementwise
// and rounded one by one: every set equals the reference bit for bit.
// Error of a query token's share against the exact score: about 0.001 rms on unit vectors (test/kernels), from rounding weights
// and query to levels. (The idea to score residual codes by a table per query: WARP, arXiv 2501.17788, section 4; levels in place of
// a table of sums: fewer loads where a row has 384 dimensions and a query 8 to 32 tokens.)
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

struct CodesQuery {
  const float* rows;              // query floats
  const int8_t* levels;           // query levels
  const float* scale;             // float32[tiles * 16]
  const float* centroid_scores;   // S, float32[centroid_count, tiles * 16]
  const uint8_t* weight_levels;   // uint8[2^nbits]
  const float* centroids;         // float32[centroid_count, dim]
  const float* weights;           // float32[2^nbits]
  uint32_t centroid_count;
  uint32_t tokens;
  uint32_t tiles;
  uint32_t dim;
  uint32_t nbits;
};

// out[r][tile * 16 + lane] = query lane . row r.   rows float32[count, dim], out float32[count, tiles * 16].
using ProjectRows = void (*)(const float* query, uint32_t tiles, size_t dim, const float* rows, size_t count, float* out);

// row[j] = centroid[j] + weights[bucket_j], float32[dim]. Reads dim * nbits / 8 bytes of codes. Bit-equal everywhere.
using ExpandCodes = void (*)(const float* centroid, const float* weights, const uint8_t* codes, uint32_t dim, uint32_t nbits,
                             float* row);

// best[lane] = max of best[lane] and the fast similarities of the record's tokens. best float32[tiles * 16] comes initialised.
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

// scratch float32[scratch_floats(tiles, dim)] belongs to the caller. Each writes scores float32[documents.count] and returns false
// when *cancel became non-zero, which is looked at before every document.
size_t scratch_floats(uint32_t tiles, uint32_t dim);
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
}  // namespace reference
namespace avx2 {
void project_rows(const float* query, uint32_t tiles, size_t dim, const float* rows, size_t count, float* out);
void expand_codes(const float* centroid, const float* weights, const uint8_t* codes, uint32_t dim, uint32_t nbits, float* row);
void max_codes(const CodesQuery& query, const uint8_t* record, uint32_t tokens, float* best);
}  // namespace avx2
namespace avx512 {
void project_rows(const float* query, uint32_t tiles, size_t dim, const float* rows, size_t count, float* out);
void expand_codes(const float* centroid, const float* weights, const uint8_t* codes, uint32_t dim, uint32_t nbits, float* row);
void max_codes(const CodesQuery& query, const uint8_t* record, uint32_t tokens, float* best);
}  // namespace avx512
namespace neon {
void project_rows(const float* query, uint32_t tiles, size_t dim, const float* rows, size_t count, float* out);
void expand_codes(const float* centroid, const float* weights, const uint8_t* codes, uint32_t dim, uint32_t nbits, float* row);
void max_codes(const CodesQuery& query, const uint8_t* record, uint32_t tokens, float* best);
}  // namespace neon

}  // namespace shoal
