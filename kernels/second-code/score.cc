// Survivors one after the other, the records of those to come asked for early. See second-code.h.
#include <cmath>
#include <cstring>

#include "kernels/dispatch.h"
#include "kernels/float16/float16.h"

namespace shoal {
namespace {

constexpr size_t survivors_between_looks = 64;
constexpr size_t prefetch_ahead = 8;
// The largest level of a query in two parts.
constexpr double finest = 127 * 128;

struct Header {
  double step, rescale, shift;
};

Header header_of(const uint8_t* record, uint32_t kind) {
  uint16_t halves[3];
  std::memcpy(halves, record, sizeof halves);
  const double rescale = rescale_origin(kind) + static_cast<double>(reference::float_of_half(halves[1]));
  return {reference::float_of_half(halves[0]), rescale, reference::float_of_half(halves[2])};
}

double largest_of(const float* query, size_t dim) {
  double largest = 0;
  for (size_t j = 0; j < dim; j++) {
    const double size = std::fabs(static_cast<double>(query[j]));
    largest = size > largest ? size : largest;
  }
  return largest;
}

}  // namespace

int64_t sum_levels(const int8_t* levels, size_t dim) {
  int64_t sum = 0;
  for (size_t j = 0; j < padded_dim(dim); j++) sum += levels[j];
  return sum;
}

SecondTerms second_terms(const Kernels& kernels, const SecondQuery& query, int64_t level_sum, const uint8_t* record) {
  const Header header = header_of(record, query.kind);
  const uint8_t* values = record + second_header_bytes;
  const size_t dim = padded_dim(query.dim);
  if (query.kind == even_nibbles) {
    const int64_t product = kernels.nibble_product(values, query.levels, dim);
    return {header.rescale, header.step * query.half_unit * static_cast<double>(2 * product - 15 * level_sum), header.shift};
  }
  const int64_t product = query.kind == normal_nibbles ? 2 * int64_t{kernels.entry_product(values, query.levels, dim)} - nibble_reach * level_sum
                                                       : kernels.value_product(values, query.levels, dim, query.kind);
  return {header.rescale, header.step * query.half_unit * (static_cast<double>(product) * (2 / steps_in_header)), header.shift};
}

double first_product(const SecondQuery& query, const uint8_t* code) {
  double sums[4] = {};
  const float* table = query.tables;
  size_t s = 0;
  for (; s + 4 <= query.subquantizers; s += 4, table += 4 * ksub) {
    const uint8_t first = code[s / 2], second = code[s / 2 + 1];
    sums[0] += table[first & 15];
    sums[1] += table[ksub + (first >> 4)];
    sums[2] += table[2 * ksub + (second & 15)];
    sums[3] += table[3 * ksub + (second >> 4)];
  }
  for (; s < query.subquantizers; s++) {
    sums[s % 4] += query.tables[s * ksub + (code[s / 2] >> (4 * (s % 2)) & 15)];
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

double quantize_query(const float* query, size_t dim, int8_t* levels) {
  const double largest = largest_of(query, dim);
  std::memset(levels, 0, padded_dim(dim));
  if (!(largest > 0) || !std::isfinite(largest)) return 0;
  for (size_t j = 0; j < dim; j++) {
    // floor without a call into the library: what is kept is far from the ends of an int.
    const double level = static_cast<double>(query[j]) * 127 / largest + 0.5;
    const int whole = level >= -127 && level < 128 ? static_cast<int>(level) : 0;
    levels[j] = static_cast<int8_t>(whole - (level < whole ? 1 : 0));
  }
  return largest / 254;
}

double quantize_finely(const float* query, size_t dim, int8_t* levels) {
  const double largest = largest_of(query, dim);
  const size_t padded = padded_dim(dim);
  std::memset(levels, 0, 2 * padded);
  if (!(largest > 0) || !std::isfinite(largest)) return 0;
  for (size_t j = 0; j < dim; j++) {
    const double level = static_cast<double>(query[j]) * finest / largest;
    const int whole = level >= -finest && level <= finest ? static_cast<int>(std::floor(level + 0.5)) : 0;
    const int high = (whole + 64) >> 7;
    levels[j] = static_cast<int8_t>(high);
    levels[padded + j] = static_cast<int8_t>(whole - 128 * high);
  }
  return largest / (2 * finest);
}

bool score_survivors(const Kernels& kernels, const SecondQuery& query, const ListColumns& lists, const double* biases,
                     const uint8_t* records, const Survivors& survivors, const uint8_t* cancel, double* scores) {
  const size_t size = record_bytes(query.dim, query.kind);
  const size_t pairs = padded_subquantizers(query.subquantizers) / 2;
  const int64_t level_sum = sum_levels(query.levels, query.dim);
  uint8_t code[subquantizers_max / 2];
  for (size_t i = 0; i < survivors.count; i++) {
    if (i % survivors_between_looks == 0 && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0) return false;
    if (i + prefetch_ahead < survivors.count) {
      const uint8_t* later = records + survivors.positions[i + prefetch_ahead] * size;
      for (size_t at = 0; at < size; at += 64) __builtin_prefetch(later + at);
    }
    const uint32_t list = survivors.lists[i], position = survivors.positions[i];
    read_code(lists.codes + lists.offsets[list], pairs, lists.counts[list], position - lists.firsts[list], code);
    const SecondTerms terms = second_terms(kernels, query, level_sum, records + position * size);
    scores[i] = terms.rescale * (first_product(query, code) + terms.second) + terms.shift + biases[list];
  }
  return true;
}

}  // namespace shoal
