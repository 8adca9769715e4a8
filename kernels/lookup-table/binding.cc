// lookup-table.h to JavaScript. See bindings.h.
#include "kernels/bindings.h"

namespace shoal {

napi_value build_table(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto codebook = arguments.column<float>(size_t{0}, "codebook: a Float32Array");
  const auto query = arguments.column<float>(1, "query: a Float32Array");
  const size_t dsub = arguments.size(2, dsub_max, "dsub: from 1 to 64");
  const auto scales = arguments.column<double>(3, "scales: a Float64Array");
  const auto tables = arguments.column<float>(4, "tables: a Float32Array");
  const auto levels = arguments.column<uint8_t>(5, "levels: a Uint8Array");
  const auto scale = arguments.column<double>(6, "scale: a Float64Array");
  const size_t subquantizers = query.size / dsub;
  const bool is_shaped = subquantizers >= 1 && subquantizers <= subquantizers_max && query.size == subquantizers * dsub;
  arguments.require(is_shaped && codebook.size == query.size * ksub, "codebook: 16 codewords for every part of the query");
  arguments.require(scales.size == 2 && scale.size == 3, "scales, scale: of 2 and 3 values");
  arguments.require(tables.size == subquantizers * ksub, "tables: 16 for every subquantizer");
  arguments.require(levels.size == padded_subquantizers(subquantizers) * ksub, "levels: 16 for every padded subquantizer");
  if (!arguments.ok()) return nullptr;
  arguments.require(scales.data[0] > 0 && scales.data[1] > 0, "scales: positive");
  if (!arguments.ok()) return nullptr;
  const LevelScale built = build_lookup_table(selected_kernels(), codebook.data, query.data, subquantizers, dsub,
                                              {scales.data[0], scales.data[1]}, tables.data, levels.data);
  scale.data[0] = built.unit;
  scale.data[1] = built.offset;
  scale.data[2] = built.anchor_weight;
  return nullptr;
}

}  // namespace shoal
