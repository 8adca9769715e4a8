// Rows to blocks and back. See adc-scan.h for the layout.
#include <cstring>

#include "kernels/adc-scan/adc-scan.h"

namespace shoal {
namespace {

struct Place {
  size_t block;  // bytes from the list's beginning
  uint32_t width;
  uint32_t vector;  // within the block
};

Place place_of(size_t pairs, size_t count, size_t vector) {
  const size_t whole = whole_blocks(count);
  const bool is_half = vector >= whole * 64;
  const size_t block = is_half ? whole : vector / 64;
  return {block * block_bytes(pairs, 64), is_half ? half_width : block_width, static_cast<uint32_t>(vector - block * 64)};
}

}  // namespace

void pack_blocks(const uint8_t* codes, const int16_t* factors, size_t pairs, size_t count, uint8_t* blocks) {
  if (count > 0) std::memset(blocks, 0, list_bytes(pairs, count));
  for (size_t v = 0; v < count; v++) {
    const Place place = place_of(pairs, count, v);
    uint8_t* block = blocks + place.block;
    const uint32_t slot = slot_of(place.vector, place.width);
    for (size_t p = 0; p < pairs; p++) block[p * place.width + slot] = codes[v * pairs + p];
    std::memcpy(block + pairs * place.width + 4 * place.vector, factors + 2 * v, 4);
  }
}

void unpack_blocks(const uint8_t* blocks, size_t pairs, size_t count, uint8_t* codes, int16_t* factors) {
  for (size_t v = 0; v < count; v++) {
    const Place place = place_of(pairs, count, v);
    read_code(blocks, pairs, count, v, codes + v * pairs);
    std::memcpy(factors + 2 * v, blocks + place.block + pairs * place.width + 4 * place.vector, 4);
  }
}

void read_code(const uint8_t* list, size_t pairs, size_t count, size_t vector, uint8_t* code) {
  const Place place = place_of(pairs, count, vector);
  const uint8_t* from = list + place.block + slot_of(place.vector, place.width);
  for (size_t p = 0; p < pairs; p++) code[p] = from[p * place.width];
}

void prefetch_code_of(const uint8_t* list, size_t pairs, size_t count, size_t vector) {
  const Place place = place_of(pairs, count, vector);
  const uint8_t* from = list + place.block + slot_of(place.vector, place.width);
  for (size_t p = 0; p < pairs; p++) __builtin_prefetch(from + p * place.width);
}

const uint8_t* factors_of(const uint8_t* list, size_t pairs, size_t count, size_t vector) {
  const Place place = place_of(pairs, count, vector);
  return list + place.block + pairs * place.width + 4 * place.vector;
}

}  // namespace shoal
