// checksum.h to JavaScript. See bindings.h.
#include "kernels/bindings.h"

namespace shoal {
namespace {

struct CheckJob final : Job {
  const Kernels* kernels;
  Column<uint8_t> bytes, cancel;
  Column<uint64_t> starts;
  Column<uint32_t> lengths, sums;

  double run() override {
    return first_damaged(*kernels, {bytes.data, starts.data, lengths.data, sums.data, starts.size}, cancel.data);
  }
};

CheckJob parse(Arguments& arguments) {
  CheckJob parsed;
  parsed.kernels = &selected_kernels();
  parsed.bytes = arguments.column<uint8_t>(size_t{0}, "bytes: a Uint8Array");
  parsed.starts = arguments.column<uint64_t>(1, "starts: a BigUint64Array");
  parsed.lengths = arguments.column<uint32_t>(2, "lengths: a Uint32Array");
  parsed.sums = arguments.column<uint32_t>(3, "sums: a Uint32Array");
  parsed.cancel = arguments.column<uint8_t>(4, "cancel: a Uint8Array");
  arguments.require(parsed.lengths.size == parsed.starts.size && parsed.sums.size == parsed.starts.size, "blocks: columns of one size");
  arguments.require(parsed.cancel.size == 1, "cancel: one byte");
  if (!arguments.ok()) return parsed;
  for (size_t b = 0; b < parsed.starts.size; b++) {
    const uint64_t start = parsed.starts.data[b];
    if (start > parsed.bytes.size || parsed.lengths.data[b] > parsed.bytes.size - start) arguments.fail("blocks: within the bytes");
  }
  return parsed;
}

}  // namespace

napi_value check_blocks_now(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  CheckJob parsed = parse(arguments);
  return arguments.ok() ? number_value(env, parsed.run()) : nullptr;
}

napi_value check_blocks_async(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  const CheckJob parsed = parse(arguments);
  return arguments.ok() ? Job::start(new CheckJob(parsed), arguments) : nullptr;
}

}  // namespace shoal
