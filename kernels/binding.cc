// The native door: check types, lengths and alignment, call, convert. No arithmetic.
//
// native-kernels.ts declares every export in the same order, with its meaning. Memory of JavaScript is kept after a call only
// by a Job, until it ends. Outputs are arrays that the caller made.
#include <atomic>
#include <cerrno>
#include <cstring>

#include "kernels/arguments.h"
#include "kernels/dispatch.h"

namespace shoal {
namespace {

constexpr uint32_t dim_max = 65536;
constexpr uint32_t tiles_max = 256;

std::atomic<const Kernels*> selected{nullptr};

const Kernels& kernels() {
  const Kernels* chosen = selected.load();
  if (chosen != nullptr) return *chosen;
  int count = 0;
  return *available_kernels(&count)[0];
}

// --- choice of the instruction set

napi_value available(napi_env env, napi_callback_info) {
  int count = 0;
  const Kernels* const* tables = available_kernels(&count);
  napi_value names = nullptr;
  napi_create_array(env, &names);
  for (int i = 0; i < count; i++) {
    napi_value name = nullptr;
    napi_create_string_utf8(env, tables[i]->name, NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, names, static_cast<uint32_t>(i), name);
  }
  return names;
}

napi_value select(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  char name[32];
  arguments.text(0, name, sizeof name, "isa: a name of at most 30 bytes");
  if (!arguments.ok()) return nullptr;
  const Kernels* found = find_kernels(name);
  arguments.require(found != nullptr, "isa: not available on this machine");
  if (found != nullptr) selected.store(found);
  return nullptr;
}

napi_value selected_name(napi_env env, napi_callback_info) {
  napi_value name = nullptr;
  napi_create_string_utf8(env, kernels().name, NAPI_AUTO_LENGTH, &name);
  return name;
}

// --- dense-scan

struct ScanJob final : Job {
  const Kernels* kernels;
  Column<uint16_t> rows;
  Column<float> query;
  Column<uint8_t> live, cancel;
  Column<uint32_t> best_rows;
  Column<float> best_scores;

  double run() override {
    TopK top = {best_rows.data, best_scores.data, best_rows.size, 0, -__builtin_inff()};
    const size_t count = rows.size / query.size;
    const bool is_done = scan_dense(*kernels, rows.data, count, query.size, query.data, live.data, cancel.data, top);
    return is_done ? static_cast<double>(top.count) : -1;
  }
};

napi_value scan_dense_rows(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  ScanJob parsed;
  parsed.kernels = &kernels();
  parsed.rows = arguments.column<uint16_t>(size_t{0}, "rows: a Uint16Array");
  parsed.query = arguments.column<float>(1, "query: a Float32Array");
  parsed.live = arguments.column_or_null<uint8_t>(2, "live: a Uint8Array or null");
  parsed.cancel = arguments.column<uint8_t>(3, "cancel: a Uint8Array");
  parsed.best_rows = arguments.column<uint32_t>(4, "bestRows: a Uint32Array");
  parsed.best_scores = arguments.column<float>(5, "bestScores: a Float32Array");
  arguments.require(parsed.query.size > 0 && parsed.rows.size % parsed.query.size == 0, "rows: whole rows of the query's dim");
  if (!arguments.ok()) return nullptr;
  const size_t count = parsed.rows.size / parsed.query.size;
  arguments.require(parsed.live.data == nullptr || parsed.live.size >= (count + 7) / 8, "live: a bit for every row");
  arguments.require(parsed.cancel.size == 1 && parsed.best_rows.size == parsed.best_scores.size, "outputs: of equal size");
  return arguments.ok() ? Job::start(new ScanJob(parsed), arguments) : nullptr;
}

napi_value score_dense(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto rows = arguments.column<uint16_t>(size_t{0}, "rows: a Uint16Array");
  const auto query = arguments.column<float>(1, "query: a Float32Array");
  const auto numbers = arguments.column<uint32_t>(2, "rowNumbers: a Uint32Array");
  const auto scores = arguments.column<float>(3, "scores: a Float32Array");
  arguments.require(query.size > 0 && numbers.size == scores.size, "scores: one for every row number");
  if (!arguments.ok()) return nullptr;
  const size_t count = rows.size / query.size;
  for (size_t i = 0; i < numbers.size; i++) {
    if (numbers.data[i] >= count) arguments.fail("rowNumbers: within the rows");
  }
  if (!arguments.ok()) return nullptr;
  for (size_t i = 0; i < numbers.size; i++) {
    kernels().dense_scores(rows.data + numbers.data[i] * query.size, 1, query.size, query.data, scores.data + i);
  }
  return nullptr;
}

napi_value sum_bytes(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto bytes = arguments.column<uint8_t>(size_t{0}, "bytes: a Uint8Array");
  if (!arguments.ok()) return nullptr;
  return number_value(env, static_cast<double>(kernels().sum_bytes(bytes.data, bytes.size)));
}

// --- float16

napi_value to_float16(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto values = arguments.column<float>(size_t{0}, "values: a Float32Array");
  const auto bits = arguments.column<uint16_t>(1, "bits: a Uint16Array");
  arguments.require(values.size == bits.size, "bits: one for every value");
  if (arguments.ok()) kernels().to_half(values.data, values.size, bits.data);
  return nullptr;
}

napi_value to_float32(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto bits = arguments.column<uint16_t>(size_t{0}, "bits: a Uint16Array");
  const auto values = arguments.column<float>(1, "values: a Float32Array");
  arguments.require(values.size == bits.size, "values: one for every half");
  if (arguments.ok()) kernels().to_float(bits.data, bits.size, values.data);
  return nullptr;
}

// --- max-sim

napi_value project_lanes(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto query = arguments.column<float>(size_t{0}, "lanes: a Float32Array");
  const size_t dim = arguments.size(1, max_sim_dim_max, "dim: from 1 to 1024");
  const auto rows = arguments.column<float>(2, "rows: a Float32Array");
  const auto out = arguments.column<float>(3, "out: a Float32Array");
  const size_t tiles = query.size / (max_sim_lanes * dim);
  const size_t count = rows.size / dim;
  arguments.require(query.size == tiles * max_sim_lanes * dim && rows.size == count * dim, "lanes, rows: multiples of dim");
  arguments.require(out.size == count * tiles * max_sim_lanes, "out: a score for every row and lane");
  if (arguments.ok()) kernels().project_rows(query.data, static_cast<uint32_t>(tiles), dim, rows.data, count, out.data);
  return nullptr;
}

using CodesScorer = bool (*)(const Kernels&, const CodesQuery&, const uint8_t*, const Documents&, const uint8_t*, float*, float*);

// Codes and rows share the outer arguments: the documents and what a job writes.
struct DocumentsJob : Job {
  const Kernels* kernels = nullptr;
  Documents documents = {};
  Column<uint8_t> cancel;
  Column<float> scratch, scores;
};

struct CodesJob final : DocumentsJob {
  CodesQuery query = {};
  Column<uint8_t> column;
  CodesScorer scorer = nullptr;
  Column<uint32_t> matches;

  double run() override {
    const bool is_done =
        scorer != nullptr ? scorer(*kernels, query, column.data, documents, cancel.data, scratch.data, scores.data)
                          : max_sim_codes_matches(*kernels, query, column.data, documents, cancel.data, scratch.data,
                                                  scores.data, matches.data);
    return is_done ? 0 : -1;
  }
};

struct RowsJob final : DocumentsJob {
  RowsQuery query = {};
  Column<float> floats;
  Column<uint16_t> halves;

  double run() override {
    const bool is_done =
        floats.data != nullptr
            ? max_sim_rows(*kernels, query, floats.data, documents, cancel.data, scratch.data, scores.data)
            : max_sim_half_rows(*kernels, query, halves.data, documents, cancel.data, scratch.data, scores.data);
    return is_done ? 0 : -1;
  }
};

CodesQuery parse_codes_query(Arguments& arguments, napi_value object) {
  CodesQuery query = {};
  query.tokens = arguments.size_of(object, tiles_max * max_sim_lanes, "tokens");
  query.tiles = arguments.size_of(object, tiles_max, "tiles");
  query.dim = arguments.size_of(object, max_sim_dim_max, "dim");
  query.nbits = arguments.size_of(object, 4, "nbits");
  const size_t lanes = size_t{query.tiles} * max_sim_lanes;
  const auto rows = arguments.column_of<float>(object, "rows");
  const auto levels = arguments.column_of<int8_t>(object, "levels");
  const auto scale = arguments.column_of<float>(object, "scale");
  const auto centroid_scores = arguments.column_of<float>(object, "centroidScores");
  const auto weight_levels = arguments.column_of<uint8_t>(object, "weightLevels");
  const auto centroids = arguments.column_of<float>(object, "centroids");
  const auto weights = arguments.column_of<float>(object, "weights");
  arguments.require(query.dim % 8 == 0 && query.nbits != 3 && query.tokens <= lanes, "query: dim, nbits or tokens");
  arguments.require(rows.size == lanes * query.dim && levels.size == lanes * query.dim && scale.size == lanes, "query: lanes");
  arguments.require(weights.size == size_t{1} << query.nbits && weight_levels.size == weights.size, "query: weights");
  const size_t count = centroids.size / query.dim;
  arguments.require(count > 0 && centroids.size == count * query.dim && centroid_scores.size == count * lanes, "query: centroids");
  query.rows = rows.data;
  query.levels = levels.data;
  query.scale = scale.data;
  query.centroid_scores = centroid_scores.data;
  query.weight_levels = weight_levels.data;
  query.centroids = centroids.data;
  query.weights = weights.data;
  query.centroid_count = static_cast<uint32_t>(count);
  return query;
}

// Every document lies within `limit`, counted in units of which a document has `tokens * per_token`.
void require_within(Arguments& arguments, const Documents& documents, uint64_t limit, uint64_t per_token) {
  for (size_t d = 0; arguments.ok() && d < documents.count; d++) {
    const uint64_t size = documents.counts[d] * per_token;
    const bool is_within = size <= limit && documents.offsets[d] <= limit - size;
    arguments.require(is_within, "documents: a record passes the end of the tokens");
  }
}

// Arguments 2..6: offsets, counts, cancel, scratch, scores.
void parse_documents(Arguments& arguments, DocumentsJob& job, uint32_t tiles, uint32_t dim) {
  const auto offsets = arguments.column<uint64_t>(2, "offsets: a BigUint64Array");
  const auto counts = arguments.column<uint32_t>(3, "counts: a Uint32Array");
  job.kernels = &kernels();
  job.cancel = arguments.column<uint8_t>(4, "cancel: a Uint8Array");
  job.scratch = arguments.column<float>(5, "scratch: a Float32Array");
  job.scores = arguments.column<float>(6, "scores: a Float32Array");
  job.documents = {offsets.data, counts.data, counts.size};
  arguments.require(offsets.size == counts.size && job.cancel.size == 1, "offsets, counts: of equal size");
  arguments.require(job.scratch.size >= scratch_floats(tiles, dim), "scratch: too small");
}

napi_value start_codes(napi_env env, napi_callback_info info, CodesScorer scorer) {
  Arguments arguments(env, info);
  CodesJob parsed;
  parsed.scorer = scorer;
  parsed.query = parse_codes_query(arguments, arguments.value(0));
  parsed.column = arguments.column<uint8_t>(1, "tokens: a Uint8Array");
  parse_documents(arguments, parsed, parsed.query.tiles, parsed.query.dim);
  size_t per_document = 1;
  if (scorer == nullptr) {
    per_document = parsed.query.tokens;
    parsed.matches = arguments.column<uint32_t>(7, "matches: a Uint32Array");
    arguments.require(parsed.matches.size == parsed.documents.count * per_document, "matches: one a query token");
  }
  arguments.require(parsed.scores.size == parsed.documents.count * per_document, "scores: of the documents' size");
  require_within(arguments, parsed.documents, parsed.column.size, 4 + parsed.query.dim * parsed.query.nbits / 8);
  return arguments.ok() ? Job::start(new CodesJob(parsed), arguments) : nullptr;
}

napi_value codes_fast(napi_env env, napi_callback_info info) { return start_codes(env, info, max_sim_codes); }

napi_value codes_exact(napi_env env, napi_callback_info info) { return start_codes(env, info, max_sim_codes_exact); }

napi_value codes_matches(napi_env env, napi_callback_info info) { return start_codes(env, info, nullptr); }

napi_value rows_exact(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  RowsJob parsed;
  const napi_value object = arguments.value(0);
  const auto rows = arguments.column_of<float>(object, "rows");
  const uint32_t tokens = arguments.size_of(object, tiles_max * max_sim_lanes, "tokens");
  const uint32_t tiles = arguments.size_of(object, tiles_max, "tiles");
  const uint32_t dim = arguments.size_of(object, max_sim_dim_max, "dim");
  parsed.query = {rows.data, tokens, tiles, dim};
  if (arguments.is_null(1)) {
    parsed.halves = arguments.column<uint16_t>(7, "halves: a Uint16Array");
  } else {
    parsed.floats = arguments.column<float>(1, "floats: a Float32Array");
  }
  parse_documents(arguments, parsed, tiles, dim);
  arguments.require(rows.size == size_t{tiles} * max_sim_lanes * dim && tokens <= tiles * max_sim_lanes, "query: lanes");
  arguments.require(parsed.scores.size == parsed.documents.count, "scores: one for every document");
  require_within(arguments, parsed.documents, (parsed.floats.size + parsed.halves.size) / dim, 1);
  return arguments.ok() ? Job::start(new RowsJob(parsed), arguments) : nullptr;
}

// --- nearest-centroid

struct NearestJob final : Job {
  const Kernels* kernels;
  AssignJob assign;
  Column<uint8_t> cancel;

  double run() override { return assign_nearest(*kernels, assign, cancel.data) ? 0 : -1; }
};

NearestJob parse_nearest(Arguments& arguments) {
  NearestJob job;
  const auto points = arguments.column<float>(size_t{0}, "points: a Float32Array");
  const auto centroids = arguments.column<float>(1, "centroids: a Float32Array");
  const size_t dim = arguments.size(2, dim_max, "dim: from 1 to 65536");
  const auto panel = arguments.column<float>(3, "panel: a Float32Array");
  const auto assignments = arguments.column<uint32_t>(4, "assignments: a Uint32Array");
  const auto scores = arguments.column<float>(5, "scores: a Float32Array");
  job.cancel = arguments.column<uint8_t>(6, "cancel: a Uint8Array");
  const size_t point_count = points.size / dim;
  const size_t centroid_count = centroids.size / dim;
  arguments.require(points.size == point_count * dim && centroids.size == centroid_count * dim, "points: whole rows of dim");
  arguments.require(centroid_count >= 1 && centroid_count <= UINT32_MAX, "centroids: at least one");
  arguments.require(panel.size >= panel_floats(dim) && job.cancel.size == 1, "panel: too small");
  arguments.require(assignments.size == point_count && scores.size == point_count, "outputs: one for every point");
  job.kernels = &kernels();
  job.assign = {points.data, point_count, centroids.data, static_cast<uint32_t>(centroid_count),
                dim,         panel.data,  assignments.data, scores.data};
  return job;
}

napi_value assign_now(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  NearestJob job = parse_nearest(arguments);
  if (arguments.ok()) job.run();
  return nullptr;
}

napi_value assign_async(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const NearestJob job = parse_nearest(arguments);
  return arguments.ok() ? Job::start(new NearestJob(job), arguments) : nullptr;
}

// --- sparse

napi_value accumulate(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto rows = arguments.column<uint32_t>(size_t{0}, "rows: a Uint32Array");
  const auto weights = arguments.column<uint16_t>(1, "weights: a Uint16Array");
  const auto starts = arguments.column<uint32_t>(2, "starts: a Uint32Array");
  const auto ends = arguments.column<uint32_t>(3, "ends: a Uint32Array");
  const auto factors = arguments.column<float>(4, "factors: a Float32Array");
  const auto scores = arguments.column<float>(5, "scores: a Float32Array");
  arguments.require(rows.size == weights.size, "weights: one for every row");
  arguments.require(starts.size == ends.size && starts.size == factors.size, "starts, ends, factors: of equal size");
  if (!arguments.ok()) return nullptr;
  const SparseQuery query = {rows.data, weights.data, rows.size, starts.data, ends.data, factors.data, starts.size};
  arguments.require(accumulate_sparse(kernels(), query, scores.data, scores.size), "starts, ends: within the postings");
  return nullptr;
}

napi_value top_k(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto scores = arguments.column<float>(size_t{0}, "scores: a Float32Array");
  const auto live = arguments.column_or_null<uint8_t>(1, "live: a Uint8Array or null");
  const double minimum = arguments.number(2, "minimum: a number");
  const auto best_rows = arguments.column<uint32_t>(3, "bestRows: a Uint32Array");
  const auto best_scores = arguments.column<float>(4, "bestScores: a Float32Array");
  arguments.require(best_rows.size == best_scores.size, "outputs: of equal size");
  arguments.require(live.data == nullptr || live.size >= (scores.size + 7) / 8, "live: a bit for every score");
  if (!arguments.ok()) return nullptr;
  TopK top = {best_rows.data, best_scores.data, best_rows.size, 0, static_cast<float>(minimum)};
  offer_scores(top, scores.data, 0, scores.size, live.data);
  sort_best_first(top);
  return number_value(env, static_cast<double>(top.count));
}

// --- mapped-file

void forget(napi_env, void*, void* mapping) { forget_mapping(static_cast<Mapping*>(mapping)); }

napi_value map(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  char path[4097];
  arguments.text(0, path, sizeof path, "path: at most 4095 bytes");
  if (!arguments.ok()) return nullptr;
  int error = 0;
  Mapping* mapping = map_file(path, &error);
  if (mapping == nullptr) return number_value(env, error);
  napi_value buffer = nullptr;
  if (mapping_size(mapping) == 0) {
    forget_mapping(mapping);
    napi_create_arraybuffer(env, 0, nullptr, &buffer);
    return buffer;
  }
  const napi_status status =
      napi_create_external_arraybuffer(env, mapping_address(mapping), mapping_size(mapping), forget, mapping, &buffer);
  if (status == napi_ok) return buffer;
  forget_mapping(mapping);
  return number_value(env, ENOMEM);
}

void* address_of(Arguments& arguments) {
  void* data = nullptr;
  size_t size = 0;
  const napi_value buffer = arguments.value(0);
  const bool is_buffer = buffer != nullptr && napi_get_arraybuffer_info(arguments.env(), buffer, &data, &size) == napi_ok;
  arguments.require(is_buffer, "buffer: an ArrayBuffer of mapFile");
  return data;
}

napi_value advise(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  void* address = address_of(arguments);
  const double advice = arguments.number(1, "advice: 0, 1 or 2");
  arguments.require(advice == 0 || advice == 1 || advice == 2, "advice: 0, 1 or 2");
  if (!arguments.ok()) return nullptr;
  return number_value(env, advise_mapping(address, static_cast<Advice>(static_cast<int>(advice))));
}

napi_value unmap(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  void* address = address_of(arguments);
  if (!arguments.ok()) return nullptr;
  // Detach first: from here on JavaScript sees length 0, so nothing can start on memory that is about to go.
  if (napi_detach_arraybuffer(env, arguments.value(0)) != napi_ok) {
    arguments.fail("buffer: cannot be detached");
    return nullptr;
  }
  if (address != nullptr) close_mapping(address);
  return nullptr;
}

}  // namespace

void export_all(Exports exports) {
  exports.Set("available", available);
  exports.Set("select", select);
  exports.Set("selected", selected_name);
  exports.Set("scanDense", scan_dense_rows);
  exports.Set("scoreDense", score_dense);
  exports.Set("sumBytes", sum_bytes);
  exports.Set("toFloat16", to_float16);
  exports.Set("toFloat32", to_float32);
  exports.Set("projectLanes", project_lanes);
  exports.Set("maxSimCodes", codes_fast);
  exports.Set("maxSimCodesExact", codes_exact);
  exports.Set("maxSimCodesMatches", codes_matches);
  exports.Set("maxSimRows", rows_exact);
  exports.Set("assignNearest", assign_now);
  exports.Set("assignNearestAsync", assign_async);
  exports.Set("accumulateSparse", accumulate);
  exports.Set("topK", top_k);
  exports.Set("mapFile", map);
  exports.Set("adviseMapping", advise);
  exports.Set("unmapFile", unmap);
}

}  // namespace shoal

NAPI_MODULE_INIT() {
  shoal::export_all(shoal::Exports(env, exports));
  return exports;
}
