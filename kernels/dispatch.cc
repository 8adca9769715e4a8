// The probe and the tables. See dispatch.h.
#include "kernels/dispatch.h"

#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

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
    reference::pack_tables,
    reference::max_tables,
    reference::nearest_panel,
    reference::accumulate_term,
    reference::collect_rows,
    reference::inner_tables,
    reference::quantize_tables,
    reference::nearest_codewords,
    reference::improve_codewords,
    reference::spread_levels,
    reference::scan_blocks,
    reference::nibble_product,
    reference::nibble_errors,
    reference::find_nibbles,
    reference::value_product,
    reference::entry_product,
    reference::level_errors,
    reference::row_products,
    reference::half_products,
    reference::byte_products,
    reference::best_of_panels,
    reference::crc32,
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
    avx2::pack_tables,
    avx2::max_tables,
    avx2::nearest_panel,
    avx2::accumulate_term,
    avx2::collect_rows,
    avx2::inner_tables,
    avx2::quantize_tables,
    avx2::nearest_codewords,
    avx2::improve_codewords,
    avx2::spread_levels,
    avx2::scan_blocks,
    avx2::nibble_product,
    avx2::nibble_errors,
    avx2::find_nibbles,
    avx2::value_product,
    avx2::entry_product,
    avx2::level_errors,
    avx2::row_products,
    avx2::half_products,
    avx2::byte_products,
    avx2::best_of_panels,
    avx2::crc32,
};

// sum_bytes stays AVX2 (it is the yardstick of bandwidth), and so do the sums of postings (they scatter one score at a time), the encoding
// of second codes (its four steps are four lanes) and checksums (as fast as memory).
const Kernels avx512_kernels = {
    "avx512",
    avx512::dense_scores,
    avx2::sum_bytes,
    avx512::to_half,
    avx512::to_float,
    avx512::project_rows,
    avx512::expand_codes,
    avx512::max_codes,
    avx512::pack_tables,
    avx512::max_tables,
    avx512::nearest_panel,
    avx2::accumulate_term,
    avx512::collect_rows,
    avx512::inner_tables,
    avx512::quantize_tables,
    avx512::nearest_codewords,
    avx512::improve_codewords,
    avx512::spread_levels,
    avx512::scan_blocks,
    avx512::nibble_product,
    avx2::nibble_errors,
    avx2::find_nibbles,
    avx512::value_product,
    avx512::entry_product,
    avx2::level_errors,
    avx512::row_products,
    avx512::half_products,
    avx512::byte_products,
    avx512::best_of_panels,
    avx2::crc32,
};

// Asked of the processor itself: Clang before 17 does not know the name.
bool has_f16c() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}

bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("pclmul") && has_f16c();
}

// VBMI and VNNI too (Ice Lake, Zen 4 and later): older AVX-512 machines run the AVX2 table, which suits them better anyway.
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
}
#endif

#if defined(__aarch64__)
bool has_crc() {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
#else
  return true;
#endif
}

// The reference's table with what NEON, which every such machine has, does better.
Kernels make_neon() {
  Kernels kernels = reference_kernels;
  kernels.name = "neon";
  kernels.dense_scores = neon::dense_scores;
  kernels.sum_bytes = neon::sum_bytes;
  kernels.to_half = neon::to_half;
  kernels.to_float = neon::to_float;
  kernels.project_rows = neon::project_rows;
  kernels.expand_codes = neon::expand_codes;
  kernels.max_codes = neon::max_codes;
  kernels.pack_tables = neon::pack_tables;
  kernels.max_tables = neon::max_tables;
  kernels.nearest_panel = neon::nearest_panel;
  kernels.accumulate_term = neon::accumulate_term;
  kernels.collect_rows = neon::collect_rows;
  kernels.inner_tables = neon::inner_tables;
  kernels.quantize_tables = neon::quantize_tables;
  kernels.nearest_codewords = neon::nearest_codewords;
  kernels.improve_codewords = neon::improve_codewords;
  kernels.spread_levels = neon::spread_levels;
  kernels.scan_blocks = neon::scan_blocks;
  kernels.nibble_product = neon::nibble_product;
  kernels.nibble_errors = neon::nibble_errors;
  kernels.find_nibbles = neon::find_nibbles;
  kernels.value_product = neon::value_product;
  kernels.entry_product = neon::entry_product;
  kernels.level_errors = neon::level_errors;
  kernels.row_products = neon::row_products;
  kernels.half_products = neon::half_products;
  kernels.byte_products = neon::byte_products;
  kernels.best_of_panels = neon::best_of_panels;
  if (has_crc()) kernels.crc32 = neon::crc32;
  return kernels;
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
#if defined(__aarch64__)
    static const Kernels neon_kernels = make_neon();
    tables[count++] = &neon_kernels;
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
