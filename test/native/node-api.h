// A Node-API of this program's own, just large enough for the bindings of kernels/: so the native door runs in plain C++, where
// sanitizers and fuzzers see every byte of it. Jobs run at once, on the thread that starts them.
#pragma once

#include <node_api.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace shoal {

// A JavaScript value. The memory of a typed array is exactly its size and begins `shift` bytes into an allocation of its own.
struct Value {
  enum class Kind { undefined, null, number, text, typed, object } kind = Kind::undefined;
  double number = 0;
  std::string text;
  napi_typedarray_type type = napi_uint8_array;
  std::unique_ptr<uint8_t[]> memory;
  size_t shift = 0;
  size_t bytes = 0;
  std::map<std::string, Value> properties;
  napi_callback function = nullptr;

  uint8_t* data() const { return memory.get() + shift; }
};

size_t element_size(napi_typedarray_type type);
Value number_of(double number);
Value null_value();
Value array_of(napi_typedarray_type type, size_t elements, size_t shift = 0);
Value copy_of(const Value& value);

struct Answer {
  std::string thrown;  // empty = nothing was thrown
  double number = 0;   // what was returned, or what the promise was resolved with; 0 where that is no number
};

Answer call(napi_callback function, std::vector<Value>& arguments);

// What binding.cc exports, by name, in its order.
std::vector<std::pair<std::string, napi_callback>> exports_of_kernels();

}  // namespace shoal
