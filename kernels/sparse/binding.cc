// sparse.h to JavaScript. See bindings.h.
#include "kernels/bindings.h"

namespace shoal {

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

}  // namespace shoal
