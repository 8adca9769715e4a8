// matrix-product.h to JavaScript. See bindings.h.
#include "kernels/bindings.h"

namespace shoal {
namespace {

constexpr uint32_t dim_max = 65536;

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

}  // namespace shoal
