// mapped-file.h to JavaScript. See bindings.h.
#include <cerrno>

#include "kernels/bindings.h"

namespace shoal {
namespace {

void forget(napi_env, void*, void* mapping) { forget_mapping(static_cast<Mapping*>(mapping)); }

void* address_of(Arguments& arguments) {
  void* data = nullptr;
  size_t size = 0;
  const napi_value buffer = arguments.value(0);
  const bool is_buffer = buffer != nullptr && napi_get_arraybuffer_info(arguments.env(), buffer, &data, &size) == napi_ok;
  arguments.require(is_buffer, "buffer: an ArrayBuffer of mapFile");
  return data;
}

}  // namespace

napi_value map(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  char path[4097];
  arguments.text(0, path, sizeof path, "path: at most 4095 bytes");
  if (!arguments.ok()) return nullptr;
  int error = 0;
  Mapping* mapping = map_file(path, &error);
  if (mapping == nullptr) return number_value(env, error);
  napi_value buffer = nullptr;
  if (mapping_size(mapping) == 0) {
    forget_mapping(mapping);
    napi_create_arraybuffer(env, 0, nullptr, &buffer);
    return buffer;
  }
  const napi_status status =
      napi_create_external_arraybuffer(env, mapping_address(mapping), mapping_size(mapping), forget, mapping, &buffer);
  if (status == napi_ok) return buffer;
  forget_mapping(mapping);
  return number_value(env, ENOMEM);
}

napi_value advise(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  void* address = address_of(arguments);
  const double advice = arguments.number(1, "advice: 0, 1, 2 or 3");
  arguments.require(advice == 0 || advice == 1 || advice == 2 || advice == 3, "advice: 0, 1, 2 or 3");
  if (!arguments.ok()) return nullptr;
  return number_value(env, advise_mapping(address, static_cast<Advice>(static_cast<int>(advice))));
}

napi_value is_torn_mapping(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const void* address = address_of(arguments);
  return arguments.ok() ? number_value(env, is_mapping_torn(address) ? 1 : 0) : nullptr;
}

napi_value unmap(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  void* address = address_of(arguments);
  if (!arguments.ok()) return nullptr;
  // Detach first: from here on JavaScript sees length 0, so nothing can start on memory that is about to go.
  if (napi_detach_arraybuffer(env, arguments.value(0)) != napi_ok) {
    arguments.fail("buffer: cannot be detached");
    return nullptr;
  }
  if (address != nullptr) close_mapping(address);
  return nullptr;
}

}  // namespace shoal
