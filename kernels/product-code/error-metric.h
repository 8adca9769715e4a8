// Codes whose errors show little in scores.
//
// A score errs by <q - a, e>, e = r - f d, f = |r|^2 / <r, d> (product-code.h). With M the mean of (q - a)(q - a)' the mean of its square is
//
//   e' M e = r' M r + f (f d' M d - 2 r' M d)
//
// The nearest codewords make |r - d| least, not this: queries lie along some directions more than along others, and f sees to the length.
// So from them on, part after part, each part gets the codeword that leaves the least while the others stay (iterated conditional modes,
// Besag 1986; of codes of several codebooks Babenko and Lempitsky 2014), in two rounds over all parts, or one that changes nothing. Of 384 dimensions
// of text encoders the first round does most of it; a third one would change a word of forty.
//
//   cost[k] = ((n * A[k]) * i[k] - 2 * B[k]) * i[k],   i[k] = 1 / Y[k]      n = |r|^2, A = d' M d, B = r' M d, Y = <r, d>
//
// the smaller k on ties, the one that is there before any; a codeword with Y[k] <= 1e-30 is not taken. All in float32, each operation rounded:
//   A[k] = (A - a[now]) + a[k], B and Y likewise
//   a[k] = norms[k] + others[0] * words[0][k] + ..,  b[k] = 0 + turned[0] * words[0][k] + ..,  y[k] = 0 + residual[0] * words[0][k] + ..
//   norms[k] = w' M w of the part: 0 + row 0 * w[0] + .., each row 0 + M[j][0] * w[0] + ..
//   turned = M r, others = 2 * ((M d) less the part's own, M[j][i] * d[i] one after the other)
// M r and M d are sums of rows of M, first row first; where a codeword changes, (new - old) * row is added to M d for each of its dimensions.
// At first n, A, B, Y are sums in double, from the first dimension to the last, rounded to float32.
//
// Layout: metric float32[dim][dim], symmetric, dim = subquantizers * dsub. Each operation is on the same operands everywhere, so every set gives
// the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct Kernels;
struct Encoder;

constexpr size_t metric_rounds = 2;
constexpr float least_product = 1e-30f;

// sums[v][j] += by[v][i] * rows[i][j], i from 0 on, for 1 or 2 vectors: rows float32[count][width], by float32[vectors][count], sums
// float32[vectors][width].
using AddRows = void (*)(const float* rows, size_t count, size_t width, size_t vectors, const float* by, float* sums);

// Of a part, each float32[dsub] but words float32[dsub][16] and norms float32[16].
struct WordSearch {
  const float* words;
  const float* norms;
  const float* residual;
  const float* turned;
  const float* others;
  size_t dsub;
};
struct CodeSums {
  float norm, own, both, product;  // n, A, B, Y
};

// The word to be taken in place of `now`, or that; sums become its.
using BestWord = uint8_t (*)(const WordSearch& part, uint8_t now, CodeSums& sums);

// norms float32[subquantizers][16] of a codebook whose encoder has a metric.
void measure_in_metric(const Encoder& encoder, float* norms);

// nibbles, the nearest codewords of `work`'s residual, become those of the least cost. work float32[4 * dim] begins with the residual; the
// rest is overwritten.
void improve_codewords(const Kernels& kernels, const Encoder& encoder, const float* norms, float* work, uint8_t* nibbles);

namespace reference {
void add_rows(const float* rows, size_t count, size_t width, size_t vectors, const float* by, float* sums);
uint8_t best_word(const WordSearch& part, uint8_t now, CodeSums& sums);
}  // namespace reference
namespace avx2 {
void add_rows(const float* rows, size_t count, size_t width, size_t vectors, const float* by, float* sums);
uint8_t best_word(const WordSearch& part, uint8_t now, CodeSums& sums);
}  // namespace avx2
namespace avx512 {
void add_rows(const float* rows, size_t count, size_t width, size_t vectors, const float* by, float* sums);
uint8_t best_word(const WordSearch& part, uint8_t now, CodeSums& sums);
}  // namespace avx512
namespace neon {
void add_rows(const float* rows, size_t count, size_t width, size_t vectors, const float* by, float* sums);
uint8_t best_word(const WordSearch& part, uint8_t now, CodeSums& sums);
}  // namespace neon

}  // namespace shoal
