// The doors of lookup-table, product-code, second-code and adc-scan.
#include "kernels/adc-scan/adc-scan.h"
#include "kernels/second-code/second-code.h"
#include "test/native/doors.h"

namespace shoal {
namespace {

struct Shape {
  uint32_t subquantizers, dsub;

  size_t dim() const { return size_t{subquantizers} * dsub; }
  size_t pairs() const { return padded_subquantizers(subquantizers) / 2; }
};

Shape shape_of(Source& source) { return {1 + source.below(source.one_in(20) ? 512 : 30), 1 + source.below(6)}; }

// Positive, of sizes that codebooks have.
Value scales_of(Source& source) {
  Value scales = array_of(napi_float64_array, 2);
  for (int i = 0; i < 2; i++) elements_of<double>(scales)[i] = (1 + source.below(1000)) / 3276700.0;
  return scales;
}

Value vector_or_null(Source& source, size_t dim) { return source.one_in(3) ? null_value() : source.small_reals(dim); }

std::vector<Value> table_arguments(Source& source) {
  const Shape shape = shape_of(source);
  const bool is_odd = source.one_in(4);
  const auto made = [&](size_t count) { return is_odd ? source.reals(count) : source.small_reals(count); };
  return list_of(made(shape.dim() * ksub), made(shape.dim()), number_of(shape.dsub), scales_of(source),
                 zeros(napi_float32_array, shape.subquantizers * ksub),
                 zeros(napi_uint8_array, padded_subquantizers(shape.subquantizers) * ksub), zeros(napi_float64_array, 3));
}

std::vector<Value> encode_arguments(Source& source) {
  const Shape shape = shape_of(source);
  const uint32_t count = source.below(20);
  const bool has_metric = shape.dim() <= 512 && source.one_in(2);
  return list_of(source.small_reals(count * shape.dim()), vector_or_null(source, shape.dim()), vector_or_null(source, shape.dim()),
                 source.small_reals(shape.dim() * ksub), number_of(shape.dsub), scales_of(source),
                 zeros(napi_float32_array, encode_floats(shape.subquantizers, shape.dsub, has_metric)),
                 zeros(napi_uint8_array, count * shape.pairs()), zeros(napi_int16_array, 2 * count),
                 has_metric ? source.small_reals(shape.dim() * shape.dim()) : null_value());
}

// Now and then of a kind that has none, or too few.
Value feedback_of(Source& source, const Shape& shape, uint32_t kind) {
  if (source.one_in(2)) return null_value();
  const size_t whole = feedback_floats(shape.dim());
  return source.small_reals(kind <= 8 || source.one_in(8) ? whole / 2 : whole);
}

std::vector<Value> encode_second_arguments(Source& source) {
  const Shape shape = shape_of(source);
  const uint32_t count = source.below(20), kind = 1 + source.below(16);
  return list_of(source.small_reals(count * shape.dim()), vector_or_null(source, shape.dim()), vector_or_null(source, shape.dim()),
                 source.small_reals(shape.dim() * ksub), number_of(shape.dsub), source.bytes(count * shape.pairs()),
                 zeros(napi_float32_array, 3 * shape.dim()), zeros(napi_uint8_array, count * record_bytes(shape.dim(), kind)),
                 number_of(kind), feedback_of(source, shape, kind));
}

std::vector<Value> pack_arguments(Source& source) {
  const uint32_t pairs = 2 * (1 + source.below(30)), count = source.below(200);
  Value factors = array_of(napi_int16_array, 2 * count);
  for (size_t i = 0; i < factors.bytes; i++) factors.data()[i] = source.byte();
  return list_of(source.bytes(count * pairs), factors, number_of(pairs), source.bytes(list_bytes(pairs, count)));
}

struct Lists {
  Value codes, offsets, counts, firsts;
  size_t count;
  size_t positions = 0;
};

// Lists behind each other; now and then one that damage has moved.
Lists lists_of(Source& source, size_t pairs) {
  const uint32_t count = source.below(5);
  Lists lists = {{}, array_of(napi_biguint64_array, count), array_of(napi_uint32_array, count), array_of(napi_uint32_array, count), count};
  size_t bytes = 0;
  for (uint32_t list = 0; list < count; list++) {
    const uint32_t vectors = source.below(source.one_in(6) ? 1300 : 90);
    elements_of<uint64_t>(lists.offsets)[list] = bytes;
    elements_of<uint32_t>(lists.counts)[list] = vectors;
    elements_of<uint32_t>(lists.firsts)[list] = static_cast<uint32_t>(lists.positions);
    bytes += list_bytes(pairs, vectors);
    lists.positions += vectors;
  }
  lists.codes = source.bytes(bytes);
  if (count > 0 && source.one_in(12)) {
    const uint32_t list = source.below(count);
    const uint64_t far = source.one_in(2) ? UINT64_MAX - source.below(9) : source.below(static_cast<uint32_t>(bytes) + 100);
    if (source.one_in(3)) elements_of<uint64_t>(lists.offsets)[list] = far;
    if (source.one_in(3)) elements_of<uint32_t>(lists.counts)[list] += source.one_in(2) ? 1 : source.word();
    if (source.one_in(3)) elements_of<uint32_t>(lists.firsts)[list] = source.one_in(2) ? UINT32_MAX : source.below(100);
  }
  return lists;
}

std::vector<Value> scan_arguments(Source& source) {
  const uint32_t pairs = 2 * (1 + source.below(source.one_in(20) ? 128 : 12)), queries = 1 + source.below(3);
  Lists lists = lists_of(source, pairs);
  Value live = source.bitmap_or_null(lists.positions), filter = source.bitmap_or_null(lists.positions), ids = null_value();
  if (source.one_in(2)) {
    ids = array_of(napi_biguint64_array, lists.positions);
    for (size_t i = 0; i < lists.positions; i++) elements_of<uint64_t>(ids)[i] = uint64_t{source.word()} << 32 | i;
  }
  const size_t header = 4 + lists.count, room = 1 + source.below(30);
  Value headers = array_of(napi_float64_array, queries * header), wanted = array_of(napi_uint32_array, queries);
  for (uint32_t q = 0; q < queries; q++) {
    double* at = elements_of<double>(headers) + q * header;
    at[0] = (1 + source.below(1000)) * 1e-6;
    at[1] = static_cast<double>(source.below(33000)) - 32500;
    at[2] = source.below(32768);
    at[3] = source.one_in(3) ? static_cast<double>(source.small_real()) : -1e300;
    for (size_t list = 0; list < lists.count; list++) at[4 + list] = static_cast<double>(source.real());
    elements_of<uint32_t>(wanted)[q] = 1 + source.below(static_cast<uint32_t>(room));
  }
  // Of four levels none may pass 255 (lookup-table.h): it is the table's maker who promises that, not a file.
  return list_of(lists.codes, lists.offsets, lists.counts, lists.firsts, live, filter, ids, source.bytes(queries * 32 * pairs, 64),
                 headers, zeros(napi_uint32_array, 2 * queries * room), zeros(napi_float64_array, queries * room),
                 zeros(napi_float64_array, 3 * queries * (room + 1 + source.below(40))),
                 zeros(napi_uint8_array, queries * 128 * pairs + 63), wanted, never_cancelled());
}

std::vector<Value> quantize_arguments(Source& source) {
  const uint32_t dim = 1 + source.below(100);
  return list_of(source.reals(dim), zeros(napi_int8_array, (1 + source.below(2)) * padded_dim(dim)));
}

std::vector<Value> survivors_arguments(Source& source) {
  const Shape shape = shape_of(source);
  const size_t dim = 1 + source.below(200);
  const uint32_t kind = 1 + source.below(16);
  Value levels = array_of(napi_int8_array, query_levels(dim, kind));
  for (size_t i = 0; i < levels.bytes; i++) elements_of<int8_t>(levels)[i] = static_cast<int8_t>(source.below(255)) - 127;
  Lists lists = lists_of(source, shape.pairs());
  const uint32_t asked = lists.count == 0 ? 0 : source.below(40);
  Value positions = array_of(napi_uint32_array, asked), numbers = array_of(napi_uint32_array, asked);
  for (uint32_t i = 0; i < asked; i++) {
    const uint32_t list = source.below(static_cast<uint32_t>(lists.count)), size = elements_of<uint32_t>(lists.counts)[list];
    elements_of<uint32_t>(numbers)[i] = list + (source.one_in(200) ? 1 : 0);
    elements_of<uint32_t>(positions)[i] = elements_of<uint32_t>(lists.firsts)[list] + source.below(size + (source.one_in(50) ? 1 : 0));
  }
  Value biases = array_of(napi_float64_array, lists.count);
  for (size_t list = 0; list < lists.count; list++) elements_of<double>(biases)[list] = static_cast<double>(source.real());
  return list_of(source.small_reals(shape.subquantizers * ksub), levels, number_of(static_cast<double>(source.small_real())),
                 number_of(static_cast<double>(dim)), lists.codes, lists.offsets, lists.counts, lists.firsts, biases,
                 source.bytes(lists.positions * record_bytes(dim, kind)), positions, numbers, zeros(napi_float64_array, asked),
                 never_cancelled(), number_of(kind));
}

}  // namespace

const Door doors_of_lists[] = {
    {"buildLookupTable", table_arguments, 1 << 4 | 1 << 5 | 1 << 6},
    {"encodeVectors", encode_arguments, 1 << 7 | 1 << 8},
    {"encodeSecond", encode_second_arguments, 1 << 7},
    {"packBlocks", pack_arguments, 1 << 3},
    {"unpackBlocks", pack_arguments, 1 << 0 | 1 << 1},
    {"scanLists", scan_arguments, 1 << 9 | 1 << 10 | 1 << 13},
    {"quantizeQuery", quantize_arguments, 1 << 1},
    {"scoreSurvivors", survivors_arguments, 1 << 12},
};
const size_t doors_of_lists_count = sizeof doors_of_lists / sizeof(Door);

}  // namespace shoal
