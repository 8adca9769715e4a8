// checksum.h by tables: eight bytes a step, each looked up in the table of its distance from the end ("slicing by eight", Kounavis and
// Berry, 2005).
#include "kernels/checksum/checksum.h"

#include <array>

namespace shoal::reference {
namespace {

constexpr size_t slices = 8;

using Tables = std::array<std::array<uint32_t, 256>, slices>;

constexpr Tables make_tables() {
  Tables tables = {};
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t sum = byte;
    for (int bit = 0; bit < 8; bit++) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xedb88320u : 0);
    tables[0][byte] = sum;
  }
  for (size_t slice = 1; slice < slices; slice++) {
    for (size_t byte = 0; byte < 256; byte++) {
      const uint32_t before = tables[slice - 1][byte];
      tables[slice][byte] = (before >> 8) ^ tables[0][before & 255];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

}  // namespace

uint32_t crc32(const uint8_t* bytes, size_t count) {
  uint32_t sum = ~uint32_t{0};
  size_t i = 0;
  for (; i + slices <= count; i += slices) {
    uint32_t next = 0;
    for (size_t at = 0; at < slices; at++) {
      const uint32_t mixed = at < 4 ? (sum >> (8 * at)) & 255 : 0;
      next ^= tables[slices - 1 - at][bytes[i + at] ^ mixed];
    }
    sum = next;
  }
  for (; i < count; i++) sum = (sum >> 8) ^ tables[0][(sum ^ bytes[i]) & 255];
  return ~sum;
}

}  // namespace shoal::reference
