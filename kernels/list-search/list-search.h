// A query over the inverted lists of a shard in one call: centroids, biases, table, first codes, second codes, the best k.
//
//   coarse   scan(l) = S                                                 of the centroids' codes, adc-scan.h; the best 4 candidates + 64 + lists / 256
//            near(l) = scale[l] * sum over j of level[j] * row[l][j]     int8 rows of the centroids; the best `candidates`
//            route(l) = <q, centroid[l]>                                 the best nprobe of those, nearest first, ties to the smaller list
//            So of most centroids one bit in 32 is read. With as many candidates as probes near(l) decides: centroids are not read. Without
//            codes, or where there are not so many lists, every centroid is a candidate.
//   bias     bias(l) = <q, base[l]>                                      where bases are there; else the caller's
//   table    of u = A q with the words to scan with, where such were learned (A = 1 without an adapter), else of q with the codes' words
//   first    score of adc-scan.h, list by list, nearest first, in every column: exactly the best R
//   once     of a vector that lies in several lists one of its survivors, so fewer than R may be left: the better, or, where second codes
//            follow, that of its first list. A survivor of another list becomes that of the first: its code is read there.
//   second   f * (D' + E) + t + bias, second-code.h with D' = step * (offset + sum of levels) for D: the best `refined` of the R
//   last     the score of second-code.h for those: the best k. (A record of the second code is read twice for a few, the first code, which
//            lies in as many cache lines as it has bytes, only for those few: 2 k of R.)
//   exact    instead of the last, where the vectors themselves are there: <q, x> for those `refined`, the best k; of first scores where there
//            is no second code
//
// Learned words, an adapter and learned biases of lists, added to bias(l) in the first scores, say which vectors survive and nothing else: what is left over of a vector, its second code, is that of the
// codes' own words. So with them D' is the product with those words, D of second-code.h, from the code where it lies.
//
// Every stage can be left out: lists and biases may be given, the work may end after any of them, and columns without records or without
// vectors do without the stages that read them. step = unit / rescale scale. better = larger score, then smaller id; NaN is never among the best.
//
// Products <q, row> of float32, or of float16 made float32 first: lane j % 16 of 16 adds up q[j] * row[j] from the first dimension on, product and sum rounded apart, and the
// lanes are added (l + l+8), (l + l+4), (l + l+2), (l + l+1). Byte products are exact: |sum| <= 127 * 127 * 65,536 < 2^31. The level of a
// centroid's row is round(127 x / largest |x|), its scale largest |x| / 127; the query's are those of quantize_query (second-code.h). So
// every set and the portable twin give the same bits.
//
// A second code belongs to the first code of one list. So a vector that lies in two has a column of first lists, with records, and one of
// further lists beside it (SearchColumn::first) with the same ids; the former's lists lie one behind the other, and bases are there.
//
// A column has its vectors list by list in blocks (adc-scan.h), or, where it still grows, row by row with a list for each (rows.h): scores are the
// same numbers. Several threads may scan for one query (scan.h): what is found does not depend on how many.
// Lists that are given without biases are read in the order of theirs, largest first.
//
// Layout: rows float32[lists][dim], any dim; byte rows int8[lists][padded_dim(dim)] with zeros past dim. A searcher keeps pointers, allocates nothing; everything a call needs is in the work that its
// owner brings (work_bytes).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/adc-scan/adc-scan.h"
#include "kernels/second-code/second-code.h"

namespace shoal {

struct Kernels;

// products[i] = <query, rows[numbers[i]]>.
using RowProducts = void (*)(const float* query, const float* rows, const uint32_t* numbers, size_t count, size_t dim, float* products);

using HalfProducts = void (*)(const float* query, const uint16_t* rows, const uint32_t* numbers, size_t count, size_t dim, float* products);

// products[i] = sum over j of levels[j] * rows[numbers[i] * dim + j]; dim a multiple of 32, no value is -128.
using ByteProducts = void (*)(const int8_t* levels, const int8_t* rows, const uint32_t* numbers, size_t count, size_t dim, int32_t* products);

constexpr size_t search_columns_max = 65536;

// Vectors row by row: codes uint8[rows][pairs], factors int16[rows][2] as pack_blocks takes them, lists uint32[rows].
struct RowColumns {
  const uint8_t* codes;  // null = they lie in lists
  const int16_t* factors;
  const uint32_t* lists;
};

struct SearchColumn {
  ListColumns lists;       // one for every list of the structure; of rows, count is 0, and ids are theirs
  const uint8_t* records;   // by position; null = no second code
  size_t rows;              // those of lists, and positions where lists have none, are below it
  const uint16_t* vectors;  // float16[rows][dim] by row; null = none
  RowColumns in_rows;
  uint32_t first;  // the column whose vectors these are in further lists; its own number where they are in their first
};

// Centroids as the vectors of one list, against any base: a part of the score that all have alike orders nothing. And as rows of bytes.
struct CentroidCodes {
  const float* words;  // float32[subquantizers][dsub][16], of which there are enough for dim; null = there are no codes
  size_t subquantizers;
  size_t dsub;
  FactorScales scales;
  const uint8_t* blocks;
  const int8_t* rows;
  const float* row_scales;
};

struct ListSearcher {
  const float* words;  // float32[subquantizers][dsub][16]; null = no columns
  size_t subquantizers;
  size_t dsub;
  FactorScales scales;
  size_t dim;
  size_t list_count;
  const float* bases;         // null = biases are given
  const float* centroids;     // null = lists are given
  const SearchColumn* columns;
  size_t column_count;
  uint32_t second_kind;  // of records
  const float* scan_words = nullptr;  // as words: what the scan's table is made of; null = words
  const float* adapter = nullptr;     // float32[dim][dim], A; null = the query itself
  const float* list_biases = nullptr; // float32[lists]; null = zeros
  CentroidCodes centroid_codes = {};

  size_t coded_dim() const { return words == nullptr ? dim : subquantizers * dsub; }
};

enum class Stage { coarse = 1, table = 2, first = 3, second = 4, exact = 5 };

struct SearchRequest {
  const float* query;  // float32[dim]
  size_t nprobe;
  size_t candidates;   // at least nprobe, and the same = none is compared exactly; 0 = probes are given
  size_t wanted;       // R
  size_t refined;      // at least k
  size_t k;
  double threshold;    // first scores below it are not wanted
  bool has_biases;     // biases are given
  Stage last;
  const uint8_t* const* filters;  // one for every column, null = all count; may be null
};

struct SearchAnswer {
  uint32_t* probes;  // uint32[nprobe], in or out; each list once, nprobe <= lists
  double* biases;    // float64[nprobe], in or out; NaN = the list is not read
  uint64_t* ids;     // [k] each
  double* scores;
  uint32_t* columns;    // those of the vectors' first lists
  uint32_t* positions;  // rows where lists have them
  uint32_t* lists;
  uint32_t probed = 0;
  uint32_t found = 0;
  double scanned = 0;  // vectors of the lists that were read
};

class ScanCrew;

// Bytes of work for searches of up to `wanted` survivors by up to `threads` threads.
size_t work_bytes(const ListSearcher& searcher, size_t wanted, size_t threads);

// False when *cancel became non-zero, looked at as in adc-scan.h and second-code.h. `crew` (null = this thread alone) is closed in the end,
// and of at most as many helpers as work has room for.
bool search_lists(const Kernels& kernels, const ListSearcher& searcher, const SearchRequest& request, uint8_t* work,
                  const uint8_t* cancel, SearchAnswer& answer, ScanCrew* crew);

// rows int8[count][padded_dim(dim)] and scales float32[count] of centroids float32[count][dim].
void quantize_rows(const float* centroids, size_t count, size_t dim, int8_t* rows, float* scales);

namespace reference {
void row_products(const float* query, const float* rows, const uint32_t* numbers, size_t count, size_t dim, float* products);
void half_products(const float* query, const uint16_t* rows, const uint32_t* numbers, size_t count, size_t dim, float* products);
void byte_products(const int8_t* levels, const int8_t* rows, const uint32_t* numbers, size_t count, size_t dim, int32_t* products);
}  // namespace reference
namespace avx2 {
void row_products(const float* query, const float* rows, const uint32_t* numbers, size_t count, size_t dim, float* products);
void half_products(const float* query, const uint16_t* rows, const uint32_t* numbers, size_t count, size_t dim, float* products);
void byte_products(const int8_t* levels, const int8_t* rows, const uint32_t* numbers, size_t count, size_t dim, int32_t* products);
}  // namespace avx2
namespace avx512 {
void row_products(const float* query, const float* rows, const uint32_t* numbers, size_t count, size_t dim, float* products);
void half_products(const float* query, const uint16_t* rows, const uint32_t* numbers, size_t count, size_t dim, float* products);
void byte_products(const int8_t* levels, const int8_t* rows, const uint32_t* numbers, size_t count, size_t dim, int32_t* products);
}  // namespace avx512
namespace neon {
void row_products(const float* query, const float* rows, const uint32_t* numbers, size_t count, size_t dim, float* products);
void half_products(const float* query, const uint16_t* rows, const uint32_t* numbers, size_t count, size_t dim, float* products);
void byte_products(const int8_t* levels, const int8_t* rows, const uint32_t* numbers, size_t count, size_t dim, int32_t* products);
}  // namespace neon

}  // namespace shoal
