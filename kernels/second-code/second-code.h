// The second pass: what the first code left over, in 1 to 8 bits a dimension, for the survivors of a scan.
//
//   e = x - c - d,  d = the first code's codewords
//   score = f * (D + E) + t + bias
//   D = <q, d>, from the float tables of lookup-table.h and the first code where it lies
//   E = <q, e>, from e as the record has it
//
// Records are of sixteen kinds. Kinds 1 to 8 have as many bits a dimension and are of the first edition, 9 to 16 have eight bits fewer than their
// number and are of the second, which is made of new codebooks. Kind 4, even nibbles, is below, as E of it is; all others are in values.h.
//
//   e[j] ~ step * (nibble[j] - 7.5)
//   E ~ step * (unit / 2) * (2 * sum over j of level[j] * nibble[j] - 15 * sum over j of level[j])
//
// with q[j] ~ unit * level[j], level = round(127 q / largest |q|). f = |r|^2 / <r, d + e> and t = <a, r> - f <a, d + e> are the two factors
// of adc-scan.h for both codes together, near 1 and 0; f = 1 and t = 0 leave the plain sum. The rounding of the query costs about
// largest |q| / 440 * |e| in the score, a tenth of what four bits leave.
//
// Record of a vector, record_bytes(dim, kind), at any address, positions in order:
//   [0, 2) step, of all kinds but 4 times 128   [2, 4) f, in the second edition f - 1   [4, 6) t      float16, little-endian
//   [6, ...)  nibbles, dimensions padded to a multiple of 32 with zeros: for every 64 dimensions from i on 32 bytes, byte j =
//             nibble[i + j] | nibble[i + 32 + j] << 4; for the last 32, if they stand alone, 16 bytes, nibble[i + j] | nibble[i + 16 + j] << 4
//             of other kinds their codes, values.h
// f lies near 1, where float16 has three digits; the wider the code, the more of the error of its score that would be.
// Encoding of even nibbles: the step is the best of four shares of largest |e| / 7.5 by squared error, rounded to float16 first.
//
// No overflow: |sum of level * nibble| <= 65,536 * 127 * 15 < 2^27. It is exact; D is four sums in double (subquantizer s goes to
// sum s % 4, then (0 + 1) + (2 + 3)) and the rest double operations in the order written, so every set gives the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/adc-scan/adc-scan.h"
#include "kernels/product-code/product-code.h"
#include "kernels/second-code/values.h"

namespace shoal {

struct Kernels;

constexpr size_t second_header_bytes = 6;
constexpr size_t padded_dim(size_t dim) { return (dim + 31) & ~size_t{31}; }
constexpr size_t record_bytes(size_t dim, uint32_t kind) { return second_header_bytes + padded_dim(dim) / 8 * bits_of_kind(kind); }
// What the header's f is told from.
constexpr double rescale_origin(uint32_t kind) { return is_second_edition(kind) ? 1 : 0; }
// int8 levels of a query.
constexpr size_t query_levels(size_t dim, uint32_t kind) { return has_fine_query(kind) ? 2 * padded_dim(dim) : padded_dim(dim); }

// sum over j of levels[j] * nibble[j]; dim a multiple of 32.
using NibbleProduct = int32_t (*)(const uint8_t* nibbles, const int8_t* levels, size_t dim);

// errors[i] = sum over j, in their order, of (left_over[j] - steps[i] * (nibble - 7.5))^2 in double, for the four steps that encoding tries;
// nibble = floor(left_over[j] / step) + 8 kept within 0 .. 15, 8 where the step is not positive.
constexpr size_t tried_steps = 4;
using NibbleErrors = void (*)(const float* left_over, size_t dim, const double* steps, double* errors);

// nibbles[j], a byte each, of one step.
using FindNibbles = void (*)(const float* left_over, size_t dim, double step, uint8_t* nibbles);

// Two nibbles a byte of up to 64 dimensions; `single` uint8[64] has a byte each and zeros past the last, `padded` of them are left to write.
void put_nibbles(const uint8_t* single, size_t padded, uint8_t* nibbles);

struct SecondQuery {
  const float* tables;   // float32[subquantizers][16]
  const int8_t* levels;  // int8[query_levels(dim, kind)]
  double half_unit;
  size_t subquantizers;
  size_t dim;
  uint32_t kind;
};

struct Survivors {
  const uint32_t* positions;
  const uint32_t* lists;  // into the list columns
  size_t count;
};

// levels int8[padded_dim(dim)]; gives unit / 2. A query of zeros gives zeros.
double quantize_query(const float* query, size_t dim, int8_t* levels);
// The same for values.h: int8[2][padded_dim(dim)].
double quantize_finely(const float* query, size_t dim, int8_t* levels);

// scores float64[survivors.count]. records from position 0 on. False when *cancel became non-zero, looked at every 64 survivors.
bool score_survivors(const Kernels& kernels, const SecondQuery& query, const ListColumns& lists, const double* biases,
                     const uint8_t* records, const Survivors& survivors, const uint8_t* cancel, double* scores);

// The same in parts, for callers that know where a vector lies. sum_levels is taken once a query; only four bits need it.
struct SecondTerms {
  double rescale;  // f
  double second;   // E
  double shift;    // t
};
int64_t sum_levels(const int8_t* levels, size_t dim);
SecondTerms second_terms(const Kernels& kernels, const SecondQuery& query, int64_t level_sum, const uint8_t* record);
double first_product(const SecondQuery& query, const uint8_t* code);

// How records are made: with feedback float32[dim][2][64] of values.h, or null; kinds of the first edition have none.
struct SecondCoding {
  uint32_t kind;
  const float* feedback;
};

// codes are those of encode_vectors for the same points; scratch float32[3 * dim].
bool encode_second(const Kernels& kernels, const Encoder& encoder, const float* points, size_t count, const uint8_t* codes,
                   const SecondCoding& second, const uint8_t* cancel, float* scratch, uint8_t* records);

// Both codes of vectors of many lists, in one go: vector v is coded against row lists[v] of bases and anchors, float32[..][dim] with dim
// up to the codebook's, what is missing being zeros. records may be null. scratch float32[batch_floats(subquantizers, dsub, has_metric)].
struct Batch {
  const float* points;  // float32[count][dim]
  size_t count;
  size_t dim;
  const uint32_t* lists;
  const float* bases;
  const float* anchors;
  SecondCoding second;  // of records
};
constexpr size_t batch_floats(size_t subquantizers, size_t dsub, bool has_metric) {
  return encode_floats(subquantizers, dsub, has_metric) + 2 * subquantizers * dsub;
}
bool encode_batch(const Kernels& kernels, const Encoder& encoder, const Batch& batch, const uint8_t* cancel, float* scratch,
                  uint8_t* codes, int16_t* factors, uint8_t* records);

namespace reference {
int32_t nibble_product(const uint8_t* nibbles, const int8_t* levels, size_t dim);
void nibble_errors(const float* left_over, size_t dim, const double* steps, double* errors);
void find_nibbles(const float* left_over, size_t dim, double step, uint8_t* nibbles);
}  // namespace reference
namespace avx2 {
int32_t nibble_product(const uint8_t* nibbles, const int8_t* levels, size_t dim);
void nibble_errors(const float* left_over, size_t dim, const double* steps, double* errors);
void find_nibbles(const float* left_over, size_t dim, double step, uint8_t* nibbles);
}  // namespace avx2
namespace avx512 {
int32_t nibble_product(const uint8_t* nibbles, const int8_t* levels, size_t dim);
}  // namespace avx512
namespace neon {
int32_t nibble_product(const uint8_t* nibbles, const int8_t* levels, size_t dim);
void nibble_errors(const float* left_over, size_t dim, const double* steps, double* errors);
void find_nibbles(const float* left_over, size_t dim, double step, uint8_t* nibbles);
}  // namespace neon

}  // namespace shoal
