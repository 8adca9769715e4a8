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

std::vector<float> collected(const Kernels& kernels, const std::vector<float>& scores, const std::vector<uint8_t>& live) {
  std::vector<uint32_t> found(scores.size() + 16);
  const size_t count = kernels.collect_rows(scores.data(), scores.size(), 0.1f, live.data(), found.data());
  return {found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count)};
}

// Postings as they should be, or of any content; the answers must be equal in the first case.
void check_search(const Kernels& kernels, uint32_t row_count, uint32_t step, bool is_sound) {
  std::vector<uint32_t> rows, terms, block_rows;
  for (uint32_t term = 0; term < 5; term++) {
    terms.push_back(static_cast<uint32_t>(rows.size()));
    for (uint32_t row = term; row < row_count; row += 1 + below(step << term)) rows.push_back(is_sound ? row : below(2 * row_count + 2));
    terms.push_back(static_cast<uint32_t>(rows.size()));
    terms.push_back(static_cast<uint32_t>(block_rows.size()));
    for (size_t at = terms[3 * term]; at < rows.size(); at += posting_block) {
      block_rows.push_back(rows[at + posting_block < rows.size() ? at + posting_block - 1 : rows.size() - 1]);
    }
  }
  const auto weights = halves_of(values(rows.size()));
  // No magnitude is larger than that of 1.
  const std::vector<uint16_t> block_maxima(block_rows.size(), 0x3c00);
  const float factors[] = {5, 4, 3, 0.5f, 0.25f};
  std::vector<uint8_t> live((row_count + 7) / 8, 0xb7);
  const uint8_t cancel = 0;
  for (bool has_blocks : {true, false}) {
    const PostingsQuery query = {rows.data(),  weights.data(), has_blocks ? block_rows.data() : nullptr, block_maxima.data(),
                                 terms.data(), factors,        5, live.data(), nullptr, row_count, 0, 1e18};
    std::vector<float> scores(9), expected(9);
    std::vector<uint32_t> best(9);
    std::vector<uint8_t> scratch(search_bytes(query, 9));
    search_postings(*find_kernels("reference"), query, &cancel, scratch.data(), {best.data(), expected.data(), 9});
    search_postings(kernels, query, &cancel, scratch.data(), {best.data(), scores.data(), 9});
    if (is_sound) require_equal("search over postings", kernels.name, expected, scores);
  }
  const auto sums = values(row_count);
  require_equal("collected rows", kernels.name, collected(*find_kernels("reference"), sums, live), collected(kernels, sums, live));
}

// A query's table, codes of random points, their blocks, and scans of every size, against the reference; arrays of exact size.
struct Coded {
  std::vector<float> codebook, query, tables;
  std::vector<uint8_t> levels, codes, blocks, records;
  std::vector<int16_t> factors;
  LevelScale scale;
};

Coded code(const Kernels& kernels, const std::vector<float>& points, Coded made, size_t subquantizers, size_t dsub) {
  const size_t dim = subquantizers * dsub, pairs = padded_subquantizers(subquantizers) / 2, count = points.size() / dim;
  const FactorScales scales = {4.0 / 32767, 4.0 / 32767};
  const Encoder encoder = {nullptr, made.query.data(), made.codebook.data(), subquantizers, dsub, scales};
  const uint8_t cancel = 0;
  made.tables.resize(subquantizers * ksub);
  made.levels.resize(pairs * 32);
  made.scale = build_lookup_table(kernels, made.codebook.data(), made.query.data(), subquantizers, dsub, scales, made.tables.data(),
                                  made.levels.data());
  made.codes.resize(count * pairs);
  made.factors.resize(count * 2);
  std::vector<float> scratch(encode_floats(subquantizers, dsub)), two(2 * dim);
  encode_vectors(kernels, encoder, points.data(), count, &cancel, scratch.data(), made.codes.data(), made.factors.data());
  made.records.resize(count * record_bytes(dim));
  encode_second(encoder, points.data(), count, made.codes.data(), &cancel, two.data(), made.records.data());
  made.blocks.resize(list_bytes(pairs, count));
  pack_blocks(made.codes.data(), made.factors.data(), pairs, count, made.blocks.data());
  return made;
}

std::vector<double> scan(const Kernels& kernels, const Coded& coded, size_t pairs, uint32_t count, size_t dim) {
  std::vector<uint8_t> spread(128 * pairs + 63), live((count + 7) / 8, 0xb7);
  uint8_t* aligned = reinterpret_cast<uint8_t*>((reinterpret_cast<uintptr_t>(spread.data()) + 63) & ~uintptr_t{63});
  kernels.spread_levels(coded.levels.data(), static_cast<uint32_t>(pairs), aligned);
  const uint64_t offset = 0;
  const uint32_t first = 0;
  const double bias = 0.5;
  const uint8_t cancel = 0;
  const ListColumns lists = {coded.blocks.data(), &offset, &count, &first, 1, live.data(), nullptr, live.size(), nullptr};
  std::vector<Entry> entries(20);
  Reservoir best = {entries.data(), entries.size(), 7, 0, -1e300};
  const ScanQuery query = {{coded.levels.data(), aligned, static_cast<uint32_t>(pairs), coded.scale.offset, coded.scale.anchor_weight},
                           coded.scale.unit, &bias, &best};
  scan_lists(kernels, lists, &query, 1, &cancel);
  std::vector<double> answer;
  std::vector<uint32_t> positions, numbers(best.count);
  for (size_t i = 0; i < best.count; i++) {
    positions.push_back(entries[i].position);
    answer.push_back(entries[i].score);
    answer.push_back(entries[i].position);
  }
  std::vector<int8_t> levels(padded_dim(dim));
  const SecondQuery second = {coded.tables.data(), levels.data(), quantize_query(coded.query.data(), dim, levels.data()),
                              coded.tables.size() / ksub, dim};
  std::vector<double> scores(best.count);
  score_survivors(kernels, second, lists, &bias, coded.records.data(), {positions.data(), numbers.data(), best.count}, &cancel,
                  scores.data());
  answer.insert(answer.end(), scores.begin(), scores.end());
  return answer;
}

void check_coded(const Kernels& kernels, uint32_t count, size_t subquantizers, size_t dsub) {
  const size_t dim = subquantizers * dsub, pairs = padded_subquantizers(subquantizers) / 2;
  Coded inputs = {};
  inputs.codebook = values(dim * ksub);
  inputs.query = values(dim);
  const auto points = values(count * dim);
  const Kernels& plain = *find_kernels("reference");
  const Coded expected = code(plain, points, inputs, subquantizers, dsub), coded = code(kernels, points, inputs, subquantizers, dsub);
  require_equal("levels", kernels.name, expected.levels, coded.levels);
  require_equal("product codes", kernels.name, expected.blocks, coded.blocks);
  require_equal("second codes", kernels.name, expected.records, coded.records);
  require_equal("scan", kernels.name, scan(plain, expected, pairs, count, dim), scan(kernels, coded, pairs, count, dim));
  std::vector<uint8_t> codes(coded.codes.size());
  std::vector<int16_t> factors(coded.factors.size());
  unpack_blocks(coded.blocks.data(), pairs, count, codes.data(), factors.data());
  require_equal("blocks", kernels.name, coded.codes, codes);
}

void check_set(const Kernels& kernels) {
  for (uint32_t count : {0, 1, 31, 32, 33, 63, 64, 65, 97, 1100}) {
    for (size_t subquantizers : {1, 2, 8, 25, 97}) check_coded(kernels, count, subquantizers, subquantizers == 8 ? 3 : 4);
  }
  check_coded(kernels, 70, 512, 2);
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
  for (uint32_t count : {1, 15, 31, 33, 4095, 4096, 4097, 13000}) {
    for (uint32_t step : {1, 3, 60}) {
      check_search(kernels, count, step, true);
      check_search(kernels, count, step, false);
    }
  }
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
