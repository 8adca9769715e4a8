// dense-scan.h to JavaScript. See bindings.h.
#include "kernels/bindings.h"

namespace shoal {
namespace {

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

}  // namespace

napi_value scan_dense_rows(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  ScanJob parsed;
  parsed.kernels = &selected_kernels();
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
    selected_kernels().dense_scores(rows.data + numbers.data[i] * query.size, 1, query.size, query.data, scores.data + i);
  }
  return nullptr;
}

napi_value sum_bytes(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto bytes = arguments.column<uint8_t>(size_t{0}, "bytes: a Uint8Array");
  if (!arguments.ok()) return nullptr;
  return number_value(env, static_cast<double>(selected_kernels().sum_bytes(bytes.data, bytes.size)));
}

}  // namespace shoal
