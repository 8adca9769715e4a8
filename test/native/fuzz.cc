// One step of fuzzing: bytes become a call of the native door, whole or damaged, which either throws or answers, and answers alike on
// the best set of kernels and on the reference where the headers promise the same bits.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "kernels/dispatch.h"
#include "test/native/doors.h"

namespace shoal {

Source::Source(const uint8_t* data, size_t size) : data_(data), size_(size), state_(0x9e3779b97f4a7c15ull + size) {
  for (size_t i = 0; i < size; i++) state_ = (state_ ^ data[i]) * 0x100000001b3ull;
}

uint8_t Source::byte() {
  if (at_ < size_) return data_[at_++];
  state_ += 0x9e3779b97f4a7c15ull;
  uint64_t mixed = (state_ ^ (state_ >> 30)) * 0xbf58476d1ce4e5b9ull;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebull;
  return static_cast<uint8_t>(mixed >> 56);
}

uint32_t Source::word() {
  uint32_t word = 0;
  for (int i = 0; i < 4; i++) word = word << 8 | byte();
  return word;
}

uint32_t Source::below(uint32_t bound) {
  if (bound <= 1) return 0;
  return (bound <= 256 ? byte() : word()) % bound;
}

float Source::small_real() { return static_cast<float>(static_cast<int>(byte()) - 128) / 100; }

float Source::real() {
  constexpr float odd[] = {0, -0.0f, 3e38f, -3e38f, 1e-45f, std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                           std::numeric_limits<float>::quiet_NaN()};
  return one_in(64) ? odd[below(8)] : small_real();
}

Value Source::bytes(size_t elements, uint32_t bound) {
  Value value = array_of(napi_uint8_array, elements, below(3));
  for (size_t i = 0; i < elements; i++) value.data()[i] = static_cast<uint8_t>(byte() % bound);
  return value;
}

Value Source::halves(size_t elements) {
  Value value = array_of(napi_uint16_array, elements);
  for (size_t i = 0; i < elements; i++) elements_of<uint16_t>(value)[i] = static_cast<uint16_t>(byte() << 8 | byte());
  return value;
}

Value Source::words(size_t elements, uint32_t bound) {
  Value value = array_of(napi_uint32_array, elements);
  for (size_t i = 0; i < elements; i++) elements_of<uint32_t>(value)[i] = below(bound);
  return value;
}

Value Source::reals(size_t elements) {
  Value value = array_of(napi_float32_array, elements);
  for (size_t i = 0; i < elements; i++) elements_of<float>(value)[i] = real();
  return value;
}

Value Source::small_reals(size_t elements) {
  Value value = array_of(napi_float32_array, elements);
  for (size_t i = 0; i < elements; i++) elements_of<float>(value)[i] = small_real();
  return value;
}

Value Source::bitmap_or_null(size_t positions) { return one_in(2) ? null_value() : bytes((positions + 7) / 8); }

namespace {

struct Target {
  std::string name;
  napi_callback function;
  MakeArguments make;
  uint32_t exact_outputs;
  uint64_t answered = 0;
  uint64_t refused = 0;
};

// For a door without a row in the tables: any arrays and numbers.
std::vector<Value> any_arguments(Source& source) {
  constexpr napi_typedarray_type types[] = {napi_int8_array,   napi_uint8_array,   napi_int16_array,   napi_uint16_array,
                                            napi_uint32_array, napi_float32_array, napi_float64_array, napi_biguint64_array};
  std::vector<Value> all(source.below(16));
  for (Value& value : all) {
    if (source.one_in(4)) {
      value = number_of(source.below(20));
    } else {
      value = array_of(types[source.below(8)], source.below(40));
      for (size_t i = 0; i < value.bytes; i++) value.data()[i] = source.byte();
    }
  }
  return all;
}

Target target_of(const std::string& name, napi_callback function) {
  const auto search = [&](const Door* doors, size_t count) -> const Door* {
    for (size_t i = 0; i < count; i++) {
      if (name == doors[i].name) return doors + i;
    }
    return nullptr;
  };
  const Door* door = search(doors_of_rows, doors_of_rows_count);
  if (door == nullptr) door = search(doors_of_lists, doors_of_lists_count);
  return door == nullptr ? Target{name, function, any_arguments, 0, 0, 0} : Target{name, function, door->make, door->exact_outputs, 0, 0};
}

struct Targets {
  std::vector<Target> all;
  napi_callback select = nullptr;
  std::string best;
};

Targets find_targets() {
  Targets targets;
  for (const auto& [name, function] : exports_of_kernels()) {
    if (name == "select") targets.select = function;
    if (name != "select" && name != "selected" && name != "available") targets.all.push_back(target_of(name, function));
  }
  for (const char* set : {"reference", "neon", "avx2", "avx512"}) {
    if (find_kernels(set) != nullptr) targets.best = set;
  }
  return targets;
}

Targets& known_targets() {
  static Targets targets = find_targets();
  return targets;
}

void select_set(const Targets& targets, const std::string& set) {
  std::vector<Value> name(1);
  name[0].kind = Value::Kind::text;
  name[0].text = set;
  call(targets.select, name);
}

// What a caller could get wrong about one argument: its size, its kind, its presence.
void damage(Source& source, Value& value) {
  constexpr double odd[] = {0, -1, 1.5, 4294967296.0, 1e300, -0.0, std::numeric_limits<double>::quiet_NaN(),
                            std::numeric_limits<double>::infinity()};
  if (value.kind == Value::Kind::object && !value.properties.empty() && !source.one_in(8)) {
    auto property = value.properties.begin();
    std::advance(property, source.below(static_cast<uint32_t>(value.properties.size())));
    damage(source, property->second);
  } else if (value.kind == Value::Kind::typed && !source.one_in(4)) {
    const size_t elements = value.bytes / element_size(value.type);
    const size_t sizes[] = {0, elements + 1, elements == 0 ? 1 : elements - 1, elements / 2, elements * 2};
    Value resized = array_of(value.type, sizes[source.below(5)], value.shift);
    const size_t kept = resized.bytes < value.bytes ? resized.bytes : value.bytes;
    if (kept > 0) std::memcpy(resized.data(), value.data(), kept);
    value = std::move(resized);
  } else if (value.kind == Value::Kind::number && !source.one_in(4)) {
    value = number_of(source.one_in(2) ? odd[source.below(8)] : value.number + static_cast<double>(source.below(9)) - 4);
  } else {
    value = source.one_in(2) ? null_value() : array_of(napi_uint8_array, source.below(20));
  }
}

bool is_same(const Value& a, const Value& b) {
  if (a.kind != Value::Kind::typed || a.bytes != b.bytes) return a.kind == b.kind && a.bytes == b.bytes;
  if (a.bytes == 0 || std::memcmp(a.data(), b.data(), a.bytes) == 0) return true;
  if (a.type != napi_float32_array && a.type != napi_float64_array) return false;
  // A NaN may differ in its payload.
  const size_t size = element_size(a.type);
  for (size_t at = 0; at < a.bytes; at += size) {
    if (std::memcmp(a.data() + at, b.data() + at, size) == 0) continue;
    float narrow[2] = {};
    double wide[2] = {};
    std::memcpy(size == 4 ? static_cast<void*>(narrow) : wide, a.data() + at, size);
    std::memcpy(size == 4 ? static_cast<void*>(narrow + 1) : wide + 1, b.data() + at, size);
    const bool are_nan = size == 4 ? std::isnan(narrow[0]) && std::isnan(narrow[1]) : std::isnan(wide[0]) && std::isnan(wide[1]);
    if (!are_nan) return false;
  }
  return true;
}

void require_same(bool holds, const Target& target, const std::string& set, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s: %s differs between %s and the reference\n", target.name.c_str(), what, set.c_str());
  std::abort();
}

}  // namespace

void print_doors() {
  for (const Target& target : known_targets().all) {
    if (target.make == any_arguments) continue;
    std::printf("%s %llu %llu\n", target.name.c_str(), static_cast<unsigned long long>(target.answered),
                static_cast<unsigned long long>(target.refused));
  }
}

}  // namespace shoal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace shoal;
  Targets& targets = known_targets();
  Source source(data, size);
  Target& target = targets.all[source.below(static_cast<uint32_t>(targets.all.size()))];
  std::vector<Value> arguments = target.make(source);
  const bool is_damaged = source.one_in(3) && !arguments.empty();
  if (is_damaged) damage(source, arguments[source.below(static_cast<uint32_t>(arguments.size()))]);
  std::vector<Value> expected;
  for (const Value& value : arguments) expected.push_back(copy_of(value));
  select_set(targets, "reference");
  const Answer plain = call(target.function, expected);
  select_set(targets, targets.best);
  const Answer answer = call(target.function, arguments);
  (answer.thrown.empty() ? target.answered : target.refused)++;
  require_same(plain.thrown == answer.thrown, target, targets.best, "what was thrown");
  for (size_t a = 0; a < arguments.size(); a++) {
    if ((target.exact_outputs >> a & 1) != 0) require_same(is_same(expected[a], arguments[a]), target, targets.best, "an output");
  }
  return 0;
}
