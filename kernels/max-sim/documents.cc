// Documents one after the other, exactly: blocks of tokens through the kernels, maxima and sums in plain C++.
#include "kernels/max-sim/scratch.h"

namespace shoal {
namespace {

using namespace max_sim;

void raise(float* best, const float* similarities, uint32_t lanes) {
  for (uint32_t lane = 0; lane < lanes; lane++) best[lane] = similarities[lane] > best[lane] ? similarities[lane] : best[lane];
}

// The exact similarities of the tokens first .. first+size-1 of a record of `tokens`.
void exact_block(const Kernels& kernels, const CodesQuery& query, const uint8_t* record, uint32_t tokens, uint32_t first,
                 uint32_t size, const Scratch& scratch) {
  const size_t code_bytes = query.dim * query.nbits / 8;
  const uint32_t lanes = query.tiles * max_sim_lanes;
  uint16_t ids[max_sim_block_rows];
  uint16_t norms[max_sim_block_rows];
  float inverse_norms[max_sim_block_rows];
  std::memcpy(ids, record + 2 * size_t{first}, size * sizeof(uint16_t));
  std::memcpy(norms, record + 2 * (size_t{tokens} + first), size * sizeof(uint16_t));
  kernels.to_float(norms, size, inverse_norms);
  for (uint32_t t = 0; t < size; t++) {
    const uint32_t centroid = ids[t] < query.centroid_count ? ids[t] : query.centroid_count - 1;
    kernels.expand_codes(query.centroids + size_t{centroid} * query.dim, query.weights,
                         record + 4 * size_t{tokens} + (size_t{first} + t) * code_bytes, query.dim, query.nbits,
                         scratch.rows + t * query.dim);
  }
  kernels.project_rows(query.rows, query.tiles, query.dim, scratch.rows, size, scratch.similarities);
  for (uint32_t t = 0; t < size; t++) {
    for (uint32_t lane = 0; lane < lanes; lane++) scratch.similarities[t * lanes + lane] *= inverse_norms[t];
  }
}

uint32_t block_size(uint32_t tokens, uint32_t first) {
  return tokens - first < max_sim_block_rows ? tokens - first : max_sim_block_rows;
}

}  // namespace

size_t scratch_floats(uint32_t tiles, uint32_t dim, uint32_t nbits) {
  const size_t lanes = size_t{tiles} * max_sim_lanes;
  const size_t block = whole_lines(lanes * max_sim_block_rows) + whole_lines(size_t{dim} * max_sim_block_rows);
  const size_t exact = lanes * dim + lanes * max_sim_batch_documents + block + line_floats;
  if (nbits == 0) return exact;
  if (nbits == 4) return exact + lanes * dim / sizeof(float);
  return exact + (packed_bytes(tiles * max_sim_lanes, dim, nbits) + work_bytes(dim, nbits)) / sizeof(float);
}

bool max_sim_codes_exact(const Kernels& kernels, const CodesQuery& given, const uint8_t* column, const Documents& documents,
                         const uint8_t* cancel, float* scratch, float* scores) {
  CodesQuery query = given;
  Room room(scratch);
  const Scratch parts = take_lanes(query, room);
  const uint32_t lanes = query.tiles * max_sim_lanes;
  for (size_t d = 0; d < documents.count; d++) {
    if (is_cancelled(cancel)) return false;
    const uint32_t tokens = documents.counts[d];
    start(parts.best, lanes);
    for (uint32_t first = 0; first < tokens; first += max_sim_block_rows) {
      const uint32_t size = block_size(tokens, first);
      exact_block(kernels, query, column + documents.offsets[d], tokens, first, size, parts);
      for (uint32_t t = 0; t < size; t++) raise(parts.best, parts.similarities + t * lanes, lanes);
    }
    scores[d] = tokens == 0 ? NAN : sum_of(parts.best, query.tokens);
  }
  return true;
}

bool max_sim_codes_matches(const Kernels& kernels, const CodesQuery& given, const uint8_t* column,
                           const Documents& documents, const uint8_t* cancel, float* scratch, float* scores, uint32_t* best) {
  CodesQuery query = given;
  Room room(scratch);
  const Scratch parts = take_lanes(query, room);
  const uint32_t lanes = query.tiles * max_sim_lanes;
  for (size_t d = 0; d < documents.count; d++) {
    if (is_cancelled(cancel)) return false;
    const uint32_t tokens = documents.counts[d];
    float* document_scores = scores + d * query.tokens;
    uint32_t* document_best = best + d * query.tokens;
    for (uint32_t q = 0; q < query.tokens; q++) {
      document_scores[q] = tokens == 0 ? NAN : -INFINITY;
      document_best[q] = tokens == 0 ? UINT32_MAX : 0;
    }
    for (uint32_t first = 0; first < tokens; first += max_sim_block_rows) {
      const uint32_t size = block_size(tokens, first);
      exact_block(kernels, query, column + documents.offsets[d], tokens, first, size, parts);
      for (uint32_t t = 0; t < size; t++) {
        for (uint32_t q = 0; q < query.tokens; q++) {
          const float similarity = parts.similarities[t * lanes + q];
          if (similarity > document_scores[q]) {
            document_scores[q] = similarity;
            document_best[q] = first + t;
          }
        }
      }
    }
  }
  return true;
}

bool max_sim_rows(const Kernels& kernels, const RowsQuery& given, const float* rows, const Documents& documents,
                  const uint8_t* cancel, float* scratch, float* scores) {
  RowsQuery query = given;
  Room room(scratch);
  const Scratch parts = take_lanes(query, room);
  const uint32_t lanes = query.tiles * max_sim_lanes;
  for (size_t d = 0; d < documents.count; d++) {
    if (is_cancelled(cancel)) return false;
    const uint32_t tokens = documents.counts[d];
    const float* document = rows + documents.offsets[d] * query.dim;
    start(parts.best, lanes);
    for (uint32_t first = 0; first < tokens; first += max_sim_block_rows) {
      const uint32_t size = block_size(tokens, first);
      kernels.project_rows(query.rows, query.tiles, query.dim, document + size_t{first} * query.dim, size, parts.similarities);
      for (uint32_t t = 0; t < size; t++) raise(parts.best, parts.similarities + t * lanes, lanes);
    }
    scores[d] = tokens == 0 ? NAN : sum_of(parts.best, query.tokens);
  }
  return true;
}

bool max_sim_half_rows(const Kernels& kernels, const RowsQuery& given, const uint16_t* rows, const Documents& documents,
                       const uint8_t* cancel, float* scratch, float* scores) {
  RowsQuery query = given;
  Room room(scratch);
  const Scratch parts = take_lanes(query, room);
  const uint32_t lanes = query.tiles * max_sim_lanes;
  for (size_t d = 0; d < documents.count; d++) {
    if (is_cancelled(cancel)) return false;
    const uint32_t tokens = documents.counts[d];
    const uint16_t* document = rows + documents.offsets[d] * query.dim;
    start(parts.best, lanes);
    for (uint32_t first = 0; first < tokens; first += max_sim_block_rows) {
      const uint32_t size = block_size(tokens, first);
      kernels.to_float(document + size_t{first} * query.dim, size_t{size} * query.dim, parts.rows);
      kernels.project_rows(query.rows, query.tiles, query.dim, parts.rows, size, parts.similarities);
      for (uint32_t t = 0; t < size; t++) raise(parts.best, parts.similarities + t * lanes, lanes);
    }
    scores[d] = tokens == 0 ? NAN : sum_of(parts.best, query.tokens);
  }
  return true;
}

}  // namespace shoal
