// Columns of lists from JavaScript: what adc-scan and second-code have in common.
#pragma once

#include "kernels/adc-scan/adc-scan.h"
#include "kernels/arguments.h"

namespace shoal {

// Arguments at .. at + 3: codes, offsets, counts, firsts. Every list lies within the codes, and its positions within 32 bits.
inline ListColumns parse_lists(Arguments& arguments, size_t at, size_t pairs) {
  const auto codes = arguments.column<uint8_t>(at, "codes: a Uint8Array");
  const auto offsets = arguments.column<uint64_t>(at + 1, "offsets: a BigUint64Array");
  const auto counts = arguments.column<uint32_t>(at + 2, "counts: a Uint32Array");
  const auto firsts = arguments.column<uint32_t>(at + 3, "firsts: a Uint32Array");
  arguments.require(offsets.size == counts.size && firsts.size == counts.size, "offsets, counts, firsts: of equal size");
  for (size_t list = 0; arguments.ok() && list < counts.size; list++) {
    const size_t size = list_bytes(pairs, counts.data[list]);
    const bool is_within = size <= codes.size && offsets.data[list] <= codes.size - size;
    arguments.require(is_within && firsts.data[list] <= UINT32_MAX - counts.data[list], "lists: one passes the end of the codes");
  }
  return {codes.data, offsets.data, counts.data, firsts.data, counts.size, nullptr, nullptr, 0, nullptr};
}

}  // namespace shoal
