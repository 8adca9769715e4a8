// The functions behind the native door, by family: check types, lengths and alignment, call, convert. No arithmetic.
//
// Memory of JavaScript is kept after a call only by a Job, until it ends. Outputs are arrays that the caller made.
#pragma once

#include "kernels/arguments.h"
#include "kernels/dispatch.h"

namespace shoal {

// The set that calls run on: the one chosen, else the best.
const Kernels& selected_kernels();

// --- checksum
napi_value check_blocks_now(napi_env env, napi_callback_info info);
napi_value check_blocks_async(napi_env env, napi_callback_info info);

// --- dense-scan
napi_value scan_dense_rows(napi_env env, napi_callback_info info);
napi_value score_dense(napi_env env, napi_callback_info info);
napi_value sum_bytes(napi_env env, napi_callback_info info);

// --- float16
napi_value to_float16(napi_env env, napi_callback_info info);
napi_value to_float32(napi_env env, napi_callback_info info);

// --- max-sim
napi_value codes_fast(napi_env env, napi_callback_info info);
napi_value codes_exact(napi_env env, napi_callback_info info);
napi_value codes_matches(napi_env env, napi_callback_info info);
napi_value rows_exact(napi_env env, napi_callback_info info);

// --- nearest-centroid
napi_value assign_now(napi_env env, napi_callback_info info);
napi_value assign_async(napi_env env, napi_callback_info info);
napi_value second_lists_of(napi_env env, napi_callback_info info);
napi_value second_lists_async(napi_env env, napi_callback_info info);

// --- sparse
napi_value accumulate(napi_env env, napi_callback_info info);
napi_value top_k(napi_env env, napi_callback_info info);
napi_value search_postings_now(napi_env env, napi_callback_info info);
napi_value search_postings_async(napi_env env, napi_callback_info info);

// --- lookup-table
napi_value build_table(napi_env env, napi_callback_info info);

// --- product-code
napi_value encode_first(napi_env env, napi_callback_info info);

// --- second-code
napi_value encode_batch_now(napi_env env, napi_callback_info info);
napi_value encode_batch_async(napi_env env, napi_callback_info info);
napi_value encode_second_codes(napi_env env, napi_callback_info info);
napi_value quantize_second_query(napi_env env, napi_callback_info info);
napi_value score_survivors_now(napi_env env, napi_callback_info info);

// --- adc-scan
napi_value pack_rows(napi_env env, napi_callback_info info);
napi_value unpack_rows(napi_env env, napi_callback_info info);
napi_value scan_lists_now(napi_env env, napi_callback_info info);

// --- list-search
napi_value open_searcher(napi_env env, napi_callback_info info);
napi_value add_search_column(napi_env env, napi_callback_info info);
napi_value add_row_column(napi_env env, napi_callback_info info);
napi_value set_first_column(napi_env env, napi_callback_info info);
napi_value scan_with(napi_env env, napi_callback_info info);
napi_value quantize_centroids(napi_env env, napi_callback_info info);
napi_value route_with(napi_env env, napi_callback_info info);
napi_value close_searcher(napi_env env, napi_callback_info info);
napi_value search_work_bytes(napi_env env, napi_callback_info info);
napi_value open_scratch(napi_env env, napi_callback_info info);
napi_value search_now(napi_env env, napi_callback_info info);
napi_value search_async(napi_env env, napi_callback_info info);

// --- matrix-product
napi_value pack_centroid_panels(napi_env env, napi_callback_info info);
napi_value best_products_of(napi_env env, napi_callback_info info);
napi_value gather_numbered_rows(napi_env env, napi_callback_info info);
napi_value add_assigned_rows(napi_env env, napi_callback_info info);

// --- mapped-file
napi_value map(napi_env env, napi_callback_info info);
napi_value advise(napi_env env, napi_callback_info info);
napi_value is_torn_mapping(napi_env env, napi_callback_info info);
napi_value unmap(napi_env env, napi_callback_info info);

}  // namespace shoal
