// The meaning of adc-scan.h in its plainest form.
#include "kernels/adc-scan/adc-scan.h"

#include <cstring>

namespace shoal::reference {

void spread_levels(const uint8_t* levels, uint32_t pairs, uint8_t* spread) { std::memcpy(spread, levels, size_t{pairs} * 32); }

uint32_t scan_blocks(const ScanTable& table, const uint8_t* blocks, uint32_t count, uint32_t width, int32_t cut, uint64_t* masks,
                     int32_t* scores) {
  uint32_t found = 0;
  for (uint32_t b = 0; b < count; b++) {
    const uint8_t* block = blocks + b * block_bytes(table.pairs, width);
    uint64_t kept = 0;
    for (uint32_t v = 0; v < width; v++) {
      if ((masks[b] >> v & 1) == 0) continue;
      int32_t sum = table.offset;
      for (uint32_t p = 0; p < table.pairs; p++) {
        const uint8_t byte = block[p * width + slot_of(v, width)];
        sum += table.levels[p * 32 + (byte & 15)] + table.levels[p * 32 + 16 + (byte >> 4)];
      }
      int16_t factors[2];
      std::memcpy(factors, block + table.pairs * width + 4 * v, sizeof factors);
      const int32_t score = factors[0] * sum + factors[1] * table.anchor_weight;
      scores[b * 64 + v] = score;
      if (score >= cut) kept |= uint64_t{1} << v;
    }
    masks[b] = kept;
    found += kept != 0 ? 1 : 0;
  }
  return found;
}

}  // namespace shoal::reference
