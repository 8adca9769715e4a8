// Codes whose errors show little in scores.
//
// A score errs by <q - a, e>, e = r - f d, f = |r|^2 / <r, d> (product-code.h). With M the mean of (q - a)(q - a)' the mean of its square is
// e' M e. The nearest codewords make |r - d| least, not this: queries lie along some directions more than along others, and f sees to the
// length. So from them on, part after part, each part gets the codeword that leaves the least while the others stay (iterated conditional
// modes, Besag 1986; of codes of several codebooks Babenko and Lempitsky 2014), in two rounds over all parts. Of 384 dimensions of text
// encoders the first one changes a word of five, the second one a word of fourteen.
//
// With y = <r, d> / |r|^2 of the nearest codewords and z = d - y r, e' M e = (z' M z - 2 p (r' M z) + p^2 (r' M r)) / Y^2 but for a factor, for
// any d, Y = <r, d> and p = Y / |r|^2 - y. p stays small: its square is left out, and r' M z is that of the nearest codewords. So M r is not
// needed, and a codeword costs
//
//   C / Y^2      C = z' M z - p * 2 (r' M z at first)
//
// the smaller one on ties, the one that is there before any; a codeword with Y <= 1e-15 is not taken. Most of M z is of integers, for speed:
//   row[i][j]  = trunc(M[i][j] / row step + 64.5)                  from 1 to 127, 64 = 0; row step = largest |M[i][j]| of two parts / 63
//   word[k][j] = trunc(words[j][k] / word step + 64.5) - 64        from -63 to 63; word step = largest |words| / 63
//   z[j]       = word[now][j] - (trunc(y * r[j] / word step + 64.5) - 64), the quotient kept within -63 .. 63; a change is of two words
//   others[j]  = row step * word step * sum over i of other parts of (row[i][j] - 64) * z[i]
// A quotient by a step is a product with its inverse, 0 for a step of 0. A part's own M is as it is, and so is what is summed once:
//   z[j] = words[j][now] - y * r[j], all[j] = others[j] + (0 + M[j][0] * z[0] + ..), C = 0 + z[0] * all[0] + ..
//   lean = 2 * (0 + r[0] * all[0] + ..) * i, i = 1 / |r|^2, 0 of |r|^2 <= 1e-15; y = Y * i
// Then of each part:
//   g[j] = 2 * (others[j] - y * (0 + M[j][0] * r[0] + ..)) - lean * r[j]
//   a[k] = norms[k] + g[0] * words[0][k] + .., b[k] = 0 + r[0] * words[0][k] + .., C[k] = (C - a[now]) + a[k], Y[k] = (Y - b[now]) + b[k]
//   norms[k] = w' M w of the part: 0 + along[0] * w[0] + .., along[j] = 0 + M[j][0] * w[0] + ..
// |r|^2, Y, C and lean are sums over all dimensions from 0 on. All in float32, each operation rounded and on the same operands everywhere, and of
// two costs c / u and d / v the lesser is told by c * v < d * u: every set gives the same bits.
//
// Sixteen vectors go side by side. Layout: metric float32[dim][dim], symmetric, dim = subquantizers * dsub; integers of a part are padded to
// whole groups of four, rows uint8[subquantizers * groups][dim][4], words int8[subquantizers][16][groups * 4].
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct Encoder;

constexpr size_t metric_rounds = 2;
constexpr float least_product = 1e-15f;
constexpr int row_origin = 64;
constexpr float level_max = 63;
constexpr size_t block_vectors = 16;

constexpr size_t groups_of(size_t dsub) { return (dsub + 3) / 4; }

// What is measured of a codebook and its metric.
struct MetricTables {
  float* steps;    // float32[2]: row step * word step, and what is multiplied with for words
  float* norms;    // float32[subquantizers][16]
  int8_t* words;   // int8[subquantizers][16][groups * 4]
  uint8_t* rows;   // uint8[subquantizers * groups][dim][4]
};
constexpr size_t aligned_floats = 16;  // Loads and stores of whole cache lines begin where these do.
constexpr size_t metric_floats(size_t subquantizers, size_t dsub) {
  return 2 * aligned_floats + subquantizers * (16 + groups_of(dsub) * (16 + subquantizers * dsub));
}
MetricTables metric_tables(size_t subquantizers, size_t dsub, float* room);
void measure_metric(const Encoder& encoder, const MetricTables& tables);

// Up to sixteen vectors and the room for coding them.
struct MetricBlock {
  const float* residuals;  // float32[count][dim]
  uint8_t* nibbles;        // uint8[count][stride], the nearest codewords
  size_t stride;
  size_t count;
  float* across;   // float32[dim][16]: residuals
  int32_t* words;  // int32[subquantizers][16]
  int32_t* sums;   // int32[16][dim]
  int8_t* levels;  // int8[16][subquantizers * groups * 4]
};
constexpr size_t metric_block_floats(size_t subquantizers, size_t dsub) {
  return aligned_floats + block_vectors * subquantizers * (2 * dsub + 1 + groups_of(dsub));
}
MetricBlock metric_block(size_t subquantizers, size_t dsub, float* room);

// The nibbles of a block become those of the least cost.
using ImproveCodewords = void (*)(const Encoder& encoder, const MetricTables& tables, const MetricBlock& block);

namespace reference {
void improve_codewords(const Encoder& encoder, const MetricTables& tables, const MetricBlock& block);
}  // namespace reference
namespace avx2 {
void improve_codewords(const Encoder& encoder, const MetricTables& tables, const MetricBlock& block);
}  // namespace avx2
namespace avx512 {
void improve_codewords(const Encoder& encoder, const MetricTables& tables, const MetricBlock& block);
}  // namespace avx512
namespace neon {
void improve_codewords(const Encoder& encoder, const MetricTables& tables, const MetricBlock& block);
}  // namespace neon

}  // namespace shoal
