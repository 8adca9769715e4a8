// The meaning of max-sim.h in its plainest form.
#include "kernels/max-sim/max-sim.h"

#include <cstring>

#include "kernels/float16/float16.h"

namespace shoal::reference {
namespace {

uint32_t bucket_of(const uint8_t* codes, uint32_t j, uint32_t nbits) {
  const uint32_t bit = j * nbits;
  return (codes[bit >> 3] >> (bit & 7)) & ((1u << nbits) - 1);
}

uint16_t read_uint16(const uint8_t* at) {
  uint16_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

void raise(float similarity, float& best) {
  if (similarity > best) best = similarity;
}

}  // namespace

void project_rows(const float* query, uint32_t tiles, size_t dim, const float* rows, size_t count, float* out) {
  for (size_t r = 0; r < count; r++) {
    for (uint32_t lane = 0; lane < tiles * 16; lane++) {
      const float* column = query + (lane / 16) * dim * 16 + lane % 16;
      float sum = 0;
      for (size_t j = 0; j < dim; j++) sum += rows[r * dim + j] * column[j * 16];
      out[r * tiles * 16 + lane] = sum;
    }
  }
}

void expand_codes(const float* centroid, const float* weights, const uint8_t* codes, uint32_t dim, uint32_t nbits, float* row) {
  for (uint32_t j = 0; j < dim; j++) row[j] = centroid[j] + weights[bucket_of(codes, j, nbits)];
}

void max_codes(const CodesQuery& query, const uint8_t* record, uint32_t tokens, float* best) {
  const uint32_t lanes = query.tiles * 16;
  const size_t code_bytes = query.dim * query.nbits / 8;
  for (uint32_t t = 0; t < tokens; t++) {
    const uint32_t id = read_uint16(record + 2 * t);
    const uint32_t centroid = id < query.centroid_count ? id : query.centroid_count - 1;
    const float inverse_norm = float_of_half(read_uint16(record + 2 * (size_t{tokens} + t)));
    const uint8_t* codes = record + 4 * size_t{tokens} + t * code_bytes;
    for (uint32_t lane = 0; lane < lanes; lane++) {
      const int8_t* levels = query.levels + (lane / 16) * query.dim * 16 + (lane % 16) * 4;
      int32_t sum = 0;
      for (uint32_t j = 0; j < query.dim; j++) {
        sum += levels[(j / 4) * 64 + j % 4] * query.weight_levels[bucket_of(codes, j, query.nbits)];
      }
      const float residual = query.scale[lane] * static_cast<float>(sum);
      raise((query.centroid_scores[size_t{centroid} * lanes + lane] + residual) * inverse_norm, best[lane]);
    }
  }
}

void pack_tables(const CodesQuery&, uint8_t*) {}

void max_tables(const CodesQuery& query, const uint8_t*, const TokenBatch& batch, uint8_t*) {
  const uint32_t buckets = 1u << query.nbits;
  uint32_t t = 0;
  for (uint32_t d = 0; d < batch.documents; d++) {
    for (; t < batch.ends[d]; t++) {
      for (uint32_t q = 0; q < query.tokens; q++) {
        const uint8_t* table = query.tables + size_t{q} * query.dim * buckets;
        int32_t sum = 0;
        for (uint32_t j = 0; j < query.dim; j++) sum += table[j * buckets + bucket_of(batch.codes[t], j, query.nbits)];
        raise((batch.centroid_scores[t][q] + static_cast<float>(sum)) * batch.inverse_norms[t], batch.best[d][q]);
      }
    }
  }
}

}  // namespace shoal::reference
