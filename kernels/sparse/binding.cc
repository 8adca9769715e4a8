// sparse.h to JavaScript. See bindings.h.
#include <cstdlib>

#include "kernels/bindings.h"

namespace shoal {
namespace {

constexpr double out_of_memory = -2;

struct PostingsJob final : Job {
  const Kernels* kernels;
  PostingsQuery query;
  const uint8_t* cancel;
  BestPostings best;

  double run() override {
    const size_t bytes = search_bytes(query, best.capacity);
    void* scratch = bytes == 0 ? nullptr : std::malloc(bytes);
    if (scratch == nullptr) return out_of_memory;
    const double found = search_postings(*kernels, query, cancel, scratch, best);
    std::free(scratch);
    return found;
  }
};

void require_terms(Arguments& arguments, const PostingsQuery& query, size_t posting_count) {
  for (size_t t = 0; arguments.ok() && t < query.term_count; t++) {
    const size_t start = query.terms[2 * t], end = query.terms[2 * t + 1];
    arguments.require(start <= end && end <= posting_count, "terms: one passes the end of the postings");
  }
}

PostingsJob parse_search(Arguments& arguments) {
  PostingsJob job;
  const auto rows = arguments.column<uint32_t>(size_t{0}, "rows: a Uint32Array");
  const auto weights = arguments.column<uint16_t>(1, "weights: a Uint16Array");
  const auto terms = arguments.column<uint32_t>(2, "terms: a Uint32Array");
  const auto factors = arguments.column<float>(3, "factors: a Float32Array");
  const auto live = arguments.column_or_null<uint8_t>(4, "live: a Uint8Array or null");
  const auto ties = arguments.column_or_null<uint64_t>(5, "ties: a BigUint64Array or null");
  const auto limits = arguments.column<double>(6, "limits: a Float64Array");
  const auto cancel = arguments.column<uint8_t>(7, "cancel: a Uint8Array");
  const auto best_rows = arguments.column<uint32_t>(8, "bestRows: a Uint32Array");
  const auto best_scores = arguments.column<float>(9, "bestScores: a Float32Array");
  arguments.require(rows.size == weights.size && terms.size == 2 * factors.size, "weights, terms: of the rows' and factors' size");
  arguments.require(limits.size == 2 && cancel.size == 1, "limits, cancel: of two values and one");
  arguments.require(best_rows.size == best_scores.size && best_rows.size >= 1, "outputs: of equal size, at least 1");
  if (!arguments.ok()) return job;
  const double row_count = limits.data[0];
  arguments.require(row_count >= 0 && row_count <= UINT32_MAX - window_rows, "limits: rowCount");
  if (!arguments.ok()) return job;
  const size_t count = static_cast<size_t>(row_count);
  arguments.require(live.data == nullptr || live.size >= (count + 7) / 8, "live: a bit for every row");
  arguments.require(ties.data == nullptr || ties.size >= count, "ties: one for every row");
  job.kernels = &selected_kernels();
  job.query = {rows.data, weights.data, terms.data, factors.data, factors.size, live.data,
               ties.data, static_cast<uint32_t>(count), static_cast<float>(limits.data[1])};
  job.cancel = cancel.data;
  job.best = {best_rows.data, best_scores.data, best_rows.size};
  require_terms(arguments, job.query, rows.size);
  return job;
}

}  // namespace

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
  arguments.require(accumulate_sparse(selected_kernels(), query, scores.data, scores.size), "starts, ends: within the postings");
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

napi_value search_postings_now(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  PostingsJob job = parse_search(arguments);
  return arguments.ok() ? number_value(env, job.run()) : nullptr;
}

napi_value search_postings_async(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const PostingsJob job = parse_search(arguments);
  return arguments.ok() ? Job::start(new PostingsJob(job), arguments) : nullptr;
}

}  // namespace shoal
