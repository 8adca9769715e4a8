// Arguments for every function behind the native door, made from a fuzzer's bytes: shapes that the door accepts, contents as damaged
// files may hold them.
#pragma once

#include "test/native/node-api.h"

namespace shoal {

// The fuzzer's bytes, and behind their end numbers that follow from them: a short input still fills large arrays.
class Source {
 public:
  Source(const uint8_t* data, size_t size);

  uint8_t byte();
  uint32_t word();
  uint32_t below(uint32_t bound);
  bool one_in(uint32_t times) { return below(times) == 0; }
  // Mostly from -1 to 1; now and then zero, huge, or no number.
  float real();
  // Finite always.
  float small_real();

  Value bytes(size_t elements, uint32_t bound = 256);
  Value halves(size_t elements);
  Value words(size_t elements, uint32_t bound);
  Value reals(size_t elements);
  Value small_reals(size_t elements);
  // A bit for every position, or null.
  Value bitmap_or_null(size_t positions);

 private:
  const uint8_t* data_;
  size_t size_;
  size_t at_ = 0;
  uint64_t state_;
};

using MakeArguments = std::vector<Value> (*)(Source& source);

struct Door {
  const char* name;
  MakeArguments make;
  // Bit a: every set of kernels must leave the same bytes in argument a.
  uint32_t exact_outputs;
};

// doors-of-rows.cc: vectors, tokens, postings. doors-of-lists.cc: tables, codes, lists.
extern const Door doors_of_rows[];
extern const size_t doors_of_rows_count;
extern const Door doors_of_lists[];
extern const size_t doors_of_lists_count;

// fuzz.cc: "NAME ANSWERED REFUSED", a line for every door that the tables know.
void print_doors();

template <typename T>
T* elements_of(Value& value) {
  return reinterpret_cast<T*>(value.data());
}

template <typename... Values>
std::vector<Value> list_of(Values&&... values) {
  std::vector<Value> all;
  (all.push_back(std::move(values)), ...);
  return all;
}

inline Value zeros(napi_typedarray_type type, size_t elements) { return array_of(type, elements); }
inline Value never_cancelled() { return array_of(napi_uint8_array, 1); }

}  // namespace shoal
