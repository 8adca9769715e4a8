// second-code.h to JavaScript. See bindings.h.
#include "kernels/bindings.h"
#include "kernels/list-arguments.h"

namespace shoal {
namespace {

constexpr uint32_t dim_max = subquantizers_max * dsub_max;

struct SurvivorsJob {
  const Kernels* kernels = nullptr;
  SecondQuery query = {};
  ListColumns lists = {};
  Survivors survivors = {};
  Column<double> biases, scores;
  Column<uint8_t> records, cancel;

  double run() {
    const bool is_done = score_survivors(*kernels, query, lists, biases.data, records.data, survivors, cancel.data, scores.data);
    return is_done ? 0 : -1;
  }
};

void require_survivors(Arguments& arguments, const SurvivorsJob& job) {
  const size_t records = job.records.size / record_bytes(job.query.dim, job.query.kind);
  for (size_t i = 0; arguments.ok() && i < job.survivors.count; i++) {
    const uint32_t list = job.survivors.lists[i], position = job.survivors.positions[i];
    const bool is_listed = list < job.lists.count && position >= job.lists.firsts[list] &&
                           position - job.lists.firsts[list] < job.lists.counts[list];
    arguments.require(is_listed && position < records, "positions: within their lists and the records");
  }
}

SurvivorsJob parse_survivors(Arguments& arguments) {
  SurvivorsJob job;
  const auto tables = arguments.column<float>(size_t{0}, "tables: a Float32Array");
  const auto levels = arguments.column<int8_t>(1, "levels: an Int8Array");
  const double half_unit = arguments.number(2, "halfUnit: a number");
  const size_t dim = arguments.size(3, dim_max, "dim: from 1 to 32768");
  const size_t subquantizers = tables.size / ksub;
  job.kernels = &selected_kernels();
  const uint32_t kind = arguments.size(14, kinds_max, "kind: from 1 to 16");
  job.query = {tables.data, levels.data, half_unit, subquantizers, dim, kind};
  arguments.require(subquantizers >= 1 && subquantizers <= subquantizers_max && tables.size == subquantizers * ksub, "tables: whole");
  arguments.require(levels.size == query_levels(dim, kind), "levels: one or two for every padded dimension");
  job.lists = parse_lists(arguments, 4, padded_subquantizers(subquantizers) / 2);
  job.biases = arguments.column<double>(8, "biases: a Float64Array");
  job.records = arguments.column<uint8_t>(9, "records: a Uint8Array");
  const auto positions = arguments.column<uint32_t>(10, "positions: a Uint32Array");
  const auto numbers = arguments.column<uint32_t>(11, "lists: a Uint32Array");
  job.scores = arguments.column<double>(12, "scores: a Float64Array");
  job.cancel = arguments.column<uint8_t>(13, "cancel: a Uint8Array");
  job.survivors = {positions.data, numbers.data, positions.size};
  arguments.require(job.biases.size == job.lists.count && job.cancel.size == 1, "biases: one for every list");
  arguments.require(numbers.size == positions.size && job.scores.size == positions.size, "survivors: of equal size");
  require_survivors(arguments, job);
  return job;
}

void require_feedback(Arguments& arguments, const Column<float>& feedback, uint32_t kind, size_t dim) {
  const bool fits = feedback.data == nullptr || (is_second_edition(kind) && feedback.size == feedback_floats(dim));
  arguments.require(fits, "feedback: 128 for every dimension, of the second edition");
}

struct BatchJob final : Job {
  const Kernels* kernels = nullptr;
  Encoder encoder = {};
  Batch batch = {};
  Column<uint8_t> cancel, codes, records;
  Column<float> scratch;
  Column<int16_t> factors;

  double run() override {
    const bool is_done = encode_batch(*kernels, encoder, batch, cancel.data, scratch.data, codes.data, factors.data, records.data);
    return is_done ? 0 : -1;
  }
};

BatchJob parse_batch(Arguments& arguments) {
  BatchJob job;
  const auto points = arguments.column<float>(size_t{0}, "points: a Float32Array");
  const size_t dim = arguments.size(1, dim_max, "dim: from 1 to 32768");
  const auto numbers = arguments.column<uint32_t>(2, "lists: a Uint32Array");
  const auto bases = arguments.column<float>(3, "bases: a Float32Array");
  const auto anchors = arguments.column<float>(4, "anchors: a Float32Array");
  const auto codebook = arguments.column<float>(5, "codebook: a Float32Array");
  const size_t dsub = arguments.size(6, dsub_max, "dsub: from 1 to 64");
  const auto scales = arguments.column<double>(7, "scales: a Float64Array");
  job.scratch = arguments.column<float>(8, "scratch: a Float32Array");
  job.codes = arguments.column<uint8_t>(9, "codes: a Uint8Array");
  job.factors = arguments.column<int16_t>(10, "factors: an Int16Array");
  job.records = arguments.column_or_null<uint8_t>(11, "records: a Uint8Array or null");
  job.cancel = arguments.column<uint8_t>(12, "cancel: a Uint8Array");
  const uint32_t kind = arguments.size(13, kinds_max, "kind: from 1 to 16");
  const auto feedback = arguments.column_or_null<float>(14, "feedback: a Float32Array or null");
  const auto metric = arguments.column_or_null<float>(15, "metric: a Float32Array or null");
  const size_t subquantizers = codebook.size / (dsub * ksub), coded = subquantizers * dsub, count = numbers.size;
  arguments.require(subquantizers >= 1 && subquantizers <= subquantizers_max && codebook.size == coded * ksub, "codebook: its shape");
  arguments.require(dim <= coded && points.size == count * dim, "points: one row of dim for every list number");
  arguments.require(bases.size % dim == 0 && anchors.size == bases.size, "bases, anchors: whole rows of dim");
  arguments.require(job.scratch.size >= batch_floats(subquantizers, dsub, metric.data != nullptr) && job.cancel.size == 1, "scratch: too small");
  arguments.require(job.codes.size == count * padded_subquantizers(subquantizers) / 2 && job.factors.size == 2 * count, "codes: of count");
  arguments.require(job.records.data == nullptr || job.records.size == count * record_bytes(coded, kind), "records: of count");
  require_feedback(arguments, feedback, kind, coded);
  arguments.require(metric.data == nullptr || metric.size == coded * coded, "metric: rows of all coded dimensions");
  arguments.require(scales.size == 2 && scales.data[0] > 0 && scales.data[1] > 0, "scales: two, positive");
  for (size_t v = 0; arguments.ok() && v < count; v++) arguments.require(numbers.data[v] < bases.size / dim, "lists: have a base");
  if (!arguments.ok()) return job;
  job.kernels = &selected_kernels();
  job.encoder = {nullptr, nullptr, codebook.data, subquantizers, dsub, {scales.data[0], scales.data[1]}, metric.data};
  job.batch = {points.data, count, dim, numbers.data, bases.data, anchors.data, {kind, feedback.data}};
  return job;
}

}  // namespace

napi_value encode_batch_now(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  BatchJob job = parse_batch(arguments);
  return arguments.ok() ? number_value(env, job.run()) : nullptr;
}

napi_value encode_batch_async(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const BatchJob job = parse_batch(arguments);
  return arguments.ok() ? Job::start(new BatchJob(job), arguments) : nullptr;
}

napi_value encode_second_codes(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto points = arguments.column<float>(size_t{0}, "points: a Float32Array");
  const auto base = arguments.column_or_null<float>(1, "base: a Float32Array or null");
  const auto anchor = arguments.column_or_null<float>(2, "anchor: a Float32Array or null");
  const auto codebook = arguments.column<float>(3, "codebook: a Float32Array");
  const size_t dsub = arguments.size(4, dsub_max, "dsub: from 1 to 64");
  const auto codes = arguments.column<uint8_t>(5, "codes: a Uint8Array");
  const auto scratch = arguments.column<float>(6, "scratch: a Float32Array");
  const auto records = arguments.column<uint8_t>(7, "records: a Uint8Array");
  const uint32_t kind = arguments.size(8, kinds_max, "kind: from 1 to 16");
  const auto feedback = arguments.column_or_null<float>(9, "feedback: a Float32Array or null");
  const size_t subquantizers = codebook.size / (dsub * ksub), dim = subquantizers * dsub;
  arguments.require(subquantizers >= 1 && subquantizers <= subquantizers_max && codebook.size == dim * ksub, "codebook: its shape");
  if (!arguments.ok()) return nullptr;
  const size_t count = points.size / dim;
  arguments.require(points.size == count * dim, "points: whole rows of dim");
  arguments.require((base.data == nullptr || base.size == dim) && (anchor.data == nullptr || anchor.size == dim), "base, anchor: of dim");
  arguments.require(scratch.size >= 3 * dim && records.size == count * record_bytes(dim, kind), "scratch, records: their size");
  arguments.require(codes.size == count * padded_subquantizers(subquantizers) / 2, "codes: of count");
  require_feedback(arguments, feedback, kind, dim);
  if (!arguments.ok()) return nullptr;
  const Encoder encoder = {base.data, anchor.data, codebook.data, subquantizers, dsub, {1, 1}, nullptr};
  const uint8_t never = 0;
  encode_second(selected_kernels(), encoder, points.data, count, codes.data, {kind, feedback.data}, &never, scratch.data, records.data);
  return nullptr;
}

napi_value quantize_second_query(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto query = arguments.column<float>(size_t{0}, "query: a Float32Array");
  const auto levels = arguments.column<int8_t>(1, "levels: an Int8Array");
  const bool is_fine = levels.size == 2 * padded_dim(query.size);
  const bool is_whole = is_fine || levels.size == padded_dim(query.size);
  arguments.require(query.size >= 1 && query.size <= dim_max && is_whole, "levels: one or two for every padded dimension");
  if (!arguments.ok()) return nullptr;
  return number_value(env, (is_fine ? quantize_finely : quantize_query)(query.data, query.size, levels.data));
}

napi_value score_survivors_now(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  SurvivorsJob job = parse_survivors(arguments);
  return arguments.ok() ? number_value(env, job.run()) : nullptr;
}

}  // namespace shoal
