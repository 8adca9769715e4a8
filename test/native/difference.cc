// Every set of kernels of this machine against the reference, over arrays of exactly the promised size and awkward ones at that. Built
// with AddressSanitizer and UBSan, one byte read or written past an end stops the program. Integer and elementwise answers must equal
// the reference's, sums of floats lie within the bound of their header.
//
// difference [SET...]      those sets, or all; prints "SET: clean" for each and exits with 0.
#include <cmath>
#include <thread>

#include "kernels/list-search/scan.h"
#include "test/native/checks.h"

using namespace shoal;

namespace {

// The bound of dense-scan.h and max-sim.h for `count` scores: dim * 2^-23 * sum |q * r|, of rows of `dim` by one query.
void require_near(const char* what, const char* set, float expected, float actual, size_t dim, double size) {
  const double bound = static_cast<double>(dim) * 0x1p-23 * size;
  require(std::fabs(static_cast<double>(expected) - actual) <= bound, what, set);
}

void check_dense(const Kernels& kernels, size_t count, size_t dim) {
  const auto rows = halves_of(values(count * dim));
  const auto query = values(dim);
  std::vector<float> scores(count), back(rows.size());
  std::vector<uint16_t> again(rows.size());
  kernels.dense_scores(rows.data(), count, dim, query.data(), scores.data());
  kernels.to_float(rows.data(), rows.size(), back.data());
  for (size_t r = 0; r < count; r++) {
    float expected = 0;
    double size = 0;
    for (size_t j = 0; j < dim; j++) size += std::fabs(static_cast<double>(query[j]) * back[r * dim + j]);
    plain_kernels().dense_scores(rows.data() + r * dim, 1, dim, query.data(), &expected);
    require_near("dense score", kernels.name, expected, scores[r], dim, size);
  }
  kernels.to_half(back.data(), back.size(), again.data());
  require_equal("float16", kernels.name, rows, again);
  const auto* bytes = reinterpret_cast<const uint8_t*>(rows.data());
  const uint64_t sum = plain_kernels().sum_bytes(bytes, rows.size() * 2);
  require(kernels.sum_bytes(bytes, rows.size() * 2) == sum, "sum of bytes", kernels.name);
  std::vector<uint8_t> live((count + 7) / 8, 0xa5);
  std::vector<uint32_t> best_rows(5);
  std::vector<float> best_scores(5);
  TopK top = {best_rows.data(), best_scores.data(), 5, 0, -1e30f};
  const uint8_t cancel = 0;
  scan_dense(kernels, rows.data(), count, dim, query.data(), live.data(), &cancel, top);
}

// Every size around a lane, a step and their multiples, at odd addresses.
void check_checksums(const Kernels& kernels) {
  for (size_t count = 0; count < 300; count++) {
    std::vector<uint8_t> bytes(count + 1);
    for (auto& byte : bytes) byte = static_cast<uint8_t>(below(256));
    const uint64_t start = 1;
    const uint32_t length = static_cast<uint32_t>(count), sum = plain_kernels().crc32(bytes.data() + start, count);
    require(kernels.crc32(bytes.data() + start, count) == sum, "checksum", kernels.name);
    const uint8_t cancel = 0;
    require(first_damaged(kernels, {bytes.data(), &start, &length, &sum, 1}, &cancel) == 1, "whole block", kernels.name);
    const uint32_t other = sum ^ 1;
    require(first_damaged(kernels, {bytes.data(), &start, &length, &other, 1}, &cancel) == 0, "damaged block", kernels.name);
  }
  const char digits[] = "123456789";
  require(kernels.crc32(reinterpret_cast<const uint8_t*>(digits), 9) == 0xcbf43926, "checksum of the standard", kernels.name);
}

void check_nearest(const Kernels& kernels, size_t points, uint32_t centroids, size_t dim) {
  const auto rows = values(points * dim);
  const auto table = values(centroids * dim);
  std::vector<float> panel(panel_floats(dim)), scores(points), expected_scores(points);
  std::vector<uint32_t> found(points), expected(points);
  const uint8_t cancel = 0;
  assign_nearest(plain_kernels(),
                 {rows.data(), points, table.data(), centroids, dim, panel.data(), expected.data(), expected_scores.data()}, &cancel);
  assign_nearest(kernels, {rows.data(), points, table.data(), centroids, dim, panel.data(), found.data(), scores.data()}, &cancel);
  require_equal("nearest centroid", kernels.name, expected, found);
  require_equal("nearest score", kernels.name, expected_scores, scores);
}

void check_products(const Kernels& kernels, size_t points, size_t centroids, size_t dim) {
  const auto rows = values(points * dim), table = values(centroids * dim), biases = values(centroids);
  std::vector<float> panels(panels_of(centroids) * panel_width * dim), panel_biases(panels_of(centroids) * panel_width);
  pack_panels(table.data(), biases.data(), centroids, dim, panels.data(), panel_biases.data());
  const CentroidPanels packed = {panels.data(), panel_biases.data(), panels_of(centroids), dim};
  std::vector<uint32_t> found(points), expected(points);
  std::vector<float> scores(points), expected_scores(points);
  best_products(*find_kernels("reference"), rows.data(), points, packed, expected.data(), expected_scores.data());
  best_products(kernels, rows.data(), points, packed, found.data(), scores.data());
  require_equal("best product", kernels.name, expected, found);
  require_equal("best product's score", kernels.name, expected_scores, scores);
}

// A query of random parts whose tables keep the bound of a group.
struct CodesParts {
  std::vector<float> rows, scale, offset, unit, centroids, centroid_scores, weights;
  std::vector<uint8_t> tables, states, weight_levels;
  std::vector<int8_t> levels;
  CodesQuery query;

  CodesParts(uint32_t dim, uint32_t nbits, uint32_t tokens) {
    const uint32_t centroid_count = 7, tiles = (tokens + 15) / 16;
    rows = values(tiles * 16 * dim), scale = values(tiles * 16), offset = values(tiles * 16), unit = values(tiles * 16);
    centroids = values(centroid_count * dim), centroid_scores = values(centroid_count * tiles * 16);
    weights = values(size_t{1} << nbits);
    states.assign(centroid_count, 2);
    levels.resize(nbits == 4 ? tiles * 16 * dim : 0);
    for (auto& level : levels) level = static_cast<int8_t>(static_cast<int>(below(255)) - 127);
    tables.resize(nbits == 4 ? 0 : (size_t{tokens} * dim) << nbits);
    for (auto& entry : tables) entry = static_cast<uint8_t>(below(nbits == 1 ? 11 : 22));
    weight_levels.resize(weights.size());
    for (auto& level : weight_levels) level = static_cast<uint8_t>(below(32));
    query = {rows.data(),  tables.data(), levels.data(),        scale.data(),     offset.data(), unit.data(), centroid_scores.data(),
             states.data(), weight_levels.data(), centroids.data(), weights.data(), centroid_count, tokens, tiles, dim, nbits};
  }
};

void check_codes(const Kernels& kernels, std::vector<uint32_t> counts, uint32_t dim, uint32_t nbits, uint32_t query_tokens) {
  CodesParts parts(dim, nbits, query_tokens);
  const CodesQuery& query = parts.query;
  // One byte before the records makes their addresses odd; nothing follows them.
  std::vector<uint64_t> offsets;
  uint64_t size = 1;
  for (const uint32_t tokens : counts) {
    offsets.push_back(size);
    size += tokens * (uint64_t{4} + dim * nbits / 8);
  }
  std::vector<uint8_t> bytes(size);
  for (auto& byte : bytes) byte = static_cast<uint8_t>(below(256));
  std::vector<float> scratch(scratch_floats(query.tiles, dim, nbits)), scores(counts.size()), expected(counts.size());
  std::vector<float> match_scores(counts.size() * query_tokens);
  std::vector<uint32_t> matches(match_scores.size());
  const uint8_t cancel = 0;
  const Documents documents = {offsets.data(), counts.data(), counts.size()};
  max_sim_codes(*find_kernels("reference"), query, bytes.data(), documents, &cancel, scratch.data(), expected.data());
  max_sim_codes(kernels, query, bytes.data(), documents, &cancel, scratch.data(), scores.data());
  require_equal("max codes", kernels.name, expected, scores);
  if (counts[0] > 0) {
    std::vector<float> row(dim), expected_row(dim);
    const uint8_t* codes = bytes.data() + offsets[0] + 4 * counts[0];
    kernels.expand_codes(query.centroids, query.weights, codes, dim, nbits, row.data());
    plain_kernels().expand_codes(query.centroids, query.weights, codes, dim, nbits, expected_row.data());
    require_equal("expanded codes", kernels.name, expected_row, row);
  }
  std::memset(parts.states.data(), 0, parts.states.size());
  max_sim_codes(kernels, query, bytes.data(), documents, &cancel, scratch.data(), scores.data());
  max_sim_codes_exact(kernels, query, bytes.data(), documents, &cancel, scratch.data(), scores.data());
  max_sim_codes_matches(kernels, query, bytes.data(), documents, &cancel, scratch.data(), match_scores.data(), matches.data());
}

void check_rows(const Kernels& kernels, uint32_t tokens, uint32_t dim, uint32_t query_tokens) {
  const uint32_t tiles = (query_tokens + 15) / 16;
  const auto lanes = values(tiles * 16 * dim), rows = values(tokens * dim);
  const auto halves = halves_of(rows);
  std::vector<float> scratch(scratch_floats(tiles, dim, 0)), scores(1);
  const uint64_t offset = 0;
  const uint8_t cancel = 0;
  std::vector<float> out(tokens * tiles * 16), expected(out.size());
  kernels.project_rows(lanes.data(), tiles, dim, rows.data(), tokens, out.data());
  plain_kernels().project_rows(lanes.data(), tiles, dim, rows.data(), tokens, expected.data());
  // Values lie within -1 .. 1, so their products do.
  for (size_t i = 0; i < out.size(); i++) require_near("projection", kernels.name, expected[i], out[i], dim, dim);
  const RowsQuery query = {lanes.data(), query_tokens, tiles, dim};
  max_sim_rows(kernels, query, rows.data(), {&offset, &tokens, 1}, &cancel, scratch.data(), scores.data());
  max_sim_half_rows(kernels, query, halves.data(), {&offset, &tokens, 1}, &cancel, scratch.data(), scores.data());
}

void check_sparse(const Kernels& kernels, size_t count) {
  std::vector<uint32_t> rows(count);
  for (auto& row : rows) row = below(60);
  const auto weights = halves_of(values(count));
  std::vector<float> scores(50), expected(50);
  plain_kernels().accumulate_term(rows.data(), weights.data(), count, 0.3f, expected.data(), 50);
  kernels.accumulate_term(rows.data(), weights.data(), count, 0.3f, scores.data(), 50);
  require_equal("sparse", kernels.name, expected, scores);
}

std::vector<float> collected(const Kernels& kernels, const std::vector<float>& scores, const std::vector<uint8_t>& live) {
  std::vector<uint32_t> found(scores.size() + 16);
  const size_t count = kernels.collect_rows(scores.data(), scores.size(), 0.1f, live.data(), found.data());
  return {found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count)};
}

// Postings as they should be, or of any content; the answers must be equal in the first case. Of the rows one in `stride` counts.
void check_search(const Kernels& kernels, uint32_t row_count, uint32_t stride, bool is_sound) {
  std::vector<uint32_t> rows, terms;
  for (uint32_t term = 0; term < 5; term++) {
    terms.push_back(static_cast<uint32_t>(rows.size()));
    for (uint32_t row = term; row < row_count; row += 1 + below(3 << term)) rows.push_back(is_sound ? row : below(2 * row_count + 2));
    terms.push_back(static_cast<uint32_t>(rows.size()));
  }
  const auto weights = halves_of(values(rows.size()));
  const float factors[] = {5, 4, -3, 0.5f, 0.25f};
  std::vector<uint8_t> live((row_count + 7) / 8);
  for (uint32_t row = 0; row < row_count; row += stride) live[row / 8] = static_cast<uint8_t>(live[row / 8] | 1u << row % 8);
  const uint8_t cancel = 0;
  const PostingsQuery query = {rows.data(), weights.data(), terms.data(), factors, 5, live.data(), nullptr, row_count, 0};
  std::vector<float> scores(9), expected(9);
  std::vector<uint32_t> best(9), expected_best(9);
  std::vector<uint8_t> scratch(search_bytes(query, 9));
  search_postings(plain_kernels(), query, &cancel, scratch.data(), {expected_best.data(), expected.data(), 9});
  search_postings(kernels, query, &cancel, scratch.data(), {best.data(), scores.data(), 9});
  if (is_sound) require_equal("search over postings", kernels.name, expected, scores);
  if (is_sound) require_equal("rows of a search over postings", kernels.name, expected_best, best);
  const auto sums = values(row_count);
  require_equal("collected rows", kernels.name, collected(plain_kernels(), sums, live), collected(kernels, sums, live));
}

// A query's table, codes of random points, their blocks, and scans of every size, against the reference; arrays of exact size.
struct Coded {
  uint32_t kind = even_nibbles;
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
  std::vector<float> scratch(encode_floats(subquantizers, dsub, false)), two(3 * dim), feedback(is_second_edition(made.kind) ? feedback_floats(dim) : 0);
  encode_vectors(kernels, encoder, points.data(), count, &cancel, scratch.data(), made.codes.data(), made.factors.data());
  made.records.resize(count * record_bytes(dim, made.kind));
  // The same on every set.
  for (size_t i = 0; i < feedback.size(); i++) feedback[i] = static_cast<float>(static_cast<int>(i * 37 % 101) - 50) / 500;
  const SecondCoding second = {made.kind, feedback.empty() ? nullptr : feedback.data()};
  encode_second(kernels, encoder, points.data(), count, made.codes.data(), second, &cancel, two.data(), made.records.data());
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
  std::vector<int8_t> levels(query_levels(dim, coded.kind));
  const auto quantize = has_fine_query(coded.kind) ? quantize_finely : quantize_query;
  const SecondQuery second = {coded.tables.data(), levels.data(), quantize(coded.query.data(), dim, levels.data()),
                              coded.tables.size() / ksub, dim, coded.kind};
  std::vector<double> scores(best.count);
  score_survivors(kernels, second, lists, &bias, coded.records.data(), {positions.data(), numbers.data(), best.count}, &cancel,
                  scores.data());
  answer.insert(answer.end(), scores.begin(), scores.end());
  return answer;
}

void check_coded(const Kernels& kernels, uint32_t count, size_t subquantizers, size_t dsub, uint32_t kind = even_nibbles) {
  const size_t dim = subquantizers * dsub, pairs = padded_subquantizers(subquantizers) / 2;
  Coded inputs = {};
  inputs.kind = kind;
  inputs.codebook = values(dim * ksub);
  inputs.query = values(dim);
  const auto points = values(count * dim);
  const Kernels& plain = plain_kernels();
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

// A search over two columns of lists of awkward sizes and one of rows, every array of exactly its size, by one thread or by two; the hits
// must equal the reference's. Where second codes end it, the vectors of the first column lie in further lists too.
std::vector<double> search(const Kernels& kernels, const Coded& coded, uint32_t count, size_t subquantizers, size_t dsub, size_t dim,
                           const std::vector<float>& rows, Stage last, bool has_help) {
  const uint64_t offsets[3] = {0, 0, 0};
  const uint32_t counts[3] = {0, count, count}, firsts[3] = {0, 0, count};
  std::vector<uint8_t> records(coded.records), live((2 * count + 7) / 8, 0xb7), work;
  records.insert(records.end(), coded.records.begin(), coded.records.end());
  std::vector<uint64_t> ids(2 * count), row_ids(count);
  for (size_t i = 0; i < ids.size(); i++) ids[i] = 7 * i;
  for (size_t i = 0; i < count; i++) row_ids[i] = 7 * i + 3;
  std::vector<uint32_t> row_lists(count);
  for (size_t i = 0; i < count; i++) row_lists[i] = i % 5 == 4 ? 1'000'000 : static_cast<uint32_t>(i % 3);
  const std::vector<uint8_t> row_filter((count + 7) / 8, 0x6f);
  std::vector<uint16_t> halves(2 * count * dim);
  for (size_t i = 0; i < halves.size(); i++) halves[i] = static_cast<uint16_t>(0x2c00 + 37 * i % 0x0fff + (i % 2 << 15));
  // Where vectors end the search, each lies in two lists.
  std::vector<uint32_t> numbers(2 * count);
  for (size_t i = 0; i < numbers.size(); i++) numbers[i] = static_cast<uint32_t>(i / 2);
  std::vector<uint32_t> turned(2 * count);
  for (size_t i = 0; i < turned.size(); i++) turned[i] = static_cast<uint32_t>(turned.size() - 1 - i);
  SearchColumn columns[4] = {};
  for (uint32_t c = 0; c < 2; c++) {
    columns[c] = {{coded.blocks.data(), offsets, counts, firsts, 3, live.data(), nullptr, live.size(), ids.data(), c},
                  records.data(), 2 * count, halves.data(), {}, c};
    if (last == Stage::exact) columns[c].lists.rows = numbers.data();
  }
  columns[3] = columns[0];
  columns[3].lists.rows = turned.data();
  columns[3].lists.column = 3;
  columns[2].lists.ids = row_ids.data();
  columns[2].lists.column = 2;
  columns[2].records = coded.records.data();
  columns[2].vectors = halves.data();
  columns[2].rows = count;
  columns[2].first = 2;
  columns[2].in_rows = {coded.codes.data(), coded.factors.data(), row_lists.data()};
  const uint8_t* filters[4] = {nullptr, nullptr, row_filter.data(), nullptr};
  ListSearcher searcher = {coded.codebook.data(), subquantizers, dsub,    {4.0 / 32767, 4.0 / 32767},      dim,       3,
                           rows.data(),           rows.data(),   columns, last == Stage::second ? 4u : 3u, coded.kind};
  // Of odd counts the scan is by learned words.
  std::vector<float> adapter(dim * dim), learned(coded.codebook.rbegin(), coded.codebook.rend());
  for (size_t i = 0; i < adapter.size(); i++) adapter[i] = rows[i % rows.size()];
  if (count % 2 == 1) searcher.scan_words = learned.data();
  if (count % 4 == 1) searcher.adapter = adapter.data();
  if (count % 4 == 1) searcher.list_biases = rows.data();
  ScanCrew crew(1);
  work.resize(work_bytes(searcher, 9, has_help ? 2 : 1));
  std::thread helper;
  if (has_help) helper = std::thread([&crew] { crew.help(); });
  uint32_t probes[2], places[3][5];
  double biases[2], scores[5] = {};
  uint64_t found[5] = {};
  SearchAnswer answer = {probes, biases, found, scores, places[0], places[1], places[2]};
  const uint8_t cancel = 0;
  const std::vector<float> query(coded.query.begin(), coded.query.begin() + static_cast<long>(dim));
  const SearchRequest request = {query.data(), 2, last == Stage::exact ? 3u : 2u, 9, 7, 5, -1e300, false, last, filters};
  search_lists(kernels, searcher, request, work.data(), &cancel, answer, has_help ? &crew : nullptr);
  if (has_help) helper.join();
  std::vector<double> all = {static_cast<double>(answer.probed), static_cast<double>(answer.found), answer.scanned};
  for (size_t i = 0; i < answer.found; i++) {
    all.push_back(scores[i]);
    all.push_back(static_cast<double>(found[i]));
  }
  return all;
}

// The lists that a searcher without vectors chooses among `count` by the codes of their centroids, with and without comparing these in the end.
std::vector<uint32_t> route(const Kernels& kernels, const Coded& coded, const std::vector<float>& centroids, uint32_t count, size_t candidates) {
  const size_t dim = coded.query.size(), dsub = 4;
  ListSearcher searcher = {nullptr, 0, 1, {1, 1}, dim, count, nullptr, centroids.data(), nullptr, 0, 4};
  std::vector<int8_t> rows(count * padded_dim(dim));
  std::vector<float> scales(count);
  quantize_rows(centroids.data(), count, dim, rows.data(), scales.data());
  searcher.centroid_codes = {coded.codebook.data(), dim / dsub, dsub, {4.0 / 32767, 4.0 / 32767}, coded.blocks.data(), rows.data(), scales.data()};
  std::vector<uint8_t> work(work_bytes(searcher, 1, 1));
  std::vector<uint32_t> probes(5);
  std::vector<double> biases(5);
  uint64_t id = 0;
  double score = 0;
  uint32_t places[3] = {};
  SearchAnswer answer = {probes.data(), biases.data(), &id, &score, places, places + 1, places + 2};
  const uint8_t cancel = 0;
  const SearchRequest request = {coded.query.data(), 5, candidates, 1, 1, 1, -1e300, false, Stage::coarse, nullptr};
  search_lists(kernels, searcher, request, work.data(), &cancel, answer, nullptr);
  probes.push_back(answer.probed);
  return probes;
}

void check_routes(const Kernels& kernels, uint32_t count, size_t dim) {
  Coded inputs = {};
  inputs.codebook = values(dim * ksub);
  inputs.query = values(dim);
  const auto centroids = values(count * dim);
  const Coded coded = code(plain_kernels(), centroids, inputs, dim / 4, 4);
  for (const size_t candidates : {5, 9}) {
    const auto expected = route(plain_kernels(), coded, centroids, count, candidates);
    require_equal("lists by codes", kernels.name, expected, route(kernels, coded, centroids, count, candidates));
  }
}

void check_search(const Kernels& kernels, uint32_t count, size_t subquantizers, size_t dsub, size_t dim, uint32_t kind = even_nibbles) {
  Coded inputs = {};
  inputs.kind = kind;
  inputs.codebook = values(subquantizers * dsub * ksub);
  inputs.query = values(subquantizers * dsub);
  const auto points = values(count * subquantizers * dsub), rows = values(3 * dim);
  const Kernels& plain = *find_kernels("reference");
  const Coded coded = code(plain, points, inputs, subquantizers, dsub);
  for (Stage last : {Stage::second, Stage::exact}) {
    const auto expected = search(plain, coded, count, subquantizers, dsub, dim, rows, last, false);
    for (const bool has_help : {false, true}) {
      require_equal("search", kernels.name, expected, search(kernels, coded, count, subquantizers, dsub, dim, rows, last, has_help));
    }
  }
}

// Symmetric, and with more on its diagonal than beside it.
std::vector<float> metric_of(size_t dim) {
  auto metric = values(dim * dim);
  for (size_t i = 0; i < dim; i++) {
    for (size_t j = 0; j < i; j++) metric[i * dim + j] = metric[j * dim + i] /= 8;
    metric[i * dim + i] = 1 + metric[i * dim + i] / 8;
  }
  return metric;
}

// The codes of many lists in one go, against those of the reference.
void check_batch(const Kernels& kernels, size_t count, size_t subquantizers, size_t dsub, size_t dim, uint32_t kind = even_nibbles,
                 bool has_metric = false) {
  const auto codebook = values(subquantizers * dsub * ksub), points = values(count * dim), rows = values(2 * dim);
  const size_t pairs = padded_subquantizers(subquantizers) / 2, size = record_bytes(subquantizers * dsub, kind);
  const auto metric = has_metric ? metric_of(subquantizers * dsub) : std::vector<float>();
  const Encoder encoder = {nullptr,        nullptr, codebook.data(), subquantizers, dsub, {4.0 / 32767, 4.0 / 32767},
                           has_metric ? metric.data() : nullptr};
  std::vector<uint32_t> lists(count);
  for (auto& list : lists) list = below(2);
  std::vector<float> scratch(batch_floats(subquantizers, dsub, has_metric));
  const uint8_t cancel = 0;
  auto feedback = values(feedback_floats(subquantizers * dsub));
  for (float& value : feedback) value /= 8;
  const float* fed_back = is_second_edition(kind) ? feedback.data() : nullptr;
  std::vector<uint8_t> codes[2], records[2];
  for (size_t i = 0; i < 2; i++) {
    codes[i].resize(count * pairs);
    records[i].resize(count * size);
    std::vector<int16_t> factors(2 * count);
    encode_batch(i == 0 ? *find_kernels("reference") : kernels, encoder, {points.data(), count, dim, lists.data(), rows.data(), rows.data(), {kind, fed_back}},
                 &cancel, scratch.data(), codes[i].data(), factors.data(), records[i].data());
  }
  require_equal("batch codes", kernels.name, codes[0], codes[1]);
  require_equal("batch records", kernels.name, records[0], records[1]);
}

void check_set(const Kernels& kernels) {
  for (uint32_t count : {0, 1, 31, 32, 33, 63, 64, 65, 97, 300}) {
    check_search(kernels, count, 1, 1, 1);
    check_search(kernels, count, 25, 4, 97);
    check_search(kernels, count, 96, 4, 384);
    check_routes(kernels, 200 + count, 4);
    check_routes(kernels, 200 + count, 384);
  }
  for (size_t count : {0, 1, 9, 35}) {
    for (const bool has_metric : {false, true}) {
      check_batch(kernels, count, 1, 1, 1, even_nibbles, has_metric);
      check_batch(kernels, count, 25, 4, 97, even_nibbles, has_metric);
      check_batch(kernels, count, 13, 7, 90, even_nibbles, has_metric);
    }
  }
  check_batch(kernels, 40, 96, 4, 384, even_nibbles, true);
  for (uint32_t count : {0, 1, 31, 32, 33, 63, 64, 65, 97, 1100}) {
    for (size_t subquantizers : {1, 2, 8, 25, 97}) check_coded(kernels, count, subquantizers, subquantizers == 8 ? 3 : 4);
  }
  check_coded(kernels, 70, 512, 2);
  check_checksums(kernels);
  for (uint32_t kind = 1; kind <= kinds_max; kind++) {
    if (kind == even_nibbles) continue;
    for (size_t subquantizers : {1, 8, 9, 25}) check_coded(kernels, 33, subquantizers, subquantizers == 8 ? 3 : 4, kind);
    check_coded(kernels, 3, 1, 1, kind);
    check_coded(kernels, 5, 512, 8, kind);
    check_search(kernels, 65, 25, 4, 97, kind);
    check_batch(kernels, 9, 25, 4, 97, kind);
  }
  for (size_t count : {0, 1, 3, 4, 5, 257}) {
    for (size_t dim : {1, 7, 8, 15, 16, 17, 31, 33, 72}) check_dense(kernels, count, dim);
  }
  for (size_t points : {0, 1, 16, 17, 33}) {
    for (uint32_t centroids : {1, 4, 7, 8, 9, 21}) check_nearest(kernels, points, centroids, 13);
  }
  for (size_t points : {0, 1, 5, 6, 8, 17, 64, 71}) {
    for (size_t centroids : {1, 15, 16, 17, 48, 70}) check_products(kernels, points, centroids, 13);
  }
  for (uint32_t tokens : {0, 1, 3, 4, 7, 8, 9, 20}) {
    for (uint32_t dim : {8, 16, 24, 32, 56, 64, 72}) {
      for (uint32_t nbits : {1, 2, 4}) {
        for (uint32_t query_tokens : {1, 16, 33}) check_codes(kernels, {tokens, 0, tokens + 60, 1}, dim, nbits, query_tokens);
      }
      check_rows(kernels, tokens, dim, 17);
    }
  }
  for (uint32_t nbits : {1, 2, 4}) {
    for (uint32_t dim : {120, 384, 1024}) check_codes(kernels, {5, 0, 65}, dim, nbits, 17);
  }
  for (size_t count : {0, 1, 7, 8, 9, 100}) check_sparse(kernels, count);
  for (uint32_t count : {1, 15, 31, 33, 4095, 4096, 4097, 13000}) {
    for (uint32_t stride : {1, 3, 100}) {
      check_search(kernels, count, stride, true);
      check_search(kernels, count, stride, false);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  int count = 0;
  const Kernels* const* tables = available_kernels(&count);
  for (int i = 0; i < count; i++) {
    bool is_wanted = argc == 1;
    for (int a = 1; a < argc; a++) is_wanted = is_wanted || std::strcmp(argv[a], tables[i]->name) == 0;
    if (!is_wanted) continue;
    check_set(*tables[i]);
    check_extremes(*tables[i]);
    std::printf("%s: clean\n", tables[i]->name);
  }
  return 0;
}
