// Which lists a query reads. See list-search.h.
#include "kernels/list-search/coarse.h"

#include <bit>

#include "kernels/dispatch.h"
#include "kernels/list-search/select.h"

namespace shoal {
namespace {

// Survivors of the codes. Of 8,192 centroids of 384 dimensions, asked by sentences and by single words, .979 and .967 of the nearest 22 are among
// 22 candidates, and .981 and .970 of the nearest 70 among 70 (.980, .977, .983, .980 where all are compared by bytes); the others are the last.
constexpr size_t survivors_each = 4;
constexpr size_t survivors_spare = 64;
constexpr size_t lists_a_survivor = 256;
constexpr size_t sampled_blocks = 8;

// The scan of the centroids' codes: S as adc-scan.h has it, without a bias, which all have alike.
struct CentroidScan {
  const Kernels& kernels;
  const CentroidCodes& codes;
  ScanTable table;
  size_t count;
  int32_t* sums;  // S of those that the last scan gave
  uint64_t* keys;

  // Appends the keys of those of `some` blocks of 64, or of the half one, from block `from` on, whose S reaches `cut`.
  size_t append(size_t from, size_t some, uint32_t width, int32_t cut, size_t found) const {
    uint64_t masks[chunk_blocks];
    for (size_t b = 0; b < some; b++) {
      const size_t left = count - (from + b) * block_width;
      masks[b] = left < block_width ? (uint64_t{1} << left) - 1 : ~uint64_t{0};
    }
    const size_t first = from * block_width;
    const uint8_t* blocks = codes.blocks + from * block_bytes(table.pairs, block_width);
    kernels.scan_blocks(table, blocks, static_cast<uint32_t>(some), width, cut, masks, sums + first);
    for (size_t b = 0; b < some; b++) {
      for (uint64_t mask = masks[b]; mask != 0; mask &= mask - 1) {
        const size_t l = first + b * block_width + static_cast<size_t>(std::countr_zero(mask));
        keys[found++] = key_of(sums[l], static_cast<uint32_t>(l));
      }
    }
    return found;
  }

  size_t all(int32_t cut) const {
    const size_t whole = whole_blocks(count);
    size_t found = 0;
    for (size_t b = 0; b < whole; b += chunk_blocks) {
      found = append(b, whole - b < chunk_blocks ? whole - b : chunk_blocks, block_width, cut, found);
    }
    return has_half_block(count) ? append(whole, 1, half_width, cut, found) : found;
  }

  // Keys of the best `wanted` to the front. Whole blocks here and there say what these reach.
  void select(size_t wanted) const {
    const size_t step = count / block_width / sampled_blocks;
    size_t sampled = 0;
    for (size_t i = 0; step > 0 && i < sampled_blocks; i++) sampled = append(i * step, 1, block_width, INT32_MIN, sampled);
    const uint64_t floor = step > 0 ? likely_floor(keys, sampled, count, wanted) : 0;
    size_t found = floor > 0 ? all(sum_of(floor)) : 0;
    if (found < wanted) found = all(INT32_MIN);
    select_keys(keys, found, wanted);
  }
};

// The best of all lists by the codes and bytes of their centroids, their keys sorted in `work.keys`.
void choose_by_codes(const Kernels& kernels, const ListSearcher& searcher, const CoarseWork& work, size_t survivors, size_t candidates) {
  const CentroidCodes& codes = searcher.centroid_codes;
  const LevelScale scale =
      build_lookup_table(kernels, codes.words, work.query, codes.subquantizers, codes.dsub, codes.scales, work.tables, work.levels);
  const uint32_t pairs = static_cast<uint32_t>(padded_subquantizers(codes.subquantizers) / 2);
  kernels.spread_levels(work.levels, pairs, work.spread);
  const ScanTable table = {work.levels, work.spread, pairs, scale.offset, scale.anchor_weight};
  CentroidScan{kernels, codes, table, searcher.list_count, work.sums, work.keys}.select(survivors);
  for (size_t i = 0; i < survivors; i++) work.lists[i] = list_of(work.keys[i]);
  kernels.byte_products(work.query_levels, codes.rows, work.lists, survivors, padded_dim(searcher.dim), work.sums);
  for (size_t i = 0; i < survivors; i++) work.scores[i] = static_cast<float>(work.sums[i]) * codes.row_scales[work.lists[i]];
  select_best(work.scores, work.lists, survivors, candidates, work.keys);
  sort_keys(work.keys, candidates);
}

}  // namespace

size_t coded_survivors(const ListSearcher& searcher, size_t candidates) {
  const size_t wanted = survivors_each * candidates + survivors_spare + searcher.list_count / lists_a_survivor;
  return searcher.centroid_codes.words != nullptr && wanted < searcher.list_count ? wanted : 0;
}

size_t choose_lists(const Kernels& kernels, const ListSearcher& searcher, const CoarseWork& work, size_t candidates, size_t nprobe,
                    uint32_t* lists) {
  const size_t survivors = coded_survivors(searcher, candidates), count = survivors > 0 ? candidates : searcher.list_count;
  const size_t chosen = nprobe < count ? nprobe : count;
  if (survivors > 0) choose_by_codes(kernels, searcher, work, survivors, candidates);
  if (survivors == 0 || candidates > nprobe) {
    for (size_t i = 0; i < count; i++) work.lists[i] = survivors > 0 ? list_of(work.keys[i]) : static_cast<uint32_t>(i);
    kernels.row_products(work.query, searcher.centroids, work.lists, count, searcher.dim, work.scores);
    select_best(work.scores, work.lists, count, chosen, work.keys);
    sort_keys(work.keys, chosen);
  }
  for (size_t i = 0; i < chosen; i++) lists[i] = list_of(work.keys[i]);
  return chosen;
}

void order_by_bias(uint64_t* keys, size_t count, uint32_t* lists, double* biases) {
  for (size_t i = 0; i < count; i++) keys[i] = key_of(static_cast<float>(biases[i]), lists[i]);
  sort_keys(keys, count);
  for (size_t i = 0; i < count; i++) {
    lists[i] = list_of(keys[i]);
    biases[i] = static_cast<double>(score_of(keys[i]));
  }
}

void quantize_rows(const float* centroids, size_t count, size_t dim, int8_t* rows, float* scales) {
  for (size_t c = 0; c < count; c++) {
    scales[c] = static_cast<float>(quantize_query(centroids + c * dim, dim, rows + c * padded_dim(dim)) * 2);
  }
}

}  // namespace shoal
