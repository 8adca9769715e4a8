// The stages one after the other, in memory of the caller's. See list-search.h.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/dispatch.h"
#include "kernels/adc-scan/rows.h"
#include "kernels/list-search/coarse.h"
#include "kernels/list-search/scan.h"

namespace shoal {
namespace {

constexpr size_t survivors_between_looks = 64;
constexpr size_t prefetch_ahead = 8;
constexpr size_t vectors_ahead = 4;
constexpr size_t codes_ahead = 2;
constexpr size_t reservoir_slack = 192;

// S of a survivor that was found in a further list, until its first one is read: |S| < 2^31.
constexpr int32_t unknown_sum = INT32_MIN;

// What the work is cut into. A work of null only counts.
struct Work {
  float* query;     // float32[query_floats], zeros past dim
  float* tables;
  uint8_t* levels;
  uint8_t* spread;
  int8_t* query_levels;
  double* biases;  // by list
  double* scan_biases;  // those with learned ones; the same where there are none
  uint32_t* lists;
  float* scores;
  uint64_t* keys;
  int32_t* sums;
  Entry* entries;
  size_t capacity;
  uint32_t* places;  // [places_for(wanted)]
  float* scan_query;  // float32[coded dim] and uint32[dim], where there is an adapter
  uint32_t* dims;
  float* own_tables;  // of the codes' own words, where others are learned
  size_t bytes;
};

// A power of two, so that at least half of a table stays empty.
size_t places_for(size_t wanted) {
  size_t places = 16;
  while (places < 2 * wanted) places *= 2;
  return places;
}

template <typename T>
T* take(uint8_t* from, size_t& at, size_t count) {
  T* taken = reinterpret_cast<T*>(from + at);
  at = (at + count * sizeof(T) + 63) & ~size_t{63};
  return taken;
}

// Those of the query, with as many zeros behind it as codes of vectors and of centroids want.
size_t query_floats(const ListSearcher& searcher) {
  return std::max(searcher.coded_dim(), searcher.centroid_codes.subquantizers * searcher.centroid_codes.dsub);
}

Work cut(const ListSearcher& searcher, size_t wanted, size_t threads, uint8_t* memory) {
  const size_t past = reinterpret_cast<uintptr_t>(memory) & 63;
  uint8_t* from = memory + (past == 0 ? 0 : 64 - past);
  size_t at = 0;
  const size_t lists = searcher.list_count;
  const size_t subquantizers = std::max(searcher.subquantizers, searcher.centroid_codes.subquantizers);
  const size_t pairs = padded_subquantizers(subquantizers) / 2;
  Work work;
  work.query = take<float>(from, at, query_floats(searcher));
  work.tables = take<float>(from, at, subquantizers * ksub);
  work.levels = take<uint8_t>(from, at, pairs * 32);
  work.spread = take<uint8_t>(from, at, pairs * 128);
  work.query_levels = take<int8_t>(from, at, 2 * padded_dim(searcher.coded_dim()));
  work.biases = take<double>(from, at, lists);
  work.scan_biases = searcher.list_biases == nullptr ? work.biases : take<double>(from, at, lists);
  work.lists = take<uint32_t>(from, at, lists);
  work.scores = take<float>(from, at, lists);
  work.keys = take<uint64_t>(from, at, lists);
  work.sums = take<int32_t>(from, at, searcher.centroid_codes.words == nullptr ? 0 : lists + block_width);
  work.capacity = 2 * wanted + reservoir_slack;
  work.entries = take<Entry>(from, at, work.capacity * threads);
  work.places = take<uint32_t>(from, at, places_for(wanted));
  work.scan_query = take<float>(from, at, searcher.adapter == nullptr ? 0 : searcher.coded_dim());
  work.dims = take<uint32_t>(from, at, searcher.adapter == nullptr ? 0 : searcher.dim);
  work.own_tables = take<float>(from, at, searcher.scan_words == nullptr ? 0 : searcher.subquantizers * ksub);
  work.bytes = at + 64;
  return work;
}

bool has_rows(const ListSearcher& searcher) {
  for (size_t c = 0; c < searcher.column_count; c++) {
    if (searcher.columns[c].in_rows.codes != nullptr) return true;
  }
  return false;
}

bool has_further(const ListSearcher& searcher) {
  for (size_t c = 0; c < searcher.column_count; c++) {
    if (searcher.columns[c].first != c) return true;
  }
  return false;
}

// By list as well. Lists are known to be read or not only where rows name theirs, or vectors have a first list.
void fill_biases(const Kernels& kernels, const ListSearcher& searcher, const Work& work, const SearchRequest& request,
                 SearchAnswer& answer) {
  if (!request.has_biases && searcher.bases != nullptr) {
    kernels.row_products(work.query, searcher.bases, answer.probes, answer.probed, searcher.dim, work.scores);
    for (size_t i = 0; i < answer.probed; i++) answer.biases[i] = static_cast<double>(work.scores[i]);
    if (request.candidates == 0) order_by_bias(work.keys, answer.probed, answer.probes, answer.biases);
  }
  const bool is_sparse = has_rows(searcher) || has_further(searcher);
  for (size_t list = 0; is_sparse && list < searcher.list_count; list++) work.biases[list] = NAN;
  for (size_t i = 0; i < answer.probed; i++) work.biases[answer.probes[i]] = answer.biases[i];
  if (searcher.list_biases == nullptr) return;
  for (size_t list = 0; is_sparse && list < searcher.list_count; list++) work.scan_biases[list] = NAN;
  for (size_t i = 0; i < answer.probed; i++) {
    const uint32_t list = answer.probes[i];
    work.scan_biases[list] = answer.biases[i] + static_cast<double>(searcher.list_biases[list]);
  }
}

struct Scan {
  const ListSearcher& searcher;
  const SearchRequest& request;
  ScanQuery query;
  double step;
};

// The tables that the scan reads, and for learned words those of the codes' own.
LevelScale make_tables(const Kernels& kernels, const ListSearcher& searcher, const Work& work) {
  const size_t subquantizers = searcher.subquantizers, dsub = searcher.dsub;
  const float* query = work.query;
  if (searcher.adapter != nullptr) {
    for (size_t j = 0; j < searcher.dim; j++) work.dims[j] = static_cast<uint32_t>(j);
    kernels.row_products(work.query, searcher.adapter, work.dims, searcher.dim, searcher.dim, work.scan_query);
    for (size_t j = searcher.dim; j < searcher.coded_dim(); j++) work.scan_query[j] = 0;
    query = work.scan_query;
  }
  const bool is_learned = searcher.scan_words != nullptr;
  if (is_learned) kernels.inner_tables(searcher.words, work.query, subquantizers, dsub, work.own_tables);
  const float* words = is_learned ? searcher.scan_words : searcher.words;
  return build_lookup_table(kernels, words, query, subquantizers, dsub, searcher.scales, work.tables, work.levels);
}

bool has_copies(const ListSearcher& searcher) {
  for (size_t c = 0; c < searcher.column_count; c++) {
    if (searcher.columns[c].lists.rows != nullptr) return true;
  }
  return has_further(searcher);
}

bool is_first(const ListSearcher& searcher, const Entry& entry) { return searcher.columns[entry.column].first == entry.column; }

bool is_better_copy(const Entry& a, const Entry& b) { return a.score != b.score ? a.score > b.score : a.list < b.list; }

// Leaves one entry of each tie, by a table of where ties are: that of the first list where `prefers_first`, else the better.
void keep_once(const ListSearcher& searcher, Reservoir& best, bool prefers_first, uint32_t* places, size_t size) {
  std::memset(places, 0xff, size * sizeof(uint32_t));
  size_t kept = 0;
  for (size_t i = 0; i < best.count; i++) {
    const Entry entry = best.entries[i];
    size_t at = (entry.tie * 0x9e3779b97f4a7c15u >> 32) & (size - 1);
    while (places[at] != UINT32_MAX && best.entries[places[at]].tie != entry.tie) at = (at + 1) & (size - 1);
    if (places[at] == UINT32_MAX) {
      places[at] = static_cast<uint32_t>(kept);
      best.entries[kept++] = entry;
      continue;
    }
    Entry& other = best.entries[places[at]];
    const bool is_own = is_first(searcher, entry);
    if (prefers_first && is_own != is_first(searcher, other) ? is_own : is_better_copy(entry, other)) other = entry;
  }
  best.count = kept;
}

uint32_t row_of(const Scan& scan, const Entry& entry) { return scan.searcher.columns[entry.column].lists.row_of(entry.position); }

const uint8_t* record_of(const Scan& scan, const Entry& entry, size_t size) {
  return scan.searcher.columns[entry.column].records + size_t{entry.position} * size;
}

const uint8_t* list_start(const ListColumns& lists, uint32_t list) { return lists.codes + lists.offsets[list]; }

size_t vector_of(const ListColumns& lists, const Entry& entry) { return entry.position - lists.firsts[entry.list]; }

// Where the factors of a survivor lie, int16 F, T.
const uint8_t* factors_at(const Scan& scan, const Entry& entry) {
  const SearchColumn& column = scan.searcher.columns[entry.column];
  if (column.in_rows.codes != nullptr) return reinterpret_cast<const uint8_t*>(column.in_rows.factors + 2 * size_t{entry.position});
  const ListColumns& lists = column.lists;
  return factors_of(list_start(lists, entry.list), scan.query.table.pairs, lists.counts[entry.list], vector_of(lists, entry));
}

// Its code, uint8[pairs].
void copy_code(const Scan& scan, const Entry& entry, uint8_t* code) {
  const SearchColumn& column = scan.searcher.columns[entry.column];
  const size_t pairs = scan.query.table.pairs;
  if (column.in_rows.codes != nullptr) {
    std::memcpy(code, column.in_rows.codes + entry.position * pairs, pairs);
    return;
  }
  const ListColumns& lists = column.lists;
  read_code(list_start(lists, entry.list), pairs, lists.counts[entry.list], vector_of(lists, entry), code);
}

// offset + sum of levels, from the S that the scan left: F is 0 only where a vector's codewords point away from it.
double first_sum(const Scan& scan, const Entry& entry) {
  const ScanTable& table = scan.query.table;
  int16_t factors[2];
  std::memcpy(factors, factors_at(scan, entry), sizeof factors);
  if (factors[0] != 0) return static_cast<double>((int64_t{entry.sum} - int64_t{factors[1]} * table.anchor_weight) / factors[0]);
  uint8_t code[subquantizers_max / 2];
  copy_code(scan, entry, code);
  return sum_of_code(table, code);
}

void prefetch_survivor(const Scan& scan, const Entry& entry, size_t size) {
  const uint8_t* record = record_of(scan, entry, size);
  for (size_t at = 0; at < size; at += 64) __builtin_prefetch(record + at);
  __builtin_prefetch(record + size - 1);
  __builtin_prefetch(factors_at(scan, entry));
}

// The list of a column of first lists, which lie one behind the other, that `row` is in.
uint32_t list_of(const SearchColumn& column, uint32_t row) {
  if (column.in_rows.codes != nullptr) return column.in_rows.lists[row];
  const uint32_t* firsts = column.lists.firsts;
  size_t from = 0, to = column.lists.count;
  while (to - from > 1) {
    const size_t middle = from + (to - from) / 2;
    if (firsts[middle] <= row) {
      from = middle;
    } else {
      to = middle;
    }
  }
  return static_cast<uint32_t>(from);
}

void prefetch_code(const Scan& scan, const Entry& entry) {
  if (scan.searcher.columns[entry.column].in_rows.codes != nullptr) return;
  const ListColumns& lists = scan.searcher.columns[entry.column].lists;
  prefetch_code_of(list_start(lists, entry.list), scan.query.table.pairs, lists.counts[entry.list], vector_of(lists, entry));
}

// Puts every survivor where its vector lies first; drops one whose first list there is not.
void place_first(const Scan& scan) {
  Reservoir& best = *scan.query.best;
  size_t kept = 0;
  for (size_t i = 0; i < best.count; i++) {
    Entry entry = best.entries[i];
    if (!is_first(scan.searcher, entry)) {
      const uint32_t row = row_of(scan, entry), column = scan.searcher.columns[entry.column].first;
      const uint32_t list = list_of(scan.searcher.columns[column], row);
      if (list >= scan.searcher.list_count) continue;
      entry = {entry.score, entry.tie, row, list, column, unknown_sum};
    }
    best.entries[kept++] = entry;
  }
  best.count = kept;
}

// S and bias of the survivors that were placed so, as the scan of their first list would have found them.
void read_first(const Kernels& kernels, const Scan& scan, double* biases) {
  Reservoir& best = *scan.query.best;
  uint8_t code[subquantizers_max / 2];
  for (size_t i = 0; i < best.count; i++) {
    if (i + 1 < best.count && best.entries[i + 1].sum == unknown_sum) prefetch_code(scan, best.entries[i + 1]);
    Entry& entry = best.entries[i];
    if (entry.sum != unknown_sum) continue;
    int16_t factors[2];
    std::memcpy(factors, factors_at(scan, entry), sizeof factors);
    copy_code(scan, entry, code);
    entry.sum = score_of_row(scan.query.table, code, factors);
    if (biases[entry.list] == biases[entry.list]) continue;
    float bias;
    kernels.row_products(scan.request.query, scan.searcher.bases, &entry.list, 1, scan.searcher.dim, &bias);
    biases[entry.list] = static_cast<double>(bias);
  }
}

// <q, d>: of learned words from the code, else as the scan saw it.
double own_product(const Scan& scan, const SecondQuery& second, const Entry& entry) {
  if (scan.searcher.scan_words == nullptr) return scan.step * first_sum(scan, entry);
  uint8_t code[subquantizers_max / 2];
  copy_code(scan, entry, code);
  return first_product(second, code);
}

// Scores of both codes for all survivors.
bool score_all(const Kernels& kernels, const Scan& scan, const SecondQuery& second, int64_t level_sum, const uint8_t* cancel) {
  const Reservoir& best = *scan.query.best;
  const size_t size = record_bytes(second.dim, second.kind);
  for (size_t i = 0; i < best.count && i < prefetch_ahead; i++) prefetch_survivor(scan, best.entries[i], size);
  for (size_t i = 0; i < best.count; i++) {
    if (i % survivors_between_looks == 0 && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0) return false;
    if (i + prefetch_ahead < best.count) prefetch_survivor(scan, best.entries[i + prefetch_ahead], size);
    if (scan.searcher.scan_words != nullptr && i + codes_ahead < best.count) prefetch_code(scan, best.entries[i + codes_ahead]);
    const Entry& entry = best.entries[i];
    const SecondTerms terms = second_terms(kernels, second, level_sum, record_of(scan, entry, size));
    const double score = terms.rescale * (own_product(scan, second, entry) + terms.second) + terms.shift + scan.query.biases[entry.list];
    best.entries[i].score = score == score ? score : -INFINITY;
  }
  return true;
}

// The scores of second-code.h.
void score_best(const Kernels& kernels, const Scan& scan, const SecondQuery& second, int64_t level_sum, size_t count) {
  Entry* entries = scan.query.best->entries;
  uint8_t code[subquantizers_max / 2];
  if (count > 0) prefetch_code(scan, entries[0]);
  for (size_t i = 0; i < count; i++) {
    if (i + 1 < count) prefetch_code(scan, entries[i + 1]);
    const Entry& entry = entries[i];
    copy_code(scan, entry, code);
    const SecondTerms terms = second_terms(kernels, second, level_sum, record_of(scan, entry, record_bytes(second.dim, second.kind)));
    const double score =
        terms.rescale * (first_product(second, code) + terms.second) + terms.shift + scan.query.biases[entry.list];
    entries[i].score = score == score ? score : -INFINITY;
  }
}

bool has_records(const ListSearcher& searcher) {
  for (size_t c = 0; c < searcher.column_count; c++) {
    // An array of no bytes has no address either.
    if (searcher.columns[c].first == c && searcher.columns[c].records == nullptr && searcher.columns[c].rows > 0) return false;
  }
  return searcher.column_count > 0;
}

bool has_vectors(const ListSearcher& searcher) {
  for (size_t c = 0; c < searcher.column_count; c++) {
    if (searcher.columns[c].first == c && searcher.columns[c].vectors == nullptr && searcher.columns[c].rows > 0) return false;
  }
  return searcher.column_count > 0;
}

bool has_second(const Scan& scan) { return scan.request.last >= Stage::second && has_records(scan.searcher); }

bool is_exact(const Scan& scan) { return scan.request.last == Stage::exact && has_vectors(scan.searcher); }

void prefetch_vector(const Scan& scan, const Entry& entry) {
  const size_t dim = scan.searcher.dim;
  const uint16_t* vector = scan.searcher.columns[entry.column].vectors + size_t{row_of(scan, entry)} * dim;
  for (size_t j = 0; j < dim; j += 32) __builtin_prefetch(vector + j);
}

// <q, x> of the first `count` entries.
void score_exactly(const Kernels& kernels, const Scan& scan, size_t count) {
  Entry* entries = scan.query.best->entries;
  for (size_t i = 0; i < count && i < vectors_ahead; i++) prefetch_vector(scan, entries[i]);
  for (size_t i = 0; i < count; i++) {
    if (i + vectors_ahead < count) prefetch_vector(scan, entries[i + vectors_ahead]);
    float score;
    const uint16_t* vectors = scan.searcher.columns[entries[i].column].vectors;
    const uint32_t row = row_of(scan, entries[i]);
    kernels.half_products(scan.request.query, vectors, &row, 1, scan.searcher.dim, &score);
    entries[i].score = score == score ? static_cast<double>(score) : -INFINITY;
  }
}

bool refine(const Kernels& kernels, const Scan& scan, const SecondQuery& second, const uint8_t* cancel) {
  Reservoir& best = *scan.query.best;
  const int64_t level_sum = sum_levels(second.levels, second.dim);
  if (has_second(scan) && !score_all(kernels, scan, second, level_sum, cancel)) return false;
  const size_t refined = scan.request.refined < best.count ? scan.request.refined : best.count;
  if (refined > 0) select_entries(best.entries, best.count, refined);
  if (is_exact(scan)) {
    score_exactly(kernels, scan, refined);
  } else if (scan.searcher.scan_words == nullptr) {
    // Beside learned words every survivor has that score already.
    score_best(kernels, scan, second, level_sum, refined);
  }
  best.count = refined;
  return true;
}

// No helper may be left when the memory goes.
struct Closing {
  ScanCrew* crew;
  ~Closing() {
    if (crew != nullptr) crew->close();
  }
};

// Leaves exactly the best R.
bool scan_all(const ScanTask& task, Reservoir& best, ScanCrew* crew) {
  if (crew != nullptr) crew->open(task);
  scan_units(task, best);
  if (crew != nullptr) {
    crew->close();
    crew->collect(best);
  }
  if (best.count > best.wanted) shrink(best);
  return !task.progress->is_cancelled.load();
}

void write_answer(const Scan& scan, size_t k, SearchAnswer& answer) {
  const Reservoir& best = *scan.query.best;
  const size_t found = best.count < k ? best.count : k;
  if (found > 0) select_entries(best.entries, best.count, found);
  sort_entries(best.entries, found);
  for (size_t i = 0; i < found; i++) {
    const Entry& entry = best.entries[i];
    answer.ids[i] = entry.tie;
    answer.scores[i] = entry.score;
    answer.columns[i] = scan.searcher.columns[entry.column].first;
    answer.positions[i] = row_of(scan, entry);
    answer.lists[i] = entry.list;
  }
  answer.found = static_cast<uint32_t>(found);
}

}  // namespace

size_t work_bytes(const ListSearcher& searcher, size_t wanted, size_t threads) { return cut(searcher, wanted, threads, nullptr).bytes; }

bool search_lists(const Kernels& kernels, const ListSearcher& searcher, const SearchRequest& request, uint8_t* memory,
                  const uint8_t* cancel, SearchAnswer& answer, ScanCrew* crew) {
  const Closing closing = {crew};
  const Work work = cut(searcher, request.wanted, crew == nullptr ? 1 : crew->threads(), memory);
  const size_t coded_dim = searcher.coded_dim();
  std::memcpy(work.query, request.query, searcher.dim * sizeof(float));
  for (size_t j = searcher.dim; j < query_floats(searcher); j++) work.query[j] = 0;
  const double half_unit = quantize_query(work.query, coded_dim, work.query_levels);
  answer.probed = static_cast<uint32_t>(request.nprobe);
  if (request.candidates > 0) {
    const CoarseWork coarse = {work.query, work.query_levels, work.tables, work.levels, work.spread, work.sums, work.keys, work.lists,
                               work.scores};
    answer.probed = static_cast<uint32_t>(choose_lists(kernels, searcher, coarse, request.candidates, request.nprobe, answer.probes));
  }
  fill_biases(kernels, searcher, work, request, answer);
  if (request.last == Stage::coarse || searcher.words == nullptr) return true;
  const LevelScale scale = make_tables(kernels, searcher, work);
  const uint32_t pairs = static_cast<uint32_t>(padded_subquantizers(searcher.subquantizers) / 2);
  kernels.spread_levels(work.levels, pairs, work.spread);
  if (request.last == Stage::table) return true;
  Reservoir best = {work.entries, work.capacity, request.wanted, 0, request.threshold};
  const ScanTable table = {work.levels, work.spread, pairs, scale.offset, scale.anchor_weight};
  const Scan scan = {searcher, request, {table, scale.unit, work.biases, &best}, scale.unit / searcher.scales.rescale};
  ScanProgress progress(request.threshold);
  const ScanTask task = {kernels, searcher,      request, table,     scale.unit,   work.scan_biases,
                         answer.probes, answer.probed, cancel,  &progress, work.entries, work.capacity};
  if (!scan_all(task, best, crew)) return false;
  answer.scanned = static_cast<double>(progress.scanned.load());
  const bool is_refined = has_second(scan) || is_exact(scan), is_placed = is_refined && has_further(searcher);
  if (has_copies(searcher)) keep_once(searcher, best, is_placed, work.places, places_for(request.wanted));
  if (is_placed) place_first(scan);
  if (is_placed && has_second(scan)) read_first(kernels, scan, work.biases);
  const uint32_t kind = searcher.second_kind;
  const double second_unit = has_fine_query(kind) ? quantize_finely(work.query, coded_dim, work.query_levels) : half_unit;
  const float* tables = searcher.scan_words == nullptr ? work.tables : work.own_tables;
  const SecondQuery second = {tables, work.query_levels, second_unit, searcher.subquantizers, coded_dim, kind};
  if (is_refined && !refine(kernels, scan, second, cancel)) return false;
  write_answer(scan, request.k, answer);
  return true;
}

}  // namespace shoal
