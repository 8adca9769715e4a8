// From vectors to 4-bit codes and the two factors of the anchored estimator.
//
//   r       = x - c                                              float32, elementwise; c = the base of the vector's list
//   code[s] = the k that minimises |r_s - codebook[s][.][k]|^2   the smaller k on ties; with a metric what error-metric.h makes of these
//   d       = the codewords of the code, one after the other
//   F = round(f / rescale),  f = |r|^2 / <r, d>                  0 where <r, d> is not positive, at most 32,767
//   T = round(t / anchor),   t = <a, r> - rescale * F * <a, d>   within -32,767 .. 32,767
//
// t is computed with the f that is stored, so the estimate is exact at the anchor a whatever F was rounded to. A vector that equals its
// base has F = T = 0, and bias alone is its score; one that its codewords point away from is estimated as at the anchor. Without an
// anchor T is 0.
//
// Layout: codebook float32[subquantizers][dsub][16] as in lookup-table.h, points float32[count, subquantizers * dsub], codes
// uint8[count][pairs] with byte p = code[2p] | code[2p + 1] << 4 and zeros past the last subquantizer, factors int16[count][2].
// The distance is half |codeword|^2 - sum over j of r[j] * codeword[j], taken off one after the other in float32, each step rounded;
// the factors' sums run in double from the first dimension to the last: every set gives the same bits. Values must be finite.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/lookup-table/lookup-table.h"
#include "kernels/product-code/error-metric.h"

namespace shoal {

struct Kernels;

// nibbles[s] = the nearest codeword of part s. half_norms float32[subquantizers][16].
using NearestCodewords = void (*)(const float* residual, const float* codebook, const float* half_norms, size_t subquantizers,
                                  size_t dsub, uint8_t* nibbles);

struct Encoder {
  const float* base;    // float32[dim]; null = zeros
  const float* anchor;  // float32[dim]; null = none
  const float* codebook;
  size_t subquantizers;
  size_t dsub;
  FactorScales scales;
  const float* metric = nullptr;  // float32[dim][dim] of error-metric.h; null = each part has its nearest codeword
};

// What is measured of a codebook, float32: half the squared norms of its words [subquantizers][16], and with a metric what error-metric.h says.
constexpr size_t measured_floats(size_t subquantizers, size_t dsub, bool has_metric) {
  return subquantizers * ksub + (has_metric ? metric_floats(subquantizers, dsub) : 0);
}
// Of sixteen vectors: their residuals float32[16][dim], d of one, and what their codewords are improved with.
constexpr size_t block_floats(size_t subquantizers, size_t dsub, bool has_metric) {
  return (block_vectors + 1) * subquantizers * dsub + (has_metric ? metric_block_floats(subquantizers, dsub) : 0);
}

// scratch float32[encode_floats(subquantizers, dsub, has_metric)]. False when *cancel became non-zero, looked at every 256 vectors.
constexpr size_t encode_floats(size_t subquantizers, size_t dsub, bool has_metric) {
  return measured_floats(subquantizers, dsub, has_metric) + block_floats(subquantizers, dsub, has_metric);
}
bool encode_vectors(const Kernels& kernels, const Encoder& encoder, const float* points, size_t count, const uint8_t* cancel,
                    float* scratch, uint8_t* codes, int16_t* factors);

// Coding in blocks of up to sixteen vectors: residuals are filled, words found for all of them, and each is finished.
class BlockCoder {
 public:
  // room float32[encode_floats(..)]; encoder.base and encoder.anchor are not read.
  BlockCoder(const Kernels& kernels, const Encoder& encoder, float* room);

  float* residual(size_t v) { return residuals_ + v * dim_; }
  void find_words(size_t count);
  // The code and factors of a vector; d of it float32[dim], until the next is finished.
  float* finish(size_t v, const float* anchor, uint8_t* code, int16_t* factors);

 private:
  const Kernels& kernels_;
  const Encoder& encoder_;
  const size_t dim_;
  float* half_norms_;
  float* residuals_;
  float* decoded_;
  MetricTables tables_ = {};
  MetricBlock block_ = {};
  uint8_t nibbles_[block_vectors * subquantizers_max];
};

// d of a code, float32[subquantizers * dsub].
void decode_vector(const float* codebook, size_t subquantizers, size_t dsub, const uint8_t* code, float* decoded);

namespace reference {
void nearest_codewords(const float* residual, const float* codebook, const float* half_norms, size_t subquantizers, size_t dsub,
                       uint8_t* nibbles);
}  // namespace reference
namespace avx2 {
void nearest_codewords(const float* residual, const float* codebook, const float* half_norms, size_t subquantizers, size_t dsub,
                       uint8_t* nibbles);
}  // namespace avx2
namespace avx512 {
void nearest_codewords(const float* residual, const float* codebook, const float* half_norms, size_t subquantizers, size_t dsub,
                       uint8_t* nibbles);
}  // namespace avx512
namespace neon {
void nearest_codewords(const float* residual, const float* codebook, const float* half_norms, size_t subquantizers, size_t dsub,
                       uint8_t* nibbles);
}  // namespace neon

}  // namespace shoal
