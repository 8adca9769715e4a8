// max-sim.h to JavaScript. See bindings.h.
#include "kernels/bindings.h"

namespace shoal {
namespace {

constexpr uint32_t tiles_max = 256;

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
  const auto tables = arguments.column_of<uint8_t>(object, "tables");
  const auto levels = arguments.column_of<int8_t>(object, "levels");
  const auto scale = arguments.column_of<float>(object, "scale");
  const auto offset = arguments.column_of<float>(object, "offset");
  const auto unit = arguments.column_of<float>(object, "unit");
  const auto centroid_scores = arguments.column_of<float>(object, "centroidScores");
  const auto centroid_states = arguments.column_of<uint8_t>(object, "centroidStates");
  const auto weight_levels = arguments.column_of<uint8_t>(object, "weightLevels");
  const auto centroids = arguments.column_of<float>(object, "centroids");
  const auto weights = arguments.column_of<float>(object, "weights");
  arguments.require(query.dim % 8 == 0 && query.nbits != 3 && query.tokens <= lanes, "query: dim, nbits or tokens");
  const size_t values = lanes * query.dim, entries = (size_t{query.tokens} * query.dim) << query.nbits;
  arguments.require(rows.size == values && levels.size == (query.nbits == 4 ? values : 0), "query: rows or levels");
  arguments.require(tables.size == (query.nbits == 4 ? 0 : entries), "query: tables");
  arguments.require(scale.size == lanes && offset.size == lanes && unit.size == lanes, "query: lanes");
  arguments.require(weights.size == size_t{1} << query.nbits && weight_levels.size == weights.size, "query: weights");
  const size_t count = centroids.size / query.dim;
  arguments.require(count > 0 && centroids.size == count * query.dim, "query: centroids");
  arguments.require(centroid_scores.size == count * lanes && centroid_states.size == count, "query: scores of centroids");
  query.rows = rows.data;
  query.tables = tables.data;
  query.levels = levels.data;
  query.scale = scale.data;
  query.offset = offset.data;
  query.unit = unit.data;
  query.centroid_scores = centroid_scores.data;
  query.centroid_states = centroid_states.data;
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
void parse_documents(Arguments& arguments, DocumentsJob& job, size_t scratch_size) {
  const auto offsets = arguments.column<uint64_t>(2, "offsets: a BigUint64Array");
  const auto counts = arguments.column<uint32_t>(3, "counts: a Uint32Array");
  job.kernels = &selected_kernels();
  job.cancel = arguments.column<uint8_t>(4, "cancel: a Uint8Array");
  job.scratch = arguments.column<float>(5, "scratch: a Float32Array");
  job.scores = arguments.column<float>(6, "scores: a Float32Array");
  job.documents = {offsets.data, counts.data, counts.size};
  arguments.require(offsets.size == counts.size && job.cancel.size == 1, "offsets, counts: of equal size");
  arguments.require(job.scratch.size >= scratch_size, "scratch: too small");
}

napi_value start_codes(napi_env env, napi_callback_info info, CodesScorer scorer) {
  Arguments arguments(env, info);
  CodesJob parsed;
  parsed.scorer = scorer;
  parsed.query = parse_codes_query(arguments, arguments.value(0));
  parsed.column = arguments.column<uint8_t>(1, "tokens: a Uint8Array");
  const CodesQuery& query = parsed.query;
  parse_documents(arguments, parsed, scratch_floats(query.tiles, query.dim, query.nbits));
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

}  // namespace

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
  parse_documents(arguments, parsed, scratch_floats(tiles, dim, 0));
  arguments.require(rows.size == size_t{tiles} * max_sim_lanes * dim && tokens <= tiles * max_sim_lanes, "query: lanes");
  arguments.require(parsed.scores.size == parsed.documents.count, "scores: one for every document");
  require_within(arguments, parsed.documents, (parsed.floats.size + parsed.halves.size) / dim, 1);
  return arguments.ok() ? Job::start(new RowsJob(parsed), arguments) : nullptr;
}

}  // namespace shoal
