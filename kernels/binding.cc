// The native door: every export with its name, and the choice of the instruction set.
//
// native-kernels.ts declares every export in the same order, with its meaning; the functions are in <family>/binding.cc.
#include <atomic>

#include "kernels/bindings.h"

namespace shoal {
namespace {

std::atomic<const Kernels*> selected{nullptr};

napi_value available(napi_env env, napi_callback_info) {
  int count = 0;
  const Kernels* const* tables = available_kernels(&count);
  napi_value names = nullptr;
  napi_create_array(env, &names);
  for (int i = 0; i < count; i++) {
    napi_value name = nullptr;
    napi_create_string_utf8(env, tables[i]->name, NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, names, static_cast<uint32_t>(i), name);
  }
  return names;
}

napi_value select(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  char name[32];
  arguments.text(0, name, sizeof name, "isa: a name of at most 30 bytes");
  if (!arguments.ok()) return nullptr;
  const Kernels* found = find_kernels(name);
  arguments.require(found != nullptr, "isa: not available on this machine");
  if (found != nullptr) selected.store(found);
  return nullptr;
}

napi_value selected_name(napi_env env, napi_callback_info) {
  napi_value name = nullptr;
  napi_create_string_utf8(env, selected_kernels().name, NAPI_AUTO_LENGTH, &name);
  return name;
}

napi_value bytes_past_line(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  void* data = nullptr;
  size_t size = 0;
  const napi_value buffer = arguments.value(0);
  const bool is_buffer = buffer != nullptr && napi_get_arraybuffer_info(env, buffer, &data, &size) == napi_ok;
  arguments.require(is_buffer, "buffer: an ArrayBuffer");
  return arguments.ok() ? number_value(env, reinterpret_cast<uintptr_t>(data) % 64) : nullptr;
}

}  // namespace

const Kernels& selected_kernels() {
  const Kernels* chosen = selected.load();
  if (chosen != nullptr) return *chosen;
  int count = 0;
  return *available_kernels(&count)[0];
}

void export_all(Exports exports) {
  exports.Set("available", available);
  exports.Set("select", select);
  exports.Set("selected", selected_name);
  exports.Set("bytesPastLine", bytes_past_line);
  exports.Set("scanDense", scan_dense_rows);
  exports.Set("scoreDense", score_dense);
  exports.Set("sumBytes", sum_bytes);
  exports.Set("toFloat16", to_float16);
  exports.Set("toFloat32", to_float32);
  exports.Set("maxSimCodes", codes_fast);
  exports.Set("maxSimCodesExact", codes_exact);
  exports.Set("maxSimCodesMatches", codes_matches);
  exports.Set("maxSimRows", rows_exact);
  exports.Set("assignNearest", assign_now);
  exports.Set("assignNearestAsync", assign_async);
  exports.Set("secondLists", second_lists_of);
  exports.Set("secondListsAsync", second_lists_async);
  exports.Set("accumulateSparse", accumulate);
  exports.Set("topK", top_k);
  exports.Set("searchPostings", search_postings_now);
  exports.Set("searchPostingsAsync", search_postings_async);
  exports.Set("buildLookupTable", build_table);
  exports.Set("encodeVectors", encode_first);
  exports.Set("encodeSecond", encode_second_codes);
  exports.Set("encodeBatch", encode_batch_now);
  exports.Set("encodeBatchAsync", encode_batch_async);
  exports.Set("packBlocks", pack_rows);
  exports.Set("unpackBlocks", unpack_rows);
  exports.Set("scanLists", scan_lists_now);
  exports.Set("quantizeQuery", quantize_second_query);
  exports.Set("scoreSurvivors", score_survivors_now);
  exports.Set("openSearcher", open_searcher);
  exports.Set("addSearchColumn", add_search_column);
  exports.Set("addRowColumn", add_row_column);
  exports.Set("setFirstColumn", set_first_column);
  exports.Set("scanWith", scan_with);
  exports.Set("quantizeCentroids", quantize_centroids);
  exports.Set("routeWith", route_with);
  exports.Set("closeSearcher", close_searcher);
  exports.Set("searchWorkBytes", search_work_bytes);
  exports.Set("openScratch", open_scratch);
  exports.Set("search", search_now);
  exports.Set("searchAsync", search_async);
  exports.Set("packPanels", pack_centroid_panels);
  exports.Set("bestProducts", best_products_of);
  exports.Set("gatherRows", gather_numbered_rows);
  exports.Set("addRows", add_assigned_rows);
  exports.Set("checkBlocks", check_blocks_now);
  exports.Set("checkBlocksAsync", check_blocks_async);
  exports.Set("mapFile", map);
  exports.Set("adviseMapping", advise);
  exports.Set("isTornMapping", is_torn_mapping);
  exports.Set("unmapFile", unmap);
}

}  // namespace shoal

NAPI_MODULE_INIT() {
  shoal::export_all(shoal::Exports(env, exports));
  return exports;
}
