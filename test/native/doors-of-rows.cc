// The doors of checksum, dense-scan, float16, max-sim, nearest-centroid, sparse and top-k.
#include "kernels/max-sim/max-sim.h"
#include "kernels/nearest-centroid/nearest-centroid.h"
#include "test/native/doors.h"

namespace shoal {
namespace {

std::vector<Value> scan_dense_arguments(Source& source) {
  const uint32_t dim = 1 + source.below(40), count = source.below(600), k = source.below(20);
  return list_of(source.halves(count * dim), source.reals(dim), source.bitmap_or_null(count), never_cancelled(),
                 zeros(napi_uint32_array, k), zeros(napi_float32_array, k));
}

std::vector<Value> score_dense_arguments(Source& source) {
  const uint32_t dim = 1 + source.below(40), count = source.below(20), asked = source.below(10);
  return list_of(source.halves(count * dim), source.reals(dim), source.words(asked, count + (source.one_in(8) ? 1 : 0)),
                 zeros(napi_float32_array, asked));
}

std::vector<Value> sum_bytes_arguments(Source& source) { return list_of(source.bytes(source.below(300))); }

// Checksums are those of no bytes, which is right for an empty block, or any.
std::vector<Value> blocks_arguments(Source& source) {
  const uint32_t size = source.below(300), count = source.below(5);
  Value starts = array_of(napi_biguint64_array, count), lengths = zeros(napi_uint32_array, count), sums = zeros(napi_uint32_array, count);
  for (uint32_t b = 0; b < count; b++) {
    const uint32_t start = source.below(size + 1);
    elements_of<uint64_t>(starts)[b] = source.one_in(60) ? UINT64_MAX - source.below(100) : start;
    elements_of<uint32_t>(lengths)[b] = source.one_in(2) ? 0 : source.below(size - start + 1);
    elements_of<uint32_t>(sums)[b] = source.one_in(8) ? source.word() : 0;
  }
  return list_of(source.bytes(size), std::move(starts), std::move(lengths), std::move(sums), never_cancelled());
}

std::vector<Value> to_float16_arguments(Source& source) {
  const uint32_t count = source.below(40);
  return list_of(source.reals(count), zeros(napi_uint16_array, count));
}

std::vector<Value> to_float32_arguments(Source& source) {
  const uint32_t count = source.below(40);
  return list_of(source.halves(count), zeros(napi_float32_array, count));
}

std::vector<Value> project_arguments(Source& source) {
  const uint32_t dim = 1 + source.below(40), tiles = source.below(3), count = source.below(10);
  return list_of(source.reals(tiles * 16 * dim), number_of(dim), source.reals(count * dim),
                 zeros(napi_float32_array, count * tiles * 16));
}

struct Documents {
  Value offsets, counts;
  size_t count;
};

// Documents of `size` units of which a token takes `unit`; a few of them pass the end, as damaged offsets would.
Documents documents_of(Source& source, size_t size, size_t unit) {
  const uint32_t count = source.below(6);
  Documents documents = {array_of(napi_biguint64_array, count), array_of(napi_uint32_array, count), count};
  for (uint32_t d = 0; d < count; d++) {
    const uint32_t tokens = source.below(static_cast<uint32_t>(size / unit) + 1);
    uint64_t offset = source.below(static_cast<uint32_t>(size - tokens * unit) + 1);
    if (source.one_in(40)) offset = source.one_in(2) ? UINT64_MAX - source.below(100) : offset + 1 + source.below(100);
    elements_of<uint64_t>(documents.offsets)[d] = offset;
    elements_of<uint32_t>(documents.counts)[d] = source.one_in(60) ? source.word() : tokens;
  }
  return documents;
}

// `per_token`: scores of every query token, and the tokens that gave them.
std::vector<Value> codes_arguments(Source& source, bool per_token) {
  const uint32_t dim = 8 * (1 + source.below(source.one_in(20) ? 128 : 12)), tiles = 1 + source.below(3);
  const uint32_t nbits = 1u << source.below(3), tokens = 1 + source.below(tiles * 16), centroids = 1 + source.below(5);
  Value query;
  query.kind = Value::Kind::object;
  query.properties.emplace("tokens", number_of(tokens));
  query.properties.emplace("tiles", number_of(tiles));
  query.properties.emplace("dim", number_of(dim));
  query.properties.emplace("nbits", number_of(nbits));
  query.properties.emplace("rows", source.small_reals(tiles * 16 * dim));
  // The entries of a group of three bytes add up to at most 255: those of 24 or 12 dimensions.
  query.properties.emplace("tables", source.bytes(nbits == 4 ? 0 : (size_t{tokens} * dim) << nbits, nbits == 1 ? 11 : 22));
  Value levels = array_of(napi_int8_array, nbits == 4 ? tiles * 16 * dim : 0);
  for (size_t i = 0; i < levels.bytes; i++) elements_of<int8_t>(levels)[i] = static_cast<int8_t>(source.below(255)) - 127;
  query.properties.emplace("levels", std::move(levels));
  query.properties.emplace("scale", source.reals(tiles * 16));
  query.properties.emplace("offset", source.reals(tiles * 16));
  query.properties.emplace("unit", source.reals(tiles * 16));
  // There already: computed ones are rounded as a set rounds.
  Value states = array_of(napi_uint8_array, centroids);
  for (size_t i = 0; i < states.bytes; i++) elements_of<uint8_t>(states)[i] = 2;
  query.properties.emplace("centroidStates", std::move(states));
  query.properties.emplace("centroidScores", source.reals(centroids * tiles * 16));
  query.properties.emplace("weightLevels", source.bytes(size_t{1} << nbits, 32));
  query.properties.emplace("centroids", source.small_reals(centroids * dim));
  query.properties.emplace("weights", source.small_reals(size_t{1} << nbits));
  const size_t unit = 4 + dim * nbits / 8, size = source.below(20) * unit + source.below(9);
  Value column = source.bytes(size);
  Documents documents = documents_of(source, size, unit);
  const size_t scores = documents.count * (per_token ? tokens : 1);
  auto all = list_of(query, column, documents.offsets, documents.counts, never_cancelled(),
                     zeros(napi_float32_array, scratch_floats(tiles, dim, nbits)), zeros(napi_float32_array, scores));
  if (per_token) all.push_back(zeros(napi_uint32_array, scores));
  return all;
}

std::vector<Value> codes_scores_arguments(Source& source) { return codes_arguments(source, false); }
std::vector<Value> codes_matches_arguments(Source& source) { return codes_arguments(source, true); }

std::vector<Value> rows_arguments(Source& source) {
  const uint32_t dim = 1 + source.below(70), tiles = 1 + source.below(3), tokens = 1 + source.below(tiles * 16), rows = source.below(20);
  Value query;
  query.kind = Value::Kind::object;
  query.properties.emplace("rows", source.reals(tiles * 16 * dim));
  query.properties.emplace("tokens", number_of(tokens));
  query.properties.emplace("tiles", number_of(tiles));
  query.properties.emplace("dim", number_of(dim));
  const bool is_half = source.one_in(2);
  Value floats = is_half ? null_value() : source.reals(rows * dim);
  Value halves = is_half ? source.halves(rows * dim) : null_value();
  Documents documents = documents_of(source, rows, 1);
  return list_of(query, floats, documents.offsets, documents.counts, never_cancelled(),
                 zeros(napi_float32_array, scratch_floats(tiles, dim, 0)), zeros(napi_float32_array, documents.count), halves);
}

std::vector<Value> nearest_arguments(Source& source) {
  const uint32_t dim = 1 + source.below(20), points = source.below(70), centroids = 1 + source.below(20);
  return list_of(source.reals(points * dim), source.reals(centroids * dim), number_of(dim), zeros(napi_float32_array, panel_floats(dim)),
                 zeros(napi_uint32_array, points), zeros(napi_float32_array, points), never_cancelled());
}

std::vector<Value> sparse_arguments(Source& source) {
  const uint32_t postings = source.below(100), terms = source.below(6), scores = source.below(50);
  Value starts = source.words(terms, postings + 1), ends = source.words(terms, postings + 1);
  for (uint32_t t = 0; t < terms; t++) {
    uint32_t &start = elements_of<uint32_t>(starts)[t], &end = elements_of<uint32_t>(ends)[t];
    if (start > end && !source.one_in(40)) std::swap(start, end);
    if (source.one_in(60)) end = source.word();
  }
  return list_of(source.words(postings, scores + (source.one_in(4) ? 5 : 0)), source.halves(postings), starts, ends,
                 source.reals(terms), source.reals(scores));
}

std::vector<Value> postings_arguments(Source& source) {
  const uint32_t postings = source.below(300), terms = source.below(6), count = source.below(300), k = 1 + source.below(20);
  Value places = source.words(2 * terms, postings + 1);
  for (uint32_t t = 0; t < terms; t++) {
    uint32_t* place = elements_of<uint32_t>(places) + 2 * t;
    if (place[0] > place[1] && !source.one_in(40)) std::swap(place[0], place[1]);
    if (source.one_in(60)) place[1] = source.word();
  }
  Value limits = array_of(napi_float64_array, 2);
  elements_of<double>(limits)[0] = source.one_in(60) ? -1 : count;
  elements_of<double>(limits)[1] = source.one_in(2) ? 0 : static_cast<double>(source.real());
  return list_of(source.words(postings, count + (source.one_in(4) ? 5 : 0)), source.halves(postings), places, source.reals(terms),
                 source.bitmap_or_null(count), source.one_in(2) ? null_value() : array_of(napi_biguint64_array, count), limits,
                 never_cancelled(), zeros(napi_uint32_array, k), zeros(napi_float32_array, k));
}

std::vector<Value> top_k_arguments(Source& source) {
  const uint32_t count = source.below(300), k = source.below(20);
  return list_of(source.reals(count), source.bitmap_or_null(count), number_of(static_cast<double>(source.real())),
                 zeros(napi_uint32_array, k), zeros(napi_float32_array, k));
}

}  // namespace

const Door doors_of_rows[] = {
    {"checkBlocks", blocks_arguments, 0},
    {"checkBlocksAsync", blocks_arguments, 0},
    {"scanDense", scan_dense_arguments, 0},
    {"scoreDense", score_dense_arguments, 0},
    {"sumBytes", sum_bytes_arguments, 0},
    {"toFloat16", to_float16_arguments, 0},
    {"toFloat32", to_float32_arguments, 1 << 1},
    {"projectLanes", project_arguments, 0},
    {"maxSimCodes", codes_scores_arguments, 1 << 6},
    {"maxSimCodesExact", codes_scores_arguments, 0},
    {"maxSimCodesMatches", codes_matches_arguments, 0},
    {"maxSimRows", rows_arguments, 0},
    {"assignNearest", nearest_arguments, 1 << 4 | 1 << 5},
    {"assignNearestAsync", nearest_arguments, 1 << 4 | 1 << 5},
    {"accumulateSparse", sparse_arguments, 1 << 5},
    {"searchPostings", postings_arguments, 1 << 8 | 1 << 9},
    {"searchPostingsAsync", postings_arguments, 1 << 8 | 1 << 9},
    {"topK", top_k_arguments, 1 << 3 | 1 << 4},
};
const size_t doors_of_rows_count = sizeof doors_of_rows / sizeof(Door);

}  // namespace shoal
