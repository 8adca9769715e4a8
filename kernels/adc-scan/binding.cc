// adc-scan.h to JavaScript. See bindings.h.
#include "kernels/bindings.h"
#include "kernels/list-arguments.h"

namespace shoal {
namespace {

constexpr size_t queries_max = 16;
constexpr size_t query_header = 4;  // unit, offset, anchor weight, threshold
constexpr size_t entry_words = sizeof(Entry) / sizeof(double);
constexpr uint32_t pairs_max = subquantizers_max / 2;

struct ListsJob {
  const Kernels* kernels = nullptr;
  ListColumns lists = {};
  size_t query_count = 0, room = 0, pairs = 0;  // room: for the answers of a query
  Column<uint8_t> levels, scratch, cancel;
  Column<double> queries, scores, entries;
  Column<uint32_t> places, found;  // places: positions, then lists, of every query

  double run() {
    ScanQuery parsed[queries_max];
    Reservoir best[queries_max];
    for (size_t q = 0; q < query_count; q++) prepare(q, parsed[q], best[q]);
    if (!scan_lists(*kernels, lists, parsed, query_count, cancel.data)) return -1;
    for (size_t q = 0; q < query_count; q++) answer(q, best[q]);
    return 0;
  }

  void prepare(size_t q, ScanQuery& query, Reservoir& best) {
    const double* header = queries.data + q * (query_header + lists.count);
    const size_t spread_bytes = 128 * pairs;
    const uintptr_t aligned = (reinterpret_cast<uintptr_t>(scratch.data) + 63) & ~uintptr_t{63};
    uint8_t* spread = reinterpret_cast<uint8_t*>(aligned) + q * spread_bytes;
    const uint8_t* own = levels.data + q * 32 * pairs;
    kernels->spread_levels(own, static_cast<uint32_t>(pairs), spread);
    query.table = {own, spread, static_cast<uint32_t>(pairs), static_cast<int32_t>(header[1]), static_cast<int32_t>(header[2])};
    query.unit = header[0];
    query.biases = header + query_header;
    query.best = &best;
    const size_t capacity = entries.size / (entry_words * query_count);
    best = {reinterpret_cast<Entry*>(entries.data) + q * capacity, capacity, found.data[q], 0, header[3]};
  }

  void answer(size_t q, const Reservoir& best) {
    uint32_t* positions = places.data + 2 * q * room;
    for (size_t i = 0; i < best.count; i++) {
      positions[i] = best.entries[i].position;
      positions[room + i] = best.entries[i].list;
      scores.data[q * room + i] = best.entries[i].score;
    }
    found.data[q] = static_cast<uint32_t>(best.count);
  }
};

void require_columns(Arguments& arguments, const ListsJob& job, Column<uint8_t> live, Column<uint8_t> filter, Column<uint64_t> ids) {
  const bool has_both = live.data != nullptr && filter.data != nullptr;
  arguments.require(!has_both || live.size == filter.size, "live, filter: of equal size");
  for (size_t list = 0; arguments.ok() && list < job.lists.count; list++) {
    const size_t end = size_t{job.lists.firsts[list]} + job.lists.counts[list];
    arguments.require(live.data == nullptr || live.size * 8 >= end, "live: a bit for every position");
    arguments.require(filter.data == nullptr || filter.size * 8 >= end, "filter: a bit for every position");
    arguments.require(ids.data == nullptr || ids.size >= end, "ids: one for every position");
  }
}

bool is_int16(double value) { return value >= -32768 && value <= 32767; }

void require_queries(Arguments& arguments, const ListsJob& job) {
  const size_t count = job.query_count;
  arguments.require(count >= 1 && count <= queries_max, "wanted: of 1 to 16 queries");
  arguments.require(job.levels.size == count * 32 * job.pairs, "levels: of every query");
  arguments.require(job.scratch.size >= count * 128 * job.pairs + 63, "scratch: too small");
  arguments.require(job.queries.size == count * (query_header + job.lists.count), "queries: a header and a bias for every list");
  arguments.require(job.scores.size == count * job.room && job.places.size == 2 * job.scores.size, "places: two for every score");
  for (size_t q = 0; arguments.ok() && q < count; q++) {
    const double* header = job.queries.data + q * (query_header + job.lists.count);
    const bool is_ranged = is_int16(header[1]) && header[2] >= 0 && header[2] <= 32767;
    arguments.require(header[0] > 0 && is_ranged && header[3] == header[3], "queries: unit, offset, anchor weight or threshold");
    const bool has_room = job.found.data[q] <= job.room && job.found.data[q] < job.entries.size / (entry_words * count);
    arguments.require(job.found.data[q] >= 1 && has_room, "wanted: at least 1, no more than there is room for");
  }
}

ListsJob parse_scan(Arguments& arguments) {
  ListsJob job;
  job.kernels = &selected_kernels();
  job.found = arguments.column<uint32_t>(13, "wanted: a Uint32Array");
  job.levels = arguments.column<uint8_t>(7, "levels: a Uint8Array");
  job.query_count = job.found.size;
  job.pairs = job.query_count == 0 ? 0 : job.levels.size / (32 * job.query_count);
  arguments.require(job.pairs >= 2 && job.pairs % 2 == 0 && job.pairs <= pairs_max, "levels: of padded subquantizers");
  job.lists = parse_lists(arguments, 0, job.pairs);
  const auto live = arguments.column_or_null<uint8_t>(4, "live: a Uint8Array or null");
  const auto filter = arguments.column_or_null<uint8_t>(5, "filter: a Uint8Array or null");
  const auto ids = arguments.column_or_null<uint64_t>(6, "ids: a BigUint64Array or null");
  job.queries = arguments.column<double>(8, "queries: a Float64Array");
  job.places = arguments.column<uint32_t>(9, "places: a Uint32Array");
  job.scores = arguments.column<double>(10, "scores: a Float64Array");
  job.entries = arguments.column<double>(11, "entries: a Float64Array");
  job.scratch = arguments.column<uint8_t>(12, "scratch: a Uint8Array");
  job.cancel = arguments.column<uint8_t>(14, "cancel: a Uint8Array");
  job.room = job.query_count == 0 ? 0 : job.scores.size / job.query_count;
  arguments.require(job.cancel.size == 1, "cancel: one byte");
  require_queries(arguments, job);
  require_columns(arguments, job, live, filter, ids);
  job.lists.live = live.data;
  job.lists.filter = filter.data;
  job.lists.bitmap_bytes = live.data != nullptr ? live.size : filter.size;
  job.lists.ids = ids.data;
  return job;
}

struct Rows {
  Column<uint8_t> codes, blocks;
  Column<int16_t> factors;
  size_t pairs, count;
};

Rows parse_rows(Arguments& arguments) {
  Rows rows;
  rows.codes = arguments.column<uint8_t>(size_t{0}, "codes: a Uint8Array");
  rows.factors = arguments.column<int16_t>(1, "factors: an Int16Array");
  rows.pairs = arguments.size(2, pairs_max, "pairs: from 2 to 256");
  rows.blocks = arguments.column<uint8_t>(3, "blocks: a Uint8Array");
  rows.count = rows.factors.size / 2;
  arguments.require(rows.pairs % 2 == 0 && rows.codes.size == rows.count * rows.pairs, "codes: whole rows of an even number of bytes");
  arguments.require(rows.factors.size == 2 * rows.count, "factors: two for every vector");
  arguments.require(rows.blocks.size == list_bytes(rows.pairs, rows.count), "blocks: of the list's size");
  return rows;
}

}  // namespace

napi_value pack_rows(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const Rows rows = parse_rows(arguments);
  if (arguments.ok()) pack_blocks(rows.codes.data, rows.factors.data, rows.pairs, rows.count, rows.blocks.data);
  return nullptr;
}

napi_value unpack_rows(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const Rows rows = parse_rows(arguments);
  if (arguments.ok()) unpack_blocks(rows.blocks.data, rows.pairs, rows.count, rows.codes.data, rows.factors.data);
  return nullptr;
}

napi_value scan_lists_now(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  ListsJob job = parse_scan(arguments);
  return arguments.ok() ? number_value(env, job.run()) : nullptr;
}

}  // namespace shoal
