// rows.h.
#include "kernels/adc-scan/rows.h"

namespace shoal {

void score_rows(const ScanTable& table, const uint8_t* codes, const int16_t* factors, const uint32_t* rows, size_t count,
                double* scores) {
  for (size_t i = 0; i < count; i++) {
    const size_t row = rows[i];
    const uint8_t* code = codes + row * table.pairs;
    int32_t sum = table.offset;
    for (uint32_t p = 0; p < table.pairs; p++) {
      const uint8_t* levels = table.levels + p * 32;
      sum += levels[code[p] & 15] + levels[16 + (code[p] >> 4)];
    }
    scores[i] = factors[2 * row] * sum + factors[2 * row + 1] * table.anchor_weight;
  }
}

}  // namespace shoal
