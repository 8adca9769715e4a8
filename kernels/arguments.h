// What the bindings need of Node-API: checked arguments, exports, and jobs that run off the event loop.
//
// The first failed check throws into JavaScript and every later read gives nothing; so a call reads all its arguments, asks `ok()`
// once, and only then uses them. Kernels never see a JavaScript value.
#pragma once

#include <node_api.h>

#ifdef __linux__
#include <sched.h>
#endif

#include <cstddef>
#include <cstdint>
#include <new>

#include "kernels/mapped-file/mapped-file.h"

namespace shoal {

template <typename T>
struct Column {
  T* data = nullptr;
  size_t size = 0;  // elements
};

template <typename T>
constexpr napi_typedarray_type type_of();
template <> constexpr napi_typedarray_type type_of<int8_t>() { return napi_int8_array; }
template <> constexpr napi_typedarray_type type_of<uint8_t>() { return napi_uint8_array; }
template <> constexpr napi_typedarray_type type_of<int16_t>() { return napi_int16_array; }
template <> constexpr napi_typedarray_type type_of<uint16_t>() { return napi_uint16_array; }
template <> constexpr napi_typedarray_type type_of<uint32_t>() { return napi_uint32_array; }
template <> constexpr napi_typedarray_type type_of<uint64_t>() { return napi_biguint64_array; }
template <> constexpr napi_typedarray_type type_of<float>() { return napi_float32_array; }
template <> constexpr napi_typedarray_type type_of<double>() { return napi_float64_array; }

constexpr size_t arguments_max = 16;
constexpr size_t columns_max = 20;

class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    napi_get_cb_info(env, info, &count_, values_, nullptr, nullptr);
  }

  napi_env env() const { return env_; }
  bool ok() const { return ok_; }
  napi_value value(size_t at) const { return at < count_ ? values_[at] : nullptr; }
  size_t count() const { return count_ < arguments_max ? count_ : arguments_max; }
  const void* const* addresses() const { return addresses_; }
  size_t address_count() const { return address_count_; }

  void fail(const char* why) {
    if (ok_) napi_throw_error(env_, "INVALID_ARGUMENT", why);
    ok_ = false;
  }

  void require(bool condition, const char* why) {
    if (!condition) fail(why);
  }

  // A typed array of exactly T's kind, wherever it comes from: an argument or a property.
  template <typename T>
  Column<T> column(napi_value value, const char* name) {
    if (!ok_) return {};
    bool is_typed = false;
    if (value == nullptr || napi_is_typedarray(env_, value, &is_typed) != napi_ok || !is_typed) {
      fail(name);
      return {};
    }
    napi_typedarray_type type;
    void* data = nullptr;
    size_t size = 0;
    napi_get_typedarray_info(env_, value, &type, &size, &data, nullptr, nullptr);
    if (type != type_of<T>() || address_count_ == columns_max || reinterpret_cast<uintptr_t>(data) % alignof(T) != 0) {
      fail(name);
      return {};
    }
    addresses_[address_count_++] = data;
    return {static_cast<T*>(data), size};
  }

  // One of many, which count for nothing among `addresses`: for what a value that is kept from the collector holds.
  template <typename T>
  Column<T> lone_column(napi_value value, const char* name) {
    const size_t before = address_count_;
    const Column<T> result = column<T>(value, name);
    address_count_ = before;
    return result;
  }

  template <typename T>
  Column<T> column(size_t at, const char* name) {
    return column<T>(value(at), name);
  }

  template <typename T>
  Column<T> column_or_null(size_t at, const char* name) {
    return is_null(at) ? Column<T>{} : column<T>(at, name);
  }

  template <typename T>
  Column<T> column_of(napi_value object, const char* name) {
    return column<T>(property(object, name), name);
  }

  double number(napi_value value, const char* name) {
    double result = 0;
    if (ok_ && (value == nullptr || napi_get_value_double(env_, value, &result) != napi_ok)) fail(name);
    return result;
  }

  double number(size_t at, const char* name) { return number(value(at), name); }

  // A whole number from 1 to `max`.
  uint32_t size(napi_value value, uint32_t max, const char* name) {
    const double result = number(value, name);
    if (!(result >= 1 && result <= max)) {
      fail(name);
      return 1;
    }
    return static_cast<uint32_t>(result);
  }

  uint32_t size(size_t at, uint32_t max, const char* name) { return size(value(at), max, name); }

  uint32_t size_of(napi_value object, uint32_t max, const char* name) { return size(property(object, name), max, name); }

  bool is_null(size_t at) const {
    napi_valuetype type = napi_undefined;
    if (value(at) != nullptr) napi_typeof(env_, value(at), &type);
    return type == napi_null;
  }

  // Text of at most `capacity` - 1 bytes into `text`.
  void text(size_t at, char* text, size_t capacity, const char* name) {
    size_t length = 0;
    const bool is_read = value(at) != nullptr && napi_get_value_string_utf8(env_, value(at), text, capacity, &length) == napi_ok;
    require(is_read && length + 1 < capacity, name);
  }

 private:
  napi_value property(napi_value object, const char* name) {
    napi_value result = nullptr;
    if (ok_ && (object == nullptr || napi_get_named_property(env_, object, name, &result) != napi_ok)) fail(name);
    return result;
  }

  napi_env env_;
  napi_value values_[arguments_max] = {};
  size_t count_ = arguments_max;
  const void* addresses_[columns_max] = {};
  size_t address_count_ = 0;
  bool ok_ = true;
};

inline napi_value number_value(napi_env env, double number) {
  napi_value value = nullptr;
  napi_create_double(env, number, &value);
  return value;
}

class Exports {
 public:
  Exports(napi_env env, napi_value object) : env_(env), object_(object) {}

  void Set(const char* name, napi_callback function) {
    napi_value value = nullptr;
    napi_create_function(env_, name, NAPI_AUTO_LENGTH, function, nullptr, &value);
    napi_set_named_property(env_, object_, name, value);
  }

 private:
  napi_env env_;
  napi_value object_;
};

// A thread of the pool that is woken by the event loop's thread must not push it aside on its own core, where the loop would wait for
// the whole job that it wanted beside it: Linux lets a batch thread wait for an idle core. Needs no privilege; a refusal changes nothing.
inline void yield_to_event_loop() {
#ifdef __linux__
  static thread_local bool is_batch = false;
  if (is_batch) return;
  const sched_param none{};
  sched_setscheduler(0, SCHED_BATCH, &none);
  is_batch = true;
#endif
}

// Work for libuv's pool. The arguments are kept from the collector, and the mapped files under them from being unmapped, until it ends.
class Job {
 public:
  virtual ~Job() = default;

  // Off the event loop; the number is what the promise gives, negative for "cancelled".
  virtual double run() = 0;

  // On the event loop's thread, when the job has ended or never begun.
  virtual void finished(napi_env) {}

  // Owns `job` from here on.
  static napi_value start(Job* job, const Arguments& arguments) {
    napi_env env = arguments.env();
    napi_value kept = nullptr, name = nullptr, promise = nullptr;
    napi_create_array(env, &kept);
    for (size_t i = 0; i < arguments.count(); i++) {
      if (arguments.value(i) != nullptr) napi_set_element(env, kept, static_cast<uint32_t>(i), arguments.value(i));
    }
    napi_create_reference(env, kept, 1, &job->kept_);
    for (size_t i = 0; i < arguments.address_count(); i++) {
      Mapping* mapping = hold_mapping(arguments.addresses()[i]);
      if (mapping != nullptr) job->mappings_[job->mapping_count_++] = mapping;
    }
    napi_create_promise(env, &job->deferred_, &promise);
    napi_create_string_utf8(env, "shoal kernel", NAPI_AUTO_LENGTH, &name);
    napi_create_async_work(env, nullptr, name, execute, complete, job, &job->work_);
    napi_queue_async_work(env, job->work_);
    return promise;
  }

 private:
  static void execute(napi_env, void* data) {
    yield_to_event_loop();
    Job* job = static_cast<Job*>(data);
    job->result_ = job->run();
  }

  static void complete(napi_env env, napi_status status, void* data) {
    Job* job = static_cast<Job*>(data);
    job->finished(env);
    // A status other than ok means that the environment is going down before the job began: cancelled, too.
    napi_resolve_deferred(env, job->deferred_, number_value(env, status == napi_ok ? job->result_ : -1));
    for (size_t i = 0; i < job->mapping_count_; i++) release_mapping(job->mappings_[i]);
    napi_delete_reference(env, job->kept_);
    napi_delete_async_work(env, job->work_);
    delete job;
  }

  napi_async_work work_ = nullptr;
  napi_deferred deferred_ = nullptr;
  napi_ref kept_ = nullptr;
  Mapping* mappings_[columns_max] = {};
  size_t mapping_count_ = 0;
  double result_ = 0;
};

}  // namespace shoal
