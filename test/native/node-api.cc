// See node-api.h. Values that the bindings make live until the next call.
#include "test/native/node-api.h"

#include <cstring>
#include <deque>

extern "C" napi_value napi_register_module_v1(napi_env env, napi_value exports);

struct napi_async_work__ {
  napi_async_execute_callback execute;
  napi_async_complete_callback complete;
  void* data;
};

namespace shoal {
namespace {

struct Running {
  std::vector<Value>* arguments = nullptr;
  std::deque<Value> made;
  Answer answer;
};

Running running;

napi_value handle_of(Value* value) { return reinterpret_cast<napi_value>(value); }
Value* value_of(napi_value handle) { return reinterpret_cast<Value*>(handle); }

napi_value keep(Value value) {
  running.made.push_back(std::move(value));
  return handle_of(&running.made.back());
}

}  // namespace

size_t element_size(napi_typedarray_type type) {
  switch (type) {
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    default:
      return 1;
  }
}

Value number_of(double number) {
  Value value;
  value.kind = Value::Kind::number;
  value.number = number;
  return value;
}

Value null_value() {
  Value value;
  value.kind = Value::Kind::null;
  return value;
}

Value array_of(napi_typedarray_type type, size_t elements, size_t shift) {
  Value value;
  value.kind = Value::Kind::typed;
  value.type = type;
  value.shift = shift;
  value.bytes = elements * element_size(type);
  value.memory = std::make_unique<uint8_t[]>(value.bytes + shift);
  return value;
}

Value copy_of(const Value& value) {
  Value copy;
  copy.kind = value.kind;
  copy.number = value.number;
  copy.text = value.text;
  if (value.kind == Value::Kind::typed) {
    copy = array_of(value.type, value.bytes / element_size(value.type), value.shift);
    if (value.bytes > 0) std::memcpy(copy.data(), value.data(), value.bytes);
  }
  for (const auto& [name, property] : value.properties) copy.properties.emplace(name, copy_of(property));
  return copy;
}

Answer call(napi_callback function, std::vector<Value>& arguments) {
  running = {};
  running.arguments = &arguments;
  const Value* returned = value_of(function(nullptr, nullptr));
  if (returned != nullptr && returned->kind == Value::Kind::number) running.answer.number = returned->number;
  return running.answer;
}

std::vector<std::pair<std::string, napi_callback>> exports_of_kernels() {
  running = {};
  Value object;
  object.kind = Value::Kind::object;
  napi_register_module_v1(nullptr, handle_of(&object));
  std::vector<std::pair<std::string, napi_callback>> all;
  for (const auto& [name, value] : object.properties) all.emplace_back(name, value.function);
  return all;
}

}  // namespace shoal

using shoal::keep;
using shoal::running;
using shoal::Value;
using shoal::value_of;

extern "C" {

napi_status napi_get_cb_info(napi_env, napi_callback_info, size_t* count, napi_value* values, napi_value*, void**) {
  const size_t room = *count;
  *count = running.arguments->size();
  for (size_t i = 0; i < room && i < *count; i++) values[i] = shoal::handle_of(&(*running.arguments)[i]);
  return napi_ok;
}

napi_status napi_throw_error(napi_env, const char*, const char* why) {
  if (running.answer.thrown.empty()) running.answer.thrown = why;
  return napi_ok;
}

napi_status napi_typeof(napi_env, napi_value handle, napi_valuetype* type) {
  constexpr napi_valuetype types[] = {napi_undefined, napi_null, napi_number, napi_string, napi_object, napi_object};
  *type = types[static_cast<int>(value_of(handle)->kind)];
  return napi_ok;
}

napi_status napi_is_typedarray(napi_env, napi_value handle, bool* is_typed) {
  *is_typed = value_of(handle)->kind == Value::Kind::typed;
  return napi_ok;
}

napi_status napi_get_typedarray_info(napi_env, napi_value handle, napi_typedarray_type* type, size_t* size, void** data,
                                     napi_value*, size_t*) {
  const Value* value = value_of(handle);
  *type = value->type;
  *size = value->bytes / shoal::element_size(value->type);
  *data = value->data();
  return napi_ok;
}

napi_status napi_get_value_double(napi_env, napi_value handle, double* result) {
  if (value_of(handle)->kind != Value::Kind::number) return napi_number_expected;
  *result = value_of(handle)->number;
  return napi_ok;
}

napi_status napi_get_value_string_utf8(napi_env, napi_value handle, char* text, size_t capacity, size_t* length) {
  const Value* value = value_of(handle);
  if (value->kind != Value::Kind::text) return napi_string_expected;
  *length = value->text.size() < capacity ? value->text.size() : capacity - 1;
  std::memcpy(text, value->text.data(), *length);
  text[*length] = '\0';
  return napi_ok;
}

napi_status napi_get_named_property(napi_env, napi_value handle, const char* name, napi_value* result) {
  Value* value = value_of(handle);
  if (value->kind != Value::Kind::object) return napi_object_expected;
  const auto found = value->properties.find(name);
  *result = found == value->properties.end() ? keep(Value{}) : shoal::handle_of(&found->second);
  return napi_ok;
}

napi_status napi_set_named_property(napi_env, napi_value handle, const char* name, napi_value property) {
  value_of(handle)->properties[name] = std::move(*value_of(property));
  return napi_ok;
}

napi_status napi_create_function(napi_env, const char*, size_t, napi_callback function, void*, napi_value* result) {
  Value value;
  value.function = function;
  *result = keep(std::move(value));
  return napi_ok;
}

napi_status napi_create_double(napi_env, double number, napi_value* result) {
  *result = keep(shoal::number_of(number));
  return napi_ok;
}

napi_status napi_create_string_utf8(napi_env, const char*, size_t, napi_value* result) {
  *result = keep(Value{});
  return napi_ok;
}

napi_status napi_create_array(napi_env, napi_value* result) {
  *result = keep(Value{});
  return napi_ok;
}

napi_status napi_set_element(napi_env, napi_value, uint32_t, napi_value) { return napi_ok; }

napi_status napi_create_reference(napi_env, napi_value, uint32_t, napi_ref*) { return napi_ok; }
napi_status napi_delete_reference(napi_env, napi_ref) { return napi_ok; }

napi_status napi_create_promise(napi_env, napi_deferred*, napi_value* promise) {
  *promise = keep(Value{});
  return napi_ok;
}

napi_status napi_resolve_deferred(napi_env, napi_deferred, napi_value resolution) {
  running.answer.number = value_of(resolution)->number;
  return napi_ok;
}

napi_status napi_create_async_work(napi_env, napi_value, napi_value, napi_async_execute_callback execute,
                                   napi_async_complete_callback complete, void* data, napi_async_work* result) {
  *result = new napi_async_work__{execute, complete, data};
  return napi_ok;
}

napi_status napi_queue_async_work(napi_env env, napi_async_work work) {
  work->execute(env, work->data);
  work->complete(env, napi_ok, work->data);
  return napi_ok;
}

napi_status napi_delete_async_work(napi_env, napi_async_work work) {
  delete work;
  return napi_ok;
}

// What bindings keep between calls is let go at once: the fuzzer never gives it back, and its uses are tested through JavaScript.
napi_status napi_create_external(napi_env env, void* data, napi_finalize finalize, void* hint, napi_value* result) {
  finalize(env, data, hint);
  *result = keep(Value{});
  return napi_ok;
}
napi_status napi_get_value_external(napi_env, napi_value, void**) { return napi_invalid_arg; }
napi_status napi_get_element(napi_env, napi_value, uint32_t, napi_value*) { return napi_array_expected; }

// Mapped files are tested through JavaScript (test/kernels/mapped-file), so their buffers are none here.
napi_status napi_create_arraybuffer(napi_env, size_t, void**, napi_value* result) {
  *result = keep(Value{});
  return napi_ok;
}
napi_status napi_create_external_arraybuffer(napi_env, void*, size_t, napi_finalize, void*, napi_value*) { return napi_generic_failure; }
napi_status napi_get_arraybuffer_info(napi_env, napi_value, void**, size_t*) { return napi_arraybuffer_expected; }
napi_status napi_detach_arraybuffer(napi_env, napi_value) { return napi_arraybuffer_expected; }

}  // extern "C"
