// The lists of a call: which vectors count, in chunks through the kernel, survivors into the reservoirs. See adc-scan.h.
#include <bit>
#include <cmath>
#include <cstring>

#include "kernels/dispatch.h"

namespace shoal {
namespace {

// 64 chunks of 1,024 vectors are some 70 microseconds in cache and 500 from memory.
constexpr uint32_t chunks_between_looks = 64;
constexpr size_t prefetch_bytes = 1024;
constexpr uint32_t prefetch_rows = 256;

// `size` bits (1 .. 64) from bit `first` on; those past the bitmap's end read as 0.
uint64_t bits_at(const uint8_t* bitmap, size_t bytes, size_t first, uint32_t size) {
  uint8_t nine[9] = {};
  const size_t byte = first >> 3;
  if (byte < bytes) std::memcpy(nine, bitmap + byte, bytes - byte < 9 ? bytes - byte : 9);
  uint64_t low;
  std::memcpy(&low, nine, sizeof low);
  const uint32_t shift = first & 7;
  const uint64_t bits = shift == 0 ? low : low >> shift | uint64_t{nine[8]} << (64 - shift);
  return size == 64 ? bits : bits & ((uint64_t{1} << size) - 1);
}

// The smallest S of which score(S) may reach the threshold: one below the exact quotient covers its rounding. False = none can.
bool cut_of(const ScanQuery& query, double bias, int32_t* cut) {
  const double least = std::ceil((query.best->threshold - bias) / query.unit) - 1;
  if (least > INT32_MAX) return false;
  *cut = least > INT32_MIN ? static_cast<int32_t>(least) : INT32_MIN;
  return true;
}

struct Chunk {
  const uint8_t* blocks;
  uint32_t count;
  uint32_t width;
  uint32_t first;  // position
  uint32_t list;
};

bool bit_of(const uint8_t* bitmap, uint32_t row) { return (bitmap[row >> 3] >> (row & 7) & 1) != 0; }

bool counts(const ListColumns& lists, uint32_t row) {
  return (lists.live == nullptr || bit_of(lists.live, row)) && (lists.filter == nullptr || bit_of(lists.filter, row));
}

// Where a vector lies in several lists, rows have their ids anywhere: those of all survivors are asked for before the first is used.
void keep(const ListColumns& lists, const ScanQuery& query, const Chunk& chunk, const uint64_t* masks, const int32_t* scores) {
  const double bias = query.biases[chunk.list];
  uint16_t kept[chunk_blocks * 64];
  size_t found = 0;
  for (uint32_t b = 0; b < chunk.count; b++) {
    for (uint64_t mask = masks[b]; mask != 0; mask &= mask - 1) {
      const uint32_t v = b * 64 + static_cast<uint32_t>(std::countr_zero(mask));
      if (lists.rows != nullptr && lists.ids != nullptr) __builtin_prefetch(lists.ids + lists.rows[chunk.first + v]);
      kept[found++] = static_cast<uint16_t>(v);
    }
  }
  for (size_t i = 0; i < found; i++) {
    const uint32_t v = kept[i];
    const double score = static_cast<double>(scores[v]) * query.unit + bias;
    const uint32_t position = chunk.first + v, row = lists.row_of(position);
    if (lists.rows != nullptr && !counts(lists, row)) continue;
    const uint64_t tie = lists.ids == nullptr ? row : lists.ids[row];
    offer(*query.best, {score, tie, position, chunk.list, lists.column, scores[v]});
  }
}

// Bitmaps by row are looked at when a vector survives.
bool fill_masks(const ListColumns& lists, const Chunk& chunk, uint32_t vectors, uint64_t* masks) {
  const bool is_by_position = lists.rows == nullptr;
  uint64_t any = 0;
  for (uint32_t b = 0; b < chunk.count; b++) {
    const uint32_t size = vectors - b * 64 < 64 ? vectors - b * 64 : 64;
    uint64_t mask = size == 64 ? ~uint64_t{0} : (uint64_t{1} << size) - 1;
    const size_t first = size_t{chunk.first} + b * 64;
    if (is_by_position && lists.live != nullptr) mask &= bits_at(lists.live, lists.bitmap_bytes, first, size);
    if (is_by_position && lists.filter != nullptr) mask &= bits_at(lists.filter, lists.bitmap_bytes, first, size);
    masks[b] = mask;
    any |= mask;
  }
  return any != 0;
}

void scan_chunk(const Kernels& kernels, const ListColumns& lists, const ScanQuery* queries, size_t query_count, const Chunk& chunk,
                uint32_t vectors) {
  uint64_t counted[chunk_blocks], masks[chunk_blocks];
  int32_t scores[chunk_blocks * 64];
  if (!fill_masks(lists, chunk, vectors, counted)) return;
  for (size_t q = 0; q < query_count; q++) {
    int32_t cut = 0;
    const double bias = queries[q].biases[chunk.list];
    if (std::isnan(bias) || !cut_of(queries[q], bias, &cut)) continue;
    std::memcpy(masks, counted, sizeof masks);
    const uint32_t found = kernels.scan_blocks(queries[q].table, chunk.blocks, chunk.count, chunk.width, cut, masks, scores);
    if (found != 0) keep(lists, queries[q], chunk, masks, scores);
  }
}

// While little is seen, chunks are short and every one raises the threshold: without one, everything would be a survivor.
uint32_t chunk_size(size_t left, size_t seen) {
  const size_t size = seen / 2 + 2 < chunk_blocks ? seen / 2 + 2 : chunk_blocks;
  return static_cast<uint32_t>(left < size ? left : size);
}

// Between chunks a reservoir is cut back when three quarters of R are new in it, the first time as soon as it is full: seldom enough to cost little,
// often enough for a threshold near the true one.
void tighten(const ScanQuery* queries, size_t query_count) {
  for (size_t q = 0; q < query_count; q++) {
    Reservoir& best = *queries[q].best;
    const size_t slack = best.is_cut ? best.wanted / 2 + best.wanted / 4 + 32 : 0;
    if (best.count >= best.wanted + slack) cut_back(best);
  }
}

}  // namespace

void prefetch_list(const ListColumns& lists, size_t list) {
  if (list >= lists.count || lists.counts[list] == 0) return;
  const uint8_t* from = lists.codes + lists.offsets[list];
  for (size_t at = 0; at < prefetch_bytes; at += 64) __builtin_prefetch(from + at);
  if (lists.rows == nullptr) return;
  const uint32_t rows = lists.counts[list] < prefetch_rows ? lists.counts[list] : prefetch_rows;
  for (uint32_t at = 0; at < rows; at += 64 / sizeof(uint32_t)) __builtin_prefetch(lists.rows + lists.firsts[list] + at);
}

bool scan_list(const Kernels& kernels, const ListColumns& lists, size_t list, const ScanQuery* queries, size_t query_count,
               const uint8_t* cancel, size_t& seen) {
  const uint32_t count = lists.counts[list];
  const size_t pairs = queries[0].table.pairs, whole = whole_blocks(count);
  const uint8_t* blocks = lists.codes + lists.offsets[list];
  uint32_t chunks = 0;
  for (size_t b = 0; b < whole;) {
    if (chunks++ % chunks_between_looks == 0 && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0) return false;
    const uint32_t size = chunk_size(whole - b, seen);
    const uint32_t from = static_cast<uint32_t>(b) * 64;
    const uint32_t vectors = count - from < size * 64 ? count - from : size * 64;
    const Chunk chunk = {blocks + b * block_bytes(pairs, 64), size, 64, lists.firsts[list] + from, static_cast<uint32_t>(list)};
    scan_chunk(kernels, lists, queries, query_count, chunk, vectors);
    b += size;
    seen += size;
    tighten(queries, query_count);
  }
  if (!has_half_block(count)) return true;
  const uint32_t from = static_cast<uint32_t>(whole) * 64;
  const Chunk chunk = {blocks + whole * block_bytes(pairs, 64), 1, 32, lists.firsts[list] + from, static_cast<uint32_t>(list)};
  scan_chunk(kernels, lists, queries, query_count, chunk, count - from);
  seen++;
  tighten(queries, query_count);
  return true;
}

bool scan_lists(const Kernels& kernels, const ListColumns& lists, const ScanQuery* queries, size_t query_count, const uint8_t* cancel) {
  size_t seen = 0;
  for (size_t list = 0; list < lists.count; list++) {
    if (__atomic_load_n(cancel, __ATOMIC_RELAXED) != 0) return false;
    prefetch_list(lists, list + 1);
    if (query_count > 0 && !scan_list(kernels, lists, list, queries, query_count, cancel, seen)) return false;
  }
  for (size_t q = 0; q < query_count; q++) finish(*queries[q].best);
  return true;
}

}  // namespace shoal
