// The probe and the tables. See dispatch.h.
#include "kernels/dispatch.h"

#include <cstring>

namespace shoal {
namespace {

const Kernels reference_kernels = {
    "reference",
    reference::dense_scores,
    reference::sum_bytes,
    reference::to_half,
    reference::to_float,
    reference::project_rows,
    reference::expand_codes,
    reference::max_codes,
    reference::nearest_panel,
    reference::accumulate_term,
    reference::accumulate_window,
    reference::collect_rows,
    reference::inner_tables,
    reference::quantize_tables,
    reference::nearest_codewords,
    reference::spread_levels,
    reference::scan_blocks,
    reference::nibble_product,
};

#if defined(__x86_64__)
const Kernels avx2_kernels = {
    "avx2",
    avx2::dense_scores,
    avx2::sum_bytes,
    avx2::to_half,
    avx2::to_float,
    avx2::project_rows,
    avx2::expand_codes,
    avx2::max_codes,
    avx2::nearest_panel,
    avx2::accumulate_term,
    avx2::accumulate_window,
    avx2::collect_rows,
    avx2::inner_tables,
    avx2::quantize_tables,
    avx2::nearest_codewords,
    avx2::spread_levels,
    avx2::scan_blocks,
    avx2::nibble_product,
};

// sum_bytes stays AVX2 (it is the yardstick of bandwidth) and so do the sums of postings (they scatter one score at a time).
const Kernels avx512_kernels = {
    "avx512",
    avx512::dense_scores,
    avx2::sum_bytes,
    avx512::to_half,
    avx512::to_float,
    avx512::project_rows,
    avx512::expand_codes,
    avx512::max_codes,
    avx512::nearest_panel,
    avx2::accumulate_term,
    avx2::accumulate_window,
    avx512::collect_rows,
    avx512::inner_tables,
    avx512::quantize_tables,
    avx512::nearest_codewords,
    avx512::spread_levels,
    avx512::scan_blocks,
    avx512::nibble_product,
};

bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

// VBMI and VNNI too (Ice Lake, Zen 4 and later): older AVX-512 machines run the AVX2 table, which suits them better anyway.
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
}
#endif

struct Available {
  const Kernels* tables[3] = {};
  int count = 0;

  Available() {
#if defined(__x86_64__)
    if (has_avx512()) tables[count++] = &avx512_kernels;
    if (has_avx2()) tables[count++] = &avx2_kernels;
#endif
    tables[count++] = &reference_kernels;
  }
};

}  // namespace

const Kernels* const* available_kernels(int* count) {
  static const Available available;
  *count = available.count;
  return available.tables;
}

const Kernels* find_kernels(const char* name) {
  int count = 0;
  const Kernels* const* tables = available_kernels(&count);
  for (int i = 0; i < count; i++) {
    if (std::strcmp(tables[i]->name, name) == 0) return tables[i];
  }
  return nullptr;
}

}  // namespace shoal
