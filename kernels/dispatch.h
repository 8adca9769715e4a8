// Which instruction set runs: one table of kernels per set, probed once.
//
// A kernel is a free function of raw pointers and sizes; its contract is in <family>/<family>.h. Everything above the tables
// (blocks, heaps, jobs) is plain C++ that takes the table as a parameter, so a call runs on one set from start to end.
#pragma once

#include "kernels/adc-scan/adc-scan.h"
#include "kernels/checksum/checksum.h"
#include "kernels/dense-scan/dense-scan.h"
#include "kernels/float16/float16.h"
#include "kernels/list-search/list-search.h"
#include "kernels/lookup-table/lookup-table.h"
#include "kernels/matrix-product/matrix-product.h"
#include "kernels/max-sim/max-sim.h"
#include "kernels/nearest-centroid/nearest-centroid.h"
#include "kernels/product-code/product-code.h"
#include "kernels/second-code/second-code.h"
#include "kernels/sparse/sparse.h"

namespace shoal {

struct Kernels {
  const char* name;
  DenseScores dense_scores;
  SumBytes sum_bytes;
  ToHalf to_half;
  ToFloat to_float;
  ProjectRows project_rows;
  ExpandCodes expand_codes;
  MaxCodes max_codes;
  PackTables pack_tables;
  MaxTables max_tables;
  NearestPanel nearest_panel;
  AccumulateTerm accumulate_term;
  CollectRows collect_rows;
  InnerTables inner_tables;
  QuantizeTables quantize_tables;
  NearestCodewords nearest_codewords;
  ImproveCodewords improve_codewords;
  SpreadLevels spread_levels;
  ScanBlocks scan_blocks;
  NibbleProduct nibble_product;
  NibbleErrors nibble_errors;
  FindNibbles find_nibbles;
  ValueProduct value_product;
  EntryProduct entry_product;
  LevelErrors level_errors;
  RowProducts row_products;
  HalfProducts half_products;
  ByteProducts byte_products;
  BestOfPanels best_of_panels;
  Crc32 crc32;
};

// The tables this machine can run, best first; *count of them. The last is always "reference".
const Kernels* const* available_kernels(int* count);

// The table of that name, or null when this machine or this build has none.
const Kernels* find_kernels(const char* name);

}  // namespace shoal
