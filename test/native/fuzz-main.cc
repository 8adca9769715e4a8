// Fuzzing without a fuzzer: inputs from a seed.
//
// fuzz SEED COUNT      runs inputs SEED .. SEED + COUNT - 1 and prints what every door said; a failure names the one that replays it.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "test/native/doors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" void __asan_set_death_callback(void (*callback)());

namespace {

uint64_t running = 0;

void name_input() { std::fprintf(stderr, "replay with: fuzz %" PRIu64 " 1\n", running); }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  __asan_set_death_callback(name_input);
  const uint64_t seed = std::strtoull(argv[1], nullptr, 10), count = std::strtoull(argv[2], nullptr, 10);
  for (running = seed; running < seed + count; running++) {
    uint8_t input[8];
    for (int i = 0; i < 8; i++) input[i] = static_cast<uint8_t>((running * 0x9e3779b97f4a7c15ull) >> (8 * i));
    LLVMFuzzerTestOneInput(input, sizeof input);
  }
  shoal::print_doors();
  return 0;
}
