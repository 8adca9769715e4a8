// The kernels under AddressSanitizer and UBSan: every set of this machine over arrays of exactly the promised size, so that one byte
// read or written past an end stops the program. Awkward sizes; integer and elementwise answers must equal the reference's.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "kernels/dispatch.h"

using namespace shoal;

namespace {

uint32_t state = 20260101;

uint32_t below(uint32_t bound) {
  state = state * 1664525 + 1013904223;
  return static_cast<uint32_t>((uint64_t{state} * bound) >> 32);
}

float value() { return static_cast<float>(below(2001)) / 1000 - 1; }

std::vector<float> values(size_t count) {
  std::vector<float> made(count);
  for (float& one : made) one = value();
  return made;
}

template <typename T>
void require_equal(const char* what, const char* set, const std::vector<T>& expected, const std::vector<T>& actual) {
  if (expected.empty() || std::memcmp(expected.data(), actual.data(), expected.size() * sizeof(T)) == 0) return;
  std::fprintf(stderr, "%s differs from the reference on %s\n", what, set);
  std::exit(1);
}

std::vector<uint16_t> halves_of(const std::vector<float>& floats) {
  std::vector<uint16_t> halves(floats.size());
  find_kernels("reference")->to_half(floats.data(), floats.size(), halves.data());
  return halves;
}

void check_dense(const Kernels& kernels, size_t count, size_t dim) {
  const auto rows = halves_of(values(count * dim));
  const auto query = values(dim);
  std::vector<float> scores(count), back(rows.size());
  std::vector<uint16_t> again(rows.size());
  kernels.dense_scores(rows.data(), count, dim, query.data(), scores.data());
  kernels.to_float(rows.data(), rows.size(), back.data());
  kernels.to_half(back.data(), back.size(), again.data());
  require_equal("float16", kernels.name, rows, again);
  kernels.sum_bytes(reinterpret_cast<const uint8_t*>(rows.data()), rows.size() * 2);
  std::vector<uint8_t> live((count + 7) / 8, 0xa5);
  std::vector<uint32_t> best_rows(5);
  std::vector<float> best_scores(5);
  TopK top = {best_rows.data(), best_scores.data(), 5, 0, -1e30f};
  const uint8_t cancel = 0;
  scan_dense(kernels, rows.data(), count, dim, query.data(), live.data(), &cancel, top);
}

void check_nearest(const Kernels& kernels, size_t points, uint32_t centroids, size_t dim) {
  const auto rows = values(points * dim);
  const auto table = values(centroids * dim);
  std::vector<float> panel(panel_floats(dim)), scores(points), expected_scores(points);
  std::vector<uint32_t> found(points), expected(points);
  const uint8_t cancel = 0;
  assign_nearest(*find_kernels("reference"),
                 {rows.data(), points, table.data(), centroids, dim, panel.data(), expected.data(), expected_scores.data()}, &cancel);
  assign_nearest(kernels, {rows.data(), points, table.data(), centroids, dim, panel.data(), found.data(), scores.data()}, &cancel);
  require_equal("nearest centroid", kernels.name, expected, found);
  require_equal("nearest score", kernels.name, expected_scores, scores);
}

void check_codes(const Kernels& kernels, uint32_t tokens, uint32_t dim, uint32_t nbits, uint32_t query_tokens) {
  const uint32_t centroid_count = 7, tiles = (query_tokens + 15) / 16;
  const auto rows = values(tiles * 16 * dim), scale = values(tiles * 16), centroids = values(centroid_count * dim);
  const auto centroid_scores = values(centroid_count * tiles * 16), weights = values(size_t{1} << nbits);
  std::vector<int8_t> levels(tiles * 16 * dim);
  for (auto& level : levels) level = static_cast<int8_t>(static_cast<int>(below(255)) - 127);
  std::vector<uint8_t> weight_levels(weights.size());
  for (auto& level : weight_levels) level = static_cast<uint8_t>(below(32));
  // One byte before the record makes its address odd; nothing follows it.
  const size_t size = tokens * (size_t{4} + dim * nbits / 8);
  std::vector<uint8_t> bytes(size + 1);
  for (auto& byte : bytes) byte = static_cast<uint8_t>(below(256));
  const CodesQuery query = {rows.data(),      levels.data(),  scale.data(), centroid_scores.data(), weight_levels.data(),
                            centroids.data(), weights.data(), centroid_count, query_tokens, tiles, dim, nbits};
  std::vector<float> best(tiles * 16, -1e30f), expected(tiles * 16, -1e30f);
  find_kernels("reference")->max_codes(query, bytes.data() + 1, tokens, expected.data());
  kernels.max_codes(query, bytes.data() + 1, tokens, best.data());
  require_equal("max codes", kernels.name, expected, best);
  std::vector<float> scratch(scratch_floats(tiles, dim)), scores(1), match_scores(query_tokens);
  std::vector<uint32_t> matches(query_tokens);
  const uint64_t offset = 1;
  const uint8_t cancel = 0;
  const Documents documents = {&offset, &tokens, 1};
  max_sim_codes(kernels, query, bytes.data(), documents, &cancel, scratch.data(), scores.data());
  max_sim_codes_exact(kernels, query, bytes.data(), documents, &cancel, scratch.data(), scores.data());
  max_sim_codes_matches(kernels, query, bytes.data(), documents, &cancel, scratch.data(), match_scores.data(), matches.data());
}

void check_rows(const Kernels& kernels, uint32_t tokens, uint32_t dim, uint32_t query_tokens) {
  const uint32_t tiles = (query_tokens + 15) / 16;
  const auto lanes = values(tiles * 16 * dim), rows = values(tokens * dim);
  const auto halves = halves_of(rows);
  std::vector<float> scratch(scratch_floats(tiles, dim)), scores(1);
  const uint64_t offset = 0;
  const uint8_t cancel = 0;
  const RowsQuery query = {lanes.data(), query_tokens, tiles, dim};
  max_sim_rows(kernels, query, rows.data(), {&offset, &tokens, 1}, &cancel, scratch.data(), scores.data());
  max_sim_half_rows(kernels, query, halves.data(), {&offset, &tokens, 1}, &cancel, scratch.data(), scores.data());
}

void check_sparse(const Kernels& kernels, size_t count) {
  std::vector<uint32_t> rows(count);
  for (auto& row : rows) row = below(60);
  const auto weights = halves_of(values(count));
  std::vector<float> scores(50), expected(50);
  find_kernels("reference")->accumulate_term(rows.data(), weights.data(), count, 0.3f, expected.data(), 50);
  kernels.accumulate_term(rows.data(), weights.data(), count, 0.3f, scores.data(), 50);
  require_equal("sparse", kernels.name, expected, scores);
}

void check_set(const Kernels& kernels) {
  for (size_t count : {0, 1, 3, 4, 5, 257}) {
    for (size_t dim : {1, 7, 8, 15, 16, 17, 31, 33, 72}) check_dense(kernels, count, dim);
  }
  for (size_t points : {0, 1, 16, 17, 33}) {
    for (uint32_t centroids : {1, 4, 7, 8, 9, 21}) check_nearest(kernels, points, centroids, 13);
  }
  for (uint32_t tokens : {0, 1, 3, 4, 7, 8, 9, 20}) {
    for (uint32_t dim : {8, 16, 24, 32, 56, 64, 72, 384, 1024}) {
      for (uint32_t nbits : {1, 2, 4}) {
        for (uint32_t query_tokens : {1, 16, 33}) check_codes(kernels, tokens, dim, nbits, query_tokens);
      }
      check_rows(kernels, tokens, dim, 17);
    }
  }
  for (size_t count : {0, 1, 7, 8, 9, 100}) check_sparse(kernels, count);
}

}  // namespace

int main() {
  int count = 0;
  const Kernels* const* tables = available_kernels(&count);
  for (int i = 0; i < count; i++) {
    check_set(*tables[i]);
    std::printf("%s: clean\n", tables[i]->name);
  }
  return 0;
}
