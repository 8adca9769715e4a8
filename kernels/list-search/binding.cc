// list-search.h to JavaScript. See bindings.h.
//
// A searcher and a scratch are externals that keep their arrays from the collector and the mapped files under them in memory, so that a
// call checks a handful of numbers and no array. A searcher that is closed while jobs run on it goes when the last of them ends.
#include <memory>
#include <vector>

#include "kernels/bindings.h"
#include "kernels/list-arguments.h"
#include "kernels/list-search/batch.h"
#include "kernels/list-search/scan.h"

namespace shoal {
namespace {

constexpr uint64_t searcher_tag = 0x53454152434c5354, scratch_tag = 0x5343524154434831;
constexpr uint32_t dim_max = 65536;
constexpr size_t parameter_count = 10;

// Values of JavaScript and the mapped files under their arrays, kept until `drop`.
struct Keeper {
  std::vector<napi_ref> references;
  std::vector<Mapping*> mappings;

  void keep(const Arguments& arguments) {
    napi_env env = arguments.env();
    napi_value kept = nullptr;
    napi_create_array(env, &kept);
    for (size_t i = 0; i < arguments.count(); i++) {
      if (arguments.value(i) != nullptr) napi_set_element(env, kept, static_cast<uint32_t>(i), arguments.value(i));
    }
    napi_ref reference = nullptr;
    napi_create_reference(env, kept, 1, &reference);
    references.push_back(reference);
    for (size_t i = 0; i < arguments.address_count(); i++) {
      Mapping* mapping = hold_mapping(arguments.addresses()[i]);
      if (mapping != nullptr) mappings.push_back(mapping);
    }
  }

  void drop(napi_env env) {
    for (napi_ref reference : references) napi_delete_reference(env, reference);
    for (Mapping* mapping : mappings) release_mapping(mapping);
    references.clear();
    mappings.clear();
  }
};

struct Searcher {
  uint64_t tag = searcher_tag;
  Keeper keeper;
  ListSearcher searcher = {};
  std::vector<SearchColumn> columns;
  size_t users = 0;
  bool is_closed = false;

  void drop_if_done(napi_env env) {
    if (is_closed && users == 0) keeper.drop(env);
  }
};

struct Scratch {
  uint64_t tag = scratch_tag;
  Keeper keeper;
  size_t queries_max = 0;
  Column<double> parameters, biases, scores, found;
  Column<float> queries;
  Column<uint32_t> probes, places;
  Column<uint64_t> ids;
  Column<uint8_t> work;
  std::vector<uint32_t> order;
  bool is_busy = false;
};

template <typename Handle>
void finalize(napi_env env, void* data, void*) {
  Handle* handle = static_cast<Handle*>(data);
  handle->keeper.drop(env);
  delete handle;
}

template <typename Handle>
napi_value external_of(napi_env env, Handle* handle) {
  napi_value value = nullptr;
  napi_create_external(env, handle, finalize<Handle>, nullptr, &value);
  return value;
}

template <typename Handle>
Handle* handle_of(Arguments& arguments, size_t at, uint64_t tag, const char* name) {
  napi_valuetype type = napi_undefined;
  void* data = nullptr;
  napi_value value = arguments.value(at);
  const bool is_external = value != nullptr && napi_typeof(arguments.env(), value, &type) == napi_ok && type == napi_external &&
                           napi_get_value_external(arguments.env(), value, &data) == napi_ok && data != nullptr;
  Handle* handle = is_external ? static_cast<Handle*>(data) : nullptr;
  const bool is_own = handle != nullptr && handle->tag == tag;
  arguments.require(is_own, name);
  return is_own ? handle : nullptr;
}

Searcher* searcher_of(Arguments& arguments) {
  Searcher* handle = handle_of<Searcher>(arguments, 0, searcher_tag, "searcher: one that openSearcher made");
  arguments.require(handle == nullptr || !handle->is_closed, "searcher: closed");
  return handle;
}

struct FiltersArgument {
  std::vector<const uint8_t*> bitmaps;

  void parse(Arguments& arguments, size_t at, const Searcher& handle) {
    if (!arguments.ok() || arguments.is_null(at)) return;
    for (size_t c = 0; c < handle.columns.size(); c++) {
      napi_value element = nullptr;
      napi_valuetype type = napi_undefined;
      const bool is_read = napi_get_element(arguments.env(), arguments.value(at), static_cast<uint32_t>(c), &element) == napi_ok;
      if (is_read) napi_typeof(arguments.env(), element, &type);
      if (is_read && type == napi_null) {
        bitmaps.push_back(nullptr);
        continue;
      }
      const auto bitmap = arguments.lone_column<uint8_t>(is_read ? element : nullptr, "filters: a Uint8Array or null for every column");
      arguments.require(bitmap.size == (handle.columns[c].rows + 7) / 8, "filters: a bit for every row of the column");
      bitmaps.push_back(bitmap.data);
    }
  }
};

struct SearchJob final : Job {
  const Kernels* kernels = nullptr;
  Searcher* handle = nullptr;
  Scratch* scratch = nullptr;
  SearchRequest request = {};
  size_t query_count = 0;
  size_t helpers = 0;
  FiltersArgument filters;
  const uint8_t* cancel = nullptr;
  std::shared_ptr<ScanCrew> crew;  // null = this thread alone

  double run() override {
    // Helpers that never came in may wait for an answer that was never begun.
    const double result = search_all();
    if (crew != nullptr) crew->close();
    return result;
  }

  double search_all() {
    request.filters = filters.bitmaps.empty() ? nullptr : filters.bitmaps.data();
    const Scratch& own = *scratch;
    const QueryColumns columns = {own.queries.data, own.probes.data, own.biases.data, own.ids.data, own.scores.data, own.places.data,
                                  own.found.data, own.probes.size / own.queries_max, own.scores.size / own.queries_max};
    const bool is_done = search_queries(*kernels, handle->searcher, request, columns, query_count, scratch->order, own.work.data, cancel,
                                        crew.get());
    return is_done ? 0 : -1;
  }

  void finished(napi_env env) override {
    scratch->is_busy = false;
    handle->users--;
    handle->drop_if_done(env);
  }
};

// A thread beside that of a search. It may begin when the search has ended: it touches the crew, which says so, and nothing else.
struct HelpJob final : Job {
  std::shared_ptr<ScanCrew> crew;

  double run() override {
    crew->help();
    return 0;
  }
};

bool handle_has_further(const Searcher& handle) {
  for (size_t c = 0; c < handle.columns.size(); c++) {
    if (handle.columns[c].first != c) return true;
  }
  return false;
}

bool is_count(double value, double max) { return value >= 0 && value <= max && value == static_cast<double>(static_cast<uint64_t>(value)); }

// What a call takes, from the numbers of its scratch.
void parse_request(Arguments& arguments, SearchJob& job) {
  if (!arguments.ok()) return;
  const Scratch& scratch = *job.scratch;
  const ListSearcher& searcher = job.handle->searcher;
  const double* numbers = scratch.parameters.data;
  const double room = static_cast<double>(scratch.scores.size / scratch.queries_max);
  const double probes = static_cast<double>(scratch.probes.size / scratch.queries_max), lists = static_cast<double>(searcher.list_count);
  arguments.require(is_count(numbers[0], static_cast<double>(scratch.queries_max)) &&
                        scratch.queries.size >= scratch.queries_max * searcher.dim, "queries: no more than the scratch has room for");
  arguments.require(is_count(numbers[1], probes < lists ? probes : lists), "nprobe: no more than the scratch has room for, nor than lists");
  const bool is_coarse = numbers[2] > 0;
  arguments.require(is_count(numbers[2], UINT32_MAX) && (!is_coarse || (numbers[2] >= numbers[1] && searcher.centroids != nullptr)),
                    "candidates: 0, or at least nprobe where there are centroids");
  arguments.require(is_count(numbers[3], UINT32_MAX) && numbers[3] >= 1, "wanted: at least 1");
  arguments.require(is_count(numbers[4], UINT32_MAX) && is_count(numbers[5], room) && numbers[4] >= numbers[5],
                    "refined, k: k has room, refined is no less");
  arguments.require(is_count(numbers[9], static_cast<double>(ScanCrew::helpers_max)) && (numbers[9] == 0 || numbers[0] <= 1),
                    "helpers: at most 15, of one query");
  arguments.require(numbers[6] == numbers[6], "threshold: a number");
  arguments.require(is_count(numbers[8], 5) && numbers[8] >= 1, "last: a stage");
  if (!arguments.ok()) return;
  job.query_count = static_cast<size_t>(numbers[0]);
  job.helpers = static_cast<size_t>(numbers[9]);
  job.request = {nullptr, static_cast<size_t>(numbers[1]), static_cast<size_t>(numbers[2]), static_cast<size_t>(numbers[3]),
                 static_cast<size_t>(numbers[4]), static_cast<size_t>(numbers[5]), numbers[6], numbers[7] != 0,
                 static_cast<Stage>(static_cast<int>(numbers[8])), nullptr};
  const bool has_further = handle_has_further(*job.handle);
  arguments.require(!job.request.has_biases || !has_further, "biases: none are given where vectors lie in further lists");
  arguments.require(job.request.has_biases || searcher.bases != nullptr || job.request.last == Stage::coarse, "biases: given, or bases are");
  arguments.require(scratch.work.size >= work_bytes(searcher, job.request.wanted, job.helpers + 1), "work: too small");
  for (size_t q = 0; !is_coarse && arguments.ok() && q < job.query_count; q++) {
    const uint32_t* own = scratch.probes.data + q * (scratch.probes.size / scratch.queries_max);
    for (size_t i = 0; i < job.request.nprobe; i++) arguments.require(own[i] < searcher.list_count, "probes: lists");
  }
}

void parse_search(Arguments& arguments, SearchJob& job) {
  job.kernels = &selected_kernels();
  job.handle = searcher_of(arguments);
  job.scratch = handle_of<Scratch>(arguments, 1, scratch_tag, "scratch: one that openScratch made");
  arguments.require(job.scratch == nullptr || !job.scratch->is_busy, "scratch: in use by another search");
  parse_request(arguments, job);
  if (arguments.ok()) job.filters.parse(arguments, 2, *job.handle);
}

void append_column(Searcher* handle, SearchColumn column, const Arguments& arguments) {
  column.first = static_cast<uint32_t>(handle->columns.size());
  handle->columns.push_back(column);
  handle->searcher.columns = handle->columns.data();
  handle->searcher.column_count = handle->columns.size();
  handle->keeper.keep(arguments);
}

}  // namespace

napi_value open_searcher(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto words = arguments.column_or_null<float>(0, "words: a Float32Array or null");
  const size_t dsub = arguments.size(1, dsub_max, "dsub: from 1 to 64");
  const auto scales = arguments.column<double>(2, "scales: a Float64Array");
  const size_t dim = arguments.size(3, dim_max, "dim: from 1 to 65536");
  const size_t lists = arguments.size(4, UINT32_MAX, "lists: at least 1");
  const auto bases = arguments.column_or_null<float>(5, "bases: a Float32Array or null");
  const auto centroids = arguments.column_or_null<float>(6, "centroids: a Float32Array or null");
  const uint32_t second_kind = arguments.size(7, kinds_max, "secondKind: from 1 to 16");
  const size_t subquantizers = words.size / (dsub * ksub);
  arguments.require(words.size == subquantizers * dsub * ksub && subquantizers <= subquantizers_max, "words: 1 to 512 subquantizers");
  arguments.require(words.data == nullptr || (subquantizers >= 1 && subquantizers * dsub >= dim), "words: cover dim");
  arguments.require(scales.size == 2 && scales.data[0] > 0 && scales.data[1] > 0, "scales: two, positive");
  arguments.require(bases.data == nullptr || bases.size == lists * dim, "bases: one for every list");
  arguments.require(centroids.data == nullptr || centroids.size == lists * dim, "centroids: one for every list");
  if (!arguments.ok()) return nullptr;
  Searcher* handle = new Searcher;
  handle->searcher = {words.data, subquantizers,  dsub,    {scales.data[0], scales.data[1]}, dim, lists,
                      bases.data, centroids.data, nullptr, 0,                                second_kind};
  handle->keeper.keep(arguments);
  return external_of(env, handle);
}

napi_value add_search_column(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Searcher* handle = searcher_of(arguments);
  if (handle == nullptr) return nullptr;
  const size_t pairs = padded_subquantizers(handle->searcher.subquantizers) / 2, lists = handle->searcher.list_count;
  arguments.require(handle->searcher.words != nullptr && handle->columns.size() < search_columns_max, "searcher: has words and room");
  SearchColumn column = {parse_lists(arguments, 1, pairs), nullptr, 0, nullptr, {}, 0};
  const auto ids = arguments.column<uint64_t>(5, "ids: a BigUint64Array");
  const auto records = arguments.column_or_null<uint8_t>(6, "records: a Uint8Array or null");
  const auto live = arguments.column_or_null<uint8_t>(7, "live: a Uint8Array or null");
  const auto vectors = arguments.column_or_null<uint16_t>(8, "vectors: a Uint16Array or null");
  const auto rows = arguments.column_or_null<uint32_t>(9, "rows: a Uint32Array or null");
  const size_t positions = rows.data == nullptr ? ids.size : rows.size;
  column.rows = ids.size;
  arguments.require(column.lists.count == lists, "counts: one for every list");
  for (size_t l = 0; arguments.ok() && l < lists; l++) {
    arguments.require(size_t{column.lists.firsts[l]} + column.lists.counts[l] <= positions, "ids: one for every position");
  }
  for (size_t i = 0; arguments.ok() && i < rows.size; i++) arguments.require(rows.data[i] < ids.size, "rows: an id for each");
  const size_t size = record_bytes(handle->searcher.coded_dim(), handle->searcher.second_kind);
  arguments.require(records.data == nullptr || records.size == positions * size, "records: one for every position");
  arguments.require(live.data == nullptr || live.size == (ids.size + 7) / 8, "live: a bit for every row");
  const bool is_whole = vectors.data == nullptr || vectors.size == ids.size * handle->searcher.dim;
  arguments.require(is_whole, "vectors: one for every row");
  arguments.require(handle->users == 0, "searcher: in use");
  if (!arguments.ok()) return nullptr;
  size_t code_bytes = 0;
  for (size_t l = 0; l < lists; l++) {
    const size_t end = column.lists.offsets[l] + list_bytes(pairs, column.lists.counts[l]);
    code_bytes = end > code_bytes ? end : code_bytes;
  }
  prefer_large_pages(column.lists.codes, code_bytes);
  prefer_large_pages(records.data, records.size);
  prefer_large_pages(vectors.data, vectors.size * sizeof(uint16_t));
  column.lists.ids = ids.data;
  column.lists.rows = rows.data;
  column.lists.live = live.data;
  column.lists.bitmap_bytes = (ids.size + 7) / 8;
  column.lists.column = static_cast<uint32_t>(handle->columns.size());
  column.records = records.data;
  column.vectors = vectors.data;
  append_column(handle, column, arguments);
  return nullptr;
}

napi_value add_row_column(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Searcher* handle = searcher_of(arguments);
  if (handle == nullptr) return nullptr;
  const size_t pairs = padded_subquantizers(handle->searcher.subquantizers) / 2;
  arguments.require(handle->searcher.words != nullptr && handle->columns.size() < search_columns_max, "searcher: has words and room");
  const auto codes = arguments.column<uint8_t>(1, "codes: a Uint8Array");
  const auto factors = arguments.column<int16_t>(2, "factors: an Int16Array");
  const auto lists = arguments.column<uint32_t>(3, "lists: a Uint32Array");
  const auto ids = arguments.column<uint64_t>(4, "ids: a BigUint64Array");
  const auto records = arguments.column_or_null<uint8_t>(5, "records: a Uint8Array or null");
  const size_t rows = ids.size, size = record_bytes(handle->searcher.coded_dim(), handle->searcher.second_kind);
  arguments.require(rows >= 1 && rows <= UINT32_MAX && lists.size == rows, "ids: one for every row, of which there are some");
  arguments.require(codes.size == rows * pairs && factors.size == 2 * rows, "codes, factors: of every row");
  arguments.require(records.data == nullptr || records.size == rows * size, "records: one for every row");
  arguments.require(handle->users == 0, "searcher: in use");
  if (!arguments.ok()) return nullptr;
  SearchColumn column = {};
  column.lists.ids = ids.data;
  column.lists.column = static_cast<uint32_t>(handle->columns.size());
  column.records = records.data;
  column.rows = rows;
  column.in_rows = {codes.data, factors.data, lists.data};
  append_column(handle, column, arguments);
  return nullptr;
}

// The column added last has the vectors of column `first`, which are in their first lists there, in further ones.
napi_value set_first_column(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Searcher* handle = searcher_of(arguments);
  const double number = arguments.number(1, "first: a number");
  if (handle == nullptr) return nullptr;
  const size_t last = handle->columns.size() - 1;
  arguments.require(last + 1 >= 2 && is_count(number, static_cast<double>(last) - 1), "first: a column before the last");
  arguments.require(handle->searcher.bases != nullptr, "bases: those of first lists are read");
  arguments.require(handle->users == 0, "searcher: in use");
  if (!arguments.ok()) return nullptr;
  SearchColumn& further = handle->columns[last];
  const SearchColumn& first = handle->columns[static_cast<size_t>(number)];
  arguments.require(first.first == static_cast<uint32_t>(number) && first.lists.rows == nullptr, "first: a column of first lists");
  arguments.require(further.lists.ids == first.lists.ids && further.rows == first.rows, "ids: those of the first column");
  size_t position = 0;
  for (size_t l = 0; l < first.lists.count; l++) {
    arguments.require(first.lists.firsts[l] == position, "firsts: lists one behind the other");
    position += first.lists.counts[l];
  }
  arguments.require(first.in_rows.codes != nullptr || position == first.rows, "firsts: every row in a list");
  if (arguments.ok()) further.first = static_cast<uint32_t>(number);
  return nullptr;
}

napi_value scan_with(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Searcher* handle = searcher_of(arguments);
  const auto words = arguments.column<float>(1, "words: a Float32Array");
  const auto adapter = arguments.column_or_null<float>(2, "adapter: a Float32Array or null");
  const auto biases = arguments.column_or_null<float>(3, "listBiases: a Float32Array or null");
  if (handle == nullptr) return nullptr;
  ListSearcher& searcher = handle->searcher;
  arguments.require(searcher.words != nullptr && words.size == searcher.coded_dim() * ksub, "words: as many as the codes have");
  arguments.require(adapter.data == nullptr || adapter.size == searcher.dim * searcher.dim, "adapter: dim rows of dim values");
  arguments.require(biases.data == nullptr || biases.size == searcher.list_count, "listBiases: one for every list");
  arguments.require(handle->users == 0, "searcher: in use");
  if (!arguments.ok()) return nullptr;
  searcher.scan_words = words.data;
  searcher.adapter = adapter.data;
  searcher.list_biases = biases.data;
  handle->keeper.keep(arguments);
  return nullptr;
}

napi_value quantize_centroids(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto centroids = arguments.column<float>(size_t{0}, "centroids: a Float32Array");
  const size_t dim = arguments.size(1, dim_max, "dim: from 1 to 65536");
  const auto rows = arguments.column<int8_t>(2, "rows: an Int8Array");
  const auto scales = arguments.column<float>(3, "scales: a Float32Array");
  arguments.require(centroids.size == scales.size * dim && rows.size == scales.size * padded_dim(dim), "rows: one for every centroid");
  if (arguments.ok()) quantize_rows(centroids.data, scales.size, dim, rows.data, scales.data);
  return nullptr;
}

// Codes of the centroids, by which lists are chosen.
napi_value route_with(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Searcher* handle = searcher_of(arguments);
  const auto words = arguments.column<float>(1, "words: a Float32Array");
  const size_t dsub = arguments.size(2, dsub_max, "dsub: from 1 to 64");
  const auto scales = arguments.column<double>(3, "scales: a Float64Array");
  const auto blocks = arguments.column<uint8_t>(4, "blocks: a Uint8Array");
  const auto rows = arguments.column<int8_t>(5, "rows: an Int8Array");
  const auto row_scales = arguments.column<float>(6, "rowScales: a Float32Array");
  if (handle == nullptr || !arguments.ok()) return nullptr;
  ListSearcher& searcher = handle->searcher;
  const size_t subquantizers = words.size / (dsub * ksub), dim = subquantizers * dsub, lists = searcher.list_count;
  arguments.require(words.size == dim * ksub && subquantizers >= 1 && subquantizers <= subquantizers_max, "words: 1 to 512 subquantizers");
  arguments.require(dim >= searcher.dim, "words: cover dim");
  arguments.require(scales.size == 2 && scales.data[0] > 0 && scales.data[1] > 0, "scales: two, positive");
  arguments.require(blocks.size == list_bytes(padded_subquantizers(subquantizers) / 2, lists), "blocks: a code for every list");
  arguments.require(rows.size == lists * padded_dim(searcher.dim) && row_scales.size == lists, "rows, rowScales: one for every list");
  arguments.require(searcher.centroids != nullptr, "centroids: there are some");
  arguments.require(handle->users == 0, "searcher: in use");
  if (!arguments.ok()) return nullptr;
  searcher.centroid_codes = {words.data, subquantizers, dsub, {scales.data[0], scales.data[1]}, blocks.data, rows.data, row_scales.data};
  handle->keeper.keep(arguments);
  return nullptr;
}

napi_value close_searcher(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Searcher* handle = handle_of<Searcher>(arguments, 0, searcher_tag, "searcher: one that openSearcher made");
  if (handle == nullptr) return nullptr;
  handle->is_closed = true;
  handle->drop_if_done(env);
  return nullptr;
}

napi_value search_work_bytes(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Searcher* handle = searcher_of(arguments);
  const uint32_t wanted = arguments.size(1, UINT32_MAX, "wanted: at least 1");
  const uint32_t threads = arguments.size(2, ScanCrew::helpers_max + 1, "threads: from 1 to 16");
  return arguments.ok() ? number_value(env, static_cast<double>(work_bytes(handle->searcher, wanted, threads))) : nullptr;
}

napi_value open_scratch(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Scratch made;
  made.queries_max = arguments.size(size_t{0}, UINT32_MAX, "queries: at least 1");
  made.parameters = arguments.column<double>(1, "parameters: a Float64Array");
  made.queries = arguments.column<float>(2, "queries: a Float32Array");
  made.probes = arguments.column<uint32_t>(3, "probes: a Uint32Array");
  made.biases = arguments.column<double>(4, "biases: a Float64Array");
  made.ids = arguments.column<uint64_t>(5, "ids: a BigUint64Array");
  made.scores = arguments.column<double>(6, "scores: a Float64Array");
  made.places = arguments.column<uint32_t>(7, "places: a Uint32Array");
  made.found = arguments.column<double>(8, "found: a Float64Array");
  made.work = arguments.column<uint8_t>(9, "work: a Uint8Array");
  arguments.require(made.parameters.size == parameter_count, "parameters: ten");
  arguments.require(made.biases.size == made.probes.size && made.probes.size % made.queries_max == 0, "biases: one for every probe");
  arguments.require(made.scores.size % made.queries_max == 0 && made.ids.size == made.scores.size, "ids: one for every score");
  arguments.require(made.places.size == 3 * made.scores.size && made.found.size == 3 * made.queries_max, "places, found: three each");
  if (!arguments.ok()) return nullptr;
  Scratch* handle = new Scratch(made);
  if (made.queries_max > 1) handle->order.reserve(made.queries_max);
  handle->keeper.keep(arguments);
  return external_of(env, handle);
}

napi_value search_now(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  SearchJob job;
  parse_search(arguments, job);
  if (!arguments.ok()) return nullptr;
  const uint8_t never = 0;
  job.cancel = &never;
  return number_value(env, job.run());
}

napi_value search_async(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  SearchJob parsed;
  parse_search(arguments, parsed);
  const auto cancel = arguments.column<uint8_t>(3, "cancel: a Uint8Array");
  arguments.require(cancel.size == 1, "cancel: one byte");
  if (!arguments.ok()) return nullptr;
  parsed.cancel = cancel.data;
  parsed.scratch->is_busy = true;
  parsed.handle->users++;
  if (parsed.helpers > 0) parsed.crew = std::make_shared<ScanCrew>(parsed.helpers);
  const std::shared_ptr<ScanCrew> crew = parsed.crew;
  const size_t helpers = parsed.helpers;
  napi_value promise = Job::start(new SearchJob(parsed), arguments);
  // Behind the search in the pool's queue: whoever waits for it knows that it runs.
  for (size_t h = 0; h < helpers; h++) {
    HelpJob* help = new HelpJob;
    help->crew = crew;
    Job::start(help, arguments);
  }
  return promise;
}

}  // namespace shoal
