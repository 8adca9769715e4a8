// nearest-centroid.h to JavaScript. See bindings.h.
#include "kernels/bindings.h"

namespace shoal {
namespace {

constexpr uint32_t dim_max = 65536;

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
  job.kernels = &selected_kernels();
  job.assign = {points.data, point_count, centroids.data, static_cast<uint32_t>(centroid_count),
                dim,         panel.data,  assignments.data, scores.data};
  return job;
}

SecondListsJob parse_second(Arguments& arguments) {
  const auto points = arguments.column<float>(size_t{0}, "points: a Float32Array");
  const auto firsts = arguments.column<uint32_t>(1, "firsts: a Uint32Array");
  const auto centroids = arguments.column<float>(2, "centroids: a Float32Array");
  const auto around = arguments.column<uint32_t>(3, "around: a Uint32Array");
  const auto residual = arguments.column<float>(4, "residual: a Float32Array");
  const auto seconds = arguments.column<uint32_t>(5, "seconds: a Uint32Array");
  const size_t dim = residual.size;
  arguments.require(dim >= 1 && points.size == firsts.size * dim, "points: a row of dim values for each");
  if (!arguments.ok()) return {};
  const size_t count = centroids.size / dim;
  const size_t width = count == 0 ? 0 : around.size / count;
  arguments.require(centroids.size == count * dim && around.size == count * width, "around: as many for every centroid");
  arguments.require(seconds.size == firsts.size, "seconds: one for every point");
  for (size_t p = 0; arguments.ok() && p < firsts.size; p++) {
    arguments.require(firsts.data[p] < count, "firsts: rows of centroids");
    if (!arguments.ok()) break;
    const uint32_t* own = around.data + firsts.data[p] * width;
    for (size_t i = 0; arguments.ok() && i < width; i++) arguments.require(own[i] < count, "around: rows of centroids");
  }
  return {points.data, firsts.data, firsts.size, centroids.data, around.data, width, dim, residual.data, seconds.data};
}

struct SecondJob final : Job {
  SecondListsJob second;

  double run() override {
    second_lists(second);
    return 0;
  }
};

}  // namespace

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

napi_value second_lists_of(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const SecondListsJob job = parse_second(arguments);
  if (arguments.ok()) second_lists(job);
  return nullptr;
}

napi_value second_lists_async(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  SecondJob job;
  job.second = parse_second(arguments);
  return arguments.ok() ? Job::start(new SecondJob(job), arguments) : nullptr;
}

}  // namespace shoal
