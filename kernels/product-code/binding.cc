// product-code.h to JavaScript. See bindings.h.
#include "kernels/bindings.h"

namespace shoal {

napi_value encode_first(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto points = arguments.column<float>(size_t{0}, "points: a Float32Array");
  const auto base = arguments.column_or_null<float>(1, "base: a Float32Array or null");
  const auto anchor = arguments.column_or_null<float>(2, "anchor: a Float32Array or null");
  const auto codebook = arguments.column<float>(3, "codebook: a Float32Array");
  const size_t dsub = arguments.size(4, dsub_max, "dsub: from 1 to 64");
  const auto scales = arguments.column<double>(5, "scales: a Float64Array");
  const auto scratch = arguments.column<float>(6, "scratch: a Float32Array");
  const auto codes = arguments.column<uint8_t>(7, "codes: a Uint8Array");
  const auto factors = arguments.column<int16_t>(8, "factors: an Int16Array");
  const auto metric = arguments.column_or_null<float>(9, "metric: a Float32Array or null");
  const size_t subquantizers = codebook.size / (dsub * ksub), dim = subquantizers * dsub;
  arguments.require(subquantizers >= 1 && subquantizers <= subquantizers_max && codebook.size == dim * ksub, "codebook: its shape");
  if (!arguments.ok()) return nullptr;
  const size_t count = points.size / dim;
  arguments.require(points.size == count * dim, "points: whole rows of dim");
  arguments.require((base.data == nullptr || base.size == dim) && (anchor.data == nullptr || anchor.size == dim), "base, anchor: of dim");
  arguments.require(scratch.size >= encode_floats(subquantizers, dsub, metric.data != nullptr), "scratch: too small");
  arguments.require(codes.size == count * padded_subquantizers(subquantizers) / 2 && factors.size == 2 * count, "outputs: of count");
  arguments.require(metric.data == nullptr || metric.size == dim * dim, "metric: dim rows of dim");
  arguments.require(scales.size == 2 && scales.data[0] > 0 && scales.data[1] > 0, "scales: two, positive");
  if (!arguments.ok()) return nullptr;
  const Encoder encoder = {base.data, anchor.data, codebook.data, subquantizers, dsub, {scales.data[0], scales.data[1]}, metric.data};
  const uint8_t never = 0;
  encode_vectors(selected_kernels(), encoder, points.data, count, &never, scratch.data, codes.data, factors.data);
  return nullptr;
}

}  // namespace shoal
