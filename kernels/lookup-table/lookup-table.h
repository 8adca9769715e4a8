// From a query to the bytes that adc-scan adds up: one table a query, for all lists.
//
//   tables[s][k] = sum over j of query[s * dsub + j] * codebook[s][j][k]                the inner product of part s with codeword k
//   levels[s][k] = round((tables[s][k] - minimum[s]) / step)                            0 .. 255
//   sum over s of tables[s][code[s]]  ~  step * (offset + sum over s of levels[s][code[s]])
//
// Layout: codebook float32[subquantizers][dsub][16] (the codewords lie beside each other, a lane each), query
// float32[subquantizers * dsub], tables float32[subquantizers][16], levels uint8[padded][16] with padded = subquantizers rounded up to
// a multiple of four and zeros in what was added. A sign code (one bit a dimension) is the codebook of dsub 4 whose codeword k has
// +1/2 where k has a bit and -1/2 elsewhere; nothing else distinguishes it.
//
// One step a query. It is the smallest with which
//   (1) the largest levels of every four subquantizers 4i .. 4i + 3 add up to at most 255, so the scan adds four in bytes: with spans
//       p, levels <= p / step + 1/2 and one more for the level shift below, so sum(p) / step + 4 / 2 + 1 <= 255 is enough;
//   (2) offset + sum of levels lies in an int16 for every code. sum of levels <= 512 / 4 * 255 = 32,640, so it is (1) alone that binds
//       unless a codebook lies far from the origin;
//   (3) anchor_weight = anchor_scale / (step * rescale_scale) is a whole number of at most 32,767 (see adc-scan.h); a step below
//       anchor_scale / (32,767 * rescale_scale) is raised to it, and where even 1 is too much t is smaller than one level: weight 0.
// offset is a whole number because the minimum of the first subquantizer is lowered by less than a step.
//
// Error: every level is off by at most half a step, so the sum by at most subquantizers * step / 2, and by about
// step * sqrt(subquantizers / 12) in the mean; for 96 subquantizers that is near 2 % of what the sums themselves vary by, where the
// code's own error is 40 % and more. (Adding in bytes before widening: ScaNN and FAISS add one; four is what saves most.)
// All float steps are elementwise or in double, in a fixed order, rounded one by one: every set gives the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct Kernels;

constexpr size_t ksub = 16;
constexpr size_t subquantizers_max = 512;
constexpr size_t dsub_max = 64;

constexpr size_t padded_subquantizers(size_t subquantizers) { return (subquantizers + 3) & ~size_t{3}; }

using InnerTables = void (*)(const float* codebook, const float* query, size_t subquantizers, size_t dsub, float* tables);

// levels[s][k] = trunc((tables[s][k] - minima[s]) * inverse_step + 0.5), kept within 0 .. 255; NaN gives 0.
using QuantizeTables = void (*)(const float* tables, const float* minima, size_t subquantizers, float inverse_step, uint8_t* levels);

// What turns sums of levels back into scores; see adc-scan.h.
struct LevelScale {
  double unit;           // of an integer score: step * rescale_scale
  int32_t offset;        // int16
  int32_t anchor_weight; // int16, not negative
};

struct FactorScales {
  double rescale;  // f = rescale * F
  double anchor;   // t = anchor * T
};

// Fills tables and levels. subquantizers from 1 to subquantizers_max. Values that are not finite give levels without meaning, no fault.
LevelScale build_lookup_table(const Kernels& kernels, const float* codebook, const float* query, size_t subquantizers, size_t dsub,
                              FactorScales scales, float* tables, uint8_t* levels);

namespace reference {
void inner_tables(const float* codebook, const float* query, size_t subquantizers, size_t dsub, float* tables);
void quantize_tables(const float* tables, const float* minima, size_t subquantizers, float inverse_step, uint8_t* levels);
}  // namespace reference
namespace avx2 {
void inner_tables(const float* codebook, const float* query, size_t subquantizers, size_t dsub, float* tables);
void quantize_tables(const float* tables, const float* minima, size_t subquantizers, float inverse_step, uint8_t* levels);
}  // namespace avx2
namespace avx512 {
void inner_tables(const float* codebook, const float* query, size_t subquantizers, size_t dsub, float* tables);
void quantize_tables(const float* tables, const float* minima, size_t subquantizers, float inverse_step, uint8_t* levels);
}  // namespace avx512
namespace neon {
void inner_tables(const float* codebook, const float* query, size_t subquantizers, size_t dsub, float* tables);
void quantize_tables(const float* tables, const float* minima, size_t subquantizers, float inverse_step, uint8_t* levels);
}  // namespace neon

}  // namespace shoal
