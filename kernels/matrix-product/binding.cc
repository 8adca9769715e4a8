// matrix-product.h to JavaScript. See bindings.h.
#include "kernels/bindings.h"

namespace shoal {
namespace {

constexpr uint32_t dim_max = 65536;

// Every number names one of `count` rows.
void require_below(Arguments& arguments, const Column<uint32_t>& numbers, size_t count, const char* why) {
  for (size_t i = 0; arguments.ok() && i < numbers.size; i++) arguments.require(numbers.data[i] < count, why);
}

}  // namespace

napi_value pack_centroid_panels(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto centroids = arguments.column<float>(size_t{0}, "centroids: a Float32Array");
  const auto biases = arguments.column_or_null<float>(1, "biases: a Float32Array");
  const size_t dim = arguments.size(2, dim_max, "dim: from 1 to 65536");
  const auto panels = arguments.column<float>(3, "panels: a Float32Array");
  const auto panel_biases = arguments.column<float>(4, "panelBiases: a Float32Array");
  const size_t count = centroids.size / dim;
  arguments.require(centroids.size == count * dim && count >= 1, "centroids: whole rows of dim, at least one");
  arguments.require(biases.data == nullptr || biases.size == count, "biases: one for every centroid");
  arguments.require(panels.size == panels_of(count) * panel_width * dim, "panels: of another size");
  arguments.require(panel_biases.size == panels_of(count) * panel_width, "panelBiases: of another size");
  if (arguments.ok()) pack_panels(centroids.data, biases.data, count, dim, panels.data, panel_biases.data);
  return nullptr;
}

napi_value best_products_of(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto points = arguments.column<float>(size_t{0}, "points: a Float32Array");
  const size_t dim = arguments.size(1, dim_max, "dim: from 1 to 65536");
  const auto panels = arguments.column<float>(2, "panels: a Float32Array");
  const auto panel_biases = arguments.column<float>(3, "panelBiases: a Float32Array");
  const auto assignments = arguments.column<uint32_t>(4, "assignments: a Uint32Array");
  const auto scores = arguments.column<float>(5, "scores: a Float32Array");
  const size_t count = points.size / dim, panel_count = panel_biases.size / panel_width;
  arguments.require(points.size == count * dim, "points: whole rows of dim");
  arguments.require(panel_count >= 1 && panel_biases.size == panel_count * panel_width, "panelBiases: whole panels, at least one");
  arguments.require(panels.size == panel_count * panel_width * dim, "panels: of another size");
  arguments.require(assignments.size == count && scores.size == count, "outputs: one for every point");
  if (!arguments.ok()) return nullptr;
  const CentroidPanels centroids = {panels.data, panel_biases.data, panel_count, dim};
  best_products(selected_kernels(), points.data, count, centroids, assignments.data, scores.data);
  return nullptr;
}

napi_value gather_numbered_rows(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto points = arguments.column<float>(size_t{0}, "points: a Float32Array");
  const size_t dim = arguments.size(1, dim_max, "dim: from 1 to 65536");
  const auto rows = arguments.column<uint32_t>(2, "rows: a Uint32Array");
  const auto gathered = arguments.column<float>(3, "gathered: a Float32Array");
  arguments.require(gathered.size == rows.size * dim, "gathered: a row for every number");
  require_below(arguments, rows, points.size / dim, "rows: one passes the end of the points");
  if (arguments.ok()) gather_rows(points.data, rows.data, rows.size, dim, gathered.data);
  return nullptr;
}

napi_value add_assigned_rows(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto points = arguments.column<float>(size_t{0}, "points: a Float32Array");
  const size_t dim = arguments.size(1, dim_max, "dim: from 1 to 65536");
  const auto assignments = arguments.column<uint32_t>(2, "assignments: a Uint32Array");
  const auto sums = arguments.column<double>(3, "sums: a Float64Array");
  const auto counts = arguments.column<uint32_t>(4, "counts: a Uint32Array");
  arguments.require(points.size == assignments.size * dim, "points: whole rows, one for every assignment");
  arguments.require(sums.size == counts.size * dim, "sums: a row for every count");
  require_below(arguments, assignments, counts.size, "assignments: one passes the end of the sums");
  if (arguments.ok()) add_rows(points.data, assignments.data, assignments.size, dim, sums.data, counts.data);
  return nullptr;
}

}  // namespace shoal
