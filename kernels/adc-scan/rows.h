// The integer scores of adc-scan.h for vectors that lie row by row, not in blocks: those of a segment that still grows.
//
//   scores[i] = S, as a double, of the row numbered rows[i]: codes uint8[n][pairs], factors int16[n][2] as pack_blocks takes them
//
// The same number as for the same vector in a block, so an answer does not depend on where a row lies. No overflow for the reason given
// there. Plain C++ on every set: a growing segment is small, and gathering its rows costs what the sums do.
#pragma once

#include "kernels/adc-scan/adc-scan.h"

namespace shoal {

// Only `levels`, `pairs`, `offset` and `anchor_weight` of the table are read.
void score_rows(const ScanTable& table, const uint8_t* codes, const int16_t* factors, const uint32_t* rows, size_t count,
                double* scores);

}  // namespace shoal
