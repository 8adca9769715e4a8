// float16.h to JavaScript. See bindings.h.
#include "kernels/bindings.h"

namespace shoal {

napi_value to_float16(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto values = arguments.column<float>(size_t{0}, "values: a Float32Array");
  const auto bits = arguments.column<uint16_t>(1, "bits: a Uint16Array");
  arguments.require(values.size == bits.size, "bits: one for every value");
  if (arguments.ok()) selected_kernels().to_half(values.data, values.size, bits.data);
  return nullptr;
}

napi_value to_float32(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const auto bits = arguments.column<uint16_t>(size_t{0}, "bits: a Uint16Array");
  const auto values = arguments.column<float>(1, "values: a Float32Array");
  arguments.require(values.size == bits.size, "values: one for every half");
  if (arguments.ok()) selected_kernels().to_float(bits.data, bits.size, values.data);
  return nullptr;
}

}  // namespace shoal
