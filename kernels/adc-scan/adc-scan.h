// The first pass: 4-bit codes of whole lists against a query's table, scored, filtered, and the best kept.
//
//   sum    = sum over s of levels[s][code[s]]                       0 .. 32,640
//   S      = F * (offset + sum) + anchor_weight * T                 an exact int32, the same on every set
//   score  = double(S) * unit + bias                                ~ <q, c> + f <q, d> + t, the anchored estimate of <q, x>
//
// x lies in a list of base c, r = x - c, d = decode(code), a = the list's anchor: f = |r|^2 / <r, d> makes the estimate unbiased along
// r, and t = <a, r> - f <a, d> makes it exact at q = a. F and T are f and t as int16 in the units of the codebook (product-code.h), so
// they do not depend on the file a vector lies in; bias = <q, c>. (a = c is RaBitQ's estimator for the inner product, arXiv
// 2405.12497; here any code and any anchor.)
// No overflow: |offset + sum| <= 32,767 (lookup-table.h), |F|, |T|, anchor_weight <= 32,767, so |S| <= 2 * 32,767 * 32,768 < 2^31.
// score is two double operations on exact operands, so replicas agree in every bit, whatever their set and however rows are cut into
// files; better = larger score, then smaller id.
//
// Layout of a list of n vectors, `pairs` bytes a vector (pairs = padded subquantizers / 2, even): blocks of 64 vectors, the last of
// width 32 when at most 32 are left, so a list wastes fewer than 32. A block of width W, (pairs + 4) * W bytes:
//   [0, pairs * W)    row p, W bytes: byte slot(v) = code[v][2p] | code[v][2p + 1] << 4
//   [pairs * W, ...)  int16 F, T of vector v at 4v, little-endian; zeros (as codes) where there is no vector
//   slot(v) = 2 * (8 * (i / 4) + 4 * (g & 1) + i % 4) + (g >> 1)      g = v / (W / 4), i = v % (W / 4)
// Begin lists at multiples of 64 bytes.
//
// Why so. Both nibbles of a byte are of one vector, so one sum of 16 bits a vector is kept, not two; a row is one cache line; slot()
// undoes what widening (even bytes, odd bytes) and interleaving with the anchor's weight do to the order, so masks and factors are
// in the order of vectors. On AVX-512 a table repeated four times is looked up by vpermb, which ignores the bits above it: no masks.
// Four levels are added in bytes before they are widened (lookup-table.h says why they fit). The float work of the estimate, some
// ten instructions, becomes one vpmaddwd. Tried on Zen 4, 96 subquantizers, ns a vector in cache: FAISS's order with pshufb in
// 32 bytes 1.35, in 64 bytes 1.13, four added in bytes 1.03; four codewords' tables in a vpermb and vpdpbusd 0.96; this 0.94; this
// in blocks of 256 (a table loaded once for four rows) 0.78, but 0.2 slower on AVX2 and no gain from memory. From memory: a prefetch of
// every line some blocks ahead halves the speed; two lines of the next page, a block, bring it from 0.89 to 0.98 of a plain sum's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/adc-scan/reservoir.h"
#include "kernels/lookup-table/lookup-table.h"

namespace shoal {

struct Kernels;

constexpr uint32_t block_width = 64;
constexpr uint32_t half_width = 32;
constexpr uint32_t chunk_blocks = 16;

constexpr size_t block_bytes(size_t pairs, size_t width) { return (pairs + 4) * width; }

constexpr uint32_t slot_of(uint32_t vector, uint32_t width) {
  const uint32_t group = vector / (width / 4), i = vector % (width / 4);
  return 2 * (8 * (i / 4) + 4 * (group & 1) + i % 4) + (group >> 1);
}

// How many whole blocks of 64, and the width of the one after them (0 = none).
constexpr size_t whole_blocks(size_t count) { return count / 64 + (count % 64 > 32 ? 1 : 0); }
constexpr bool has_half_block(size_t count) { return count % 64 != 0 && count % 64 <= 32; }
constexpr size_t list_bytes(size_t pairs, size_t count) {
  return whole_blocks(count) * block_bytes(pairs, 64) + (has_half_block(count) ? block_bytes(pairs, 32) : 0);
}

struct ScanTable {
  const uint8_t* levels;  // uint8[2 * pairs][16]
  const uint8_t* spread;  // what spread_levels made of them, 64-byte aligned
  uint32_t pairs;
  int32_t offset;
  int32_t anchor_weight;
};

// levels as the set's scan wants them; `spread` has room for 128 * pairs bytes.
using SpreadLevels = void (*)(const uint8_t* levels, uint32_t pairs, uint8_t* spread);

// Scores `count` blocks (1 .. chunk_blocks) of one width. masks[b] says which vectors of block b count and becomes which of them
// have S >= cut; a block whose mask is 0 is not read. scores int32[count][64] is written where a mask was not 0. Gives the number of
// blocks with a mask.
using ScanBlocks = uint32_t (*)(const ScanTable& table, const uint8_t* blocks, uint32_t count, uint32_t width, int32_t cut,
                                uint64_t* masks, int32_t* scores);

struct ListColumns {
  const uint8_t* codes;
  const uint64_t* offsets;  // bytes into codes
  const uint32_t* counts;   // vectors
  const uint32_t* firsts;   // the position of a list's first vector; positions go on from there
  size_t count;
  const uint8_t* live;      // bit p of byte p >> 3 = position p counts; may be null
  const uint8_t* filter;    // likewise, and both must be set
  size_t bitmap_bytes;      // of each of the two
  const uint64_t* ids;      // by position, what orders equal scores; null = the position itself
  uint32_t column = 0;      // what entries of the reservoir say of where they are from
  const uint32_t* rows = nullptr;  // by position, where a vector lies in several lists: its row, which live, filter and ids go by instead

  uint32_t row_of(uint32_t position) const { return rows == nullptr ? position : rows[position]; }
};

struct ScanQuery {
  ScanTable table;
  double unit;
  const double* biases;  // float64[lists]; NaN = this query does not read the list
  Reservoir* best;
};

// All lists, in order, for all queries; a chunk is scanned for every query while it is in cache. False when *cancel became
// non-zero, which is looked at before every list and every 64 chunks in it.
bool scan_lists(const Kernels& kernels, const ListColumns& lists, const ScanQuery* queries, size_t query_count, const uint8_t* cancel);

// One list for all queries, for callers that choose the order; `seen` counts blocks over all lists of an answer, from 0. prefetch_list asks
// for the beginning of one that comes later, and for its rows.
bool scan_list(const Kernels& kernels, const ListColumns& lists, size_t list, const ScanQuery* queries, size_t query_count,
               const uint8_t* cancel, size_t& seen);
void prefetch_list(const ListColumns& lists, size_t list);

// Between rows (codes uint8[count][pairs], byte p = code[2p] | code[2p + 1] << 4; factors int16[count][2]) and blocks.
void pack_blocks(const uint8_t* codes, const int16_t* factors, size_t pairs, size_t count, uint8_t* blocks);
void unpack_blocks(const uint8_t* blocks, size_t pairs, size_t count, uint8_t* codes, int16_t* factors);

// The code of one vector of a list, uint8[pairs].
void read_code(const uint8_t* list, size_t pairs, size_t count, size_t vector, uint8_t* code);

// Asks for the cache lines that read_code reads.
void prefetch_code_of(const uint8_t* list, size_t pairs, size_t count, size_t vector);

// Where its factors lie, int16 F, T.
const uint8_t* factors_of(const uint8_t* list, size_t pairs, size_t count, size_t vector);

namespace reference {
void spread_levels(const uint8_t* levels, uint32_t pairs, uint8_t* spread);
uint32_t scan_blocks(const ScanTable& table, const uint8_t* blocks, uint32_t count, uint32_t width, int32_t cut, uint64_t* masks,
                     int32_t* scores);
}  // namespace reference
namespace avx2 {
void spread_levels(const uint8_t* levels, uint32_t pairs, uint8_t* spread);
uint32_t scan_blocks(const ScanTable& table, const uint8_t* blocks, uint32_t count, uint32_t width, int32_t cut, uint64_t* masks,
                     int32_t* scores);
}  // namespace avx2
namespace avx512 {
void spread_levels(const uint8_t* levels, uint32_t pairs, uint8_t* spread);
uint32_t scan_blocks(const ScanTable& table, const uint8_t* blocks, uint32_t count, uint32_t width, int32_t cut, uint64_t* masks,
                     int32_t* scores);
}  // namespace avx512
namespace neon {
void spread_levels(const uint8_t* levels, uint32_t pairs, uint8_t* spread);
uint32_t scan_blocks(const ScanTable& table, const uint8_t* blocks, uint32_t count, uint32_t width, int32_t cut, uint64_t* masks,
                     int32_t* scores);
}  // namespace neon

}  // namespace shoal
