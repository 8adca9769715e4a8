// The integer score of adc-scan.h for a vector that lies in a row, not in a block: one of a segment that still grows.
//
//   S of code uint8[pairs] and factors int16[2] as pack_blocks takes them
//
// The same number as for the same vector in a block, so an answer does not depend on where a row lies. No overflow for the reason given
// there. Plain C++ on every set: a growing segment is small, and gathering its rows costs what the sums do.
#pragma once

#include "kernels/adc-scan/adc-scan.h"

namespace shoal {

// offset + sum of levels of a code. Only `levels`, `pairs` and `offset` of the table are read.
inline int32_t sum_of_code(const ScanTable& table, const uint8_t* code) {
  int32_t sum = table.offset;
  for (uint32_t p = 0; p < table.pairs; p++) {
    const uint8_t* levels = table.levels + p * 32;
    sum += levels[code[p] & 15] + levels[16 + (code[p] >> 4)];
  }
  return sum;
}

inline int32_t score_of_row(const ScanTable& table, const uint8_t* code, const int16_t* factors) {
  return factors[0] * sum_of_code(table, code) + factors[1] * table.anchor_weight;
}

}  // namespace shoal
