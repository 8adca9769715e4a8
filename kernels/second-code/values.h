// Second codes but for even nibbles: 1 to 8 bits a dimension, in two editions. second-code.h says what they are for, and numbers their kinds.
//
//   e[j] ~ step * value[j],   value = sign * magnitude[m]: of `bits` bits the top one is the sign (1 = negative), the others are m
//
// magnitudes are whole numbers up to 127: the levels of least squared error of a normal distribution (Lloyd 1982, Max 1960), which what a
// product code leaves over is nearly. Of 4 bits they are odd and up to 63, of 7 bits the best 64 numbers of 0 .. 127. Of 8 bits the byte is
// the value, -127 .. 127. The first edition has even levels at 4 bits (nibbles, second-code.h) and at 7 bits: 2 m + 1. Of normal vectors of 384
// values the second edition leaves 12, 10, 21, 32, 30 and 25 % less of the squared error than even levels, in the best of the four steps of
// second-code.h, do at 2, 3, 4, 5, 6 and 7 bits.
//
//   E = step * unit * P,   P = sum over j of level[j] * value[j]
//
// Up to 4 bits the query has the levels of second-code.h. From 5 bits on those would be what limits the score (at 8 bits three times
// as many of the ten nearest were missed), so it has two of them: q[j] ~ unit * (128 * high[j] + low[j]), whole = round(16,256 q / largest |q|),
// high = (whole + 64) >> 7 within -127 .. 127, low within -64 .. 63; P = 128 * P(high) + P(low). Of 4 bits
//
//   P = 2 * sum over j of level[j] * entry[code[j]] - 63 * sum over j of level[j],   entry = (63 + value) / 2 within 0 .. 63
//
// Layout: 32 dimensions after the other, 4 * bits bytes each, dimensions padded to a multiple of 32. Of 5, 6 and 7 bits the low four, then of
// 2, 3, 6 and 7 the next two, then of 1, 3, 5 and 7 the last one:
//   four bits  16 bytes, byte j = k[j] | k[16 + j] << 4
//   two bits    8 bytes, byte j = k[j] | k[8 + j] << 2 | k[16 + j] << 4 | k[24 + j] << 6
//   one bit     4 bytes, bit j of them, little-endian
//   of 8 bits  32 bytes, byte j
// Of 4 bits 64 dimensions lie together, as nibbles of second-code.h do. What pads has code zero and meets levels of zero.
//
// Encoding, first edition: the step of least squared error of four, in float32 and sums of double, then the nearest magnitude by counting
// thresholds: values-encode.cc says it. Second edition: the step of least squared error of eight, the largest |e| and seven multiples of the
// reach of a normal distribution, over the last magnitude and rounded to float16 times 128 (levels-encode.cc has reaches and multiples); all in float32, each operation rounded,
//   bucket = floor(min(|e[j]| * (2 / step), 254)),   m = how many of the sums of neighbouring magnitudes are at most bucket
// (thresholds lie halfway, so a bucket of half a unit has one m); a step that is not positive puts all into bucket 0. The error of a step is
// the sum of (|e[j]| - step * magnitude)^2, from the first dimension to the last; of equal ones the first is taken.
//
// Error feedback, second edition. Rounding each dimension by itself errs along every direction alike, while queries lie along some of them
// more than others. A codebook may say how errors are to be led away from those: feedback float32[dim][2][64], of dimension j first the row
// g[j], then u[j]. From the first dimension to the last, with p float32[64] zeros at first,
//   aim[j] = e[j] + <p, g[j]>, which is rounded in place of e[j];   p += (e[j] - decoded[j]) * u[j]
// Where the expected square of <q, error> is as error' (I + U U') error and g[j] = S u[j] / (1 + u[j]' S u[j]) with S the inverse of
// I + the sum of u[l] u[l]' over later l, no other feedback leaves less of it (Chee et al. 2023, "QuIP", section 3, which rounds weights so).
// The step stays. <p, g[j]> is row_products of list-search.h, the rest is float32, each operation rounded. Only codes change, not how they are
// read: records and their scores know nothing of it.
//
// No overflow: |P(high)|, |P(low)| <= 65,536 * 128 * 127 < 2^31; of two products beside each other, value up to 128 (a damaged byte of 8 bits
// may say so) and level up to 127 in size, |sum| <= 32,512 < 2^15; of four products of an entry and a level |sum| <= 4 * 63 * 127 = 32,004.
// All sums are exact, so every set gives the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct Kernels;

constexpr uint32_t nibble_bits = 4, fine_bits = 5, bits_max = 8;
// Kinds 1 .. 8 have as many bits and are of the first edition, 9 .. 16 have eight bits fewer than their number and are of the second.
constexpr uint32_t kinds_max = 2 * bits_max;
constexpr uint32_t even_nibbles = 4, normal_nibbles = 12, normal_sevens = 15;
constexpr uint32_t bits_of_kind(uint32_t kind) { return kind > bits_max ? kind - bits_max : kind; }
constexpr bool is_second_edition(uint32_t kind) { return kind > bits_max; }
constexpr bool has_fine_query(uint32_t kind) { return bits_of_kind(kind) >= fine_bits; }

constexpr size_t values_at_once = 32;
// The header has this many times the step, so that steps of short vectors do not get lost in float16.
constexpr double steps_in_header = 128;

// Magnitudes of 1 to 7 bits, as bytes.
constexpr uint8_t magnitudes_1[1] = {1};
constexpr uint8_t magnitudes_2[2] = {3, 10};
constexpr uint8_t magnitudes_3[4] = {14, 45, 79, 127};
constexpr uint8_t magnitudes_4[8] = {3, 9, 15, 21, 29, 37, 47, 63};
constexpr uint8_t magnitudes_5[16] = {3, 8, 13, 18, 24, 29, 35, 41, 47, 54, 61, 70, 79, 90, 105, 127};
constexpr uint8_t magnitudes_6[32] = {1,  3,  6,  8,  10, 13, 15, 17, 20, 22, 24, 27, 30, 32, 35,  38,
                                      40, 43, 46, 49, 53, 56, 60, 64, 68, 73, 78, 84, 91, 99, 110, 127};
constexpr uint8_t magnitudes_7[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19,  20, 21,
                                      22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41,  42, 44,
                                      46, 48, 50, 52, 54, 56, 58, 60, 62, 64, 67, 70, 73, 76, 80, 84, 89, 96, 106, 127};
// Of 4 bits, by code: (63 + value) / 2.
constexpr int64_t nibble_reach = 63;
constexpr uint8_t nibble_entries[16] = {33, 36, 39, 42, 46, 50, 55, 63, 30, 27, 24, 21, 17, 13, 8, 0};

// P, from levels int8[dim] or, of a fine query, int8[2][dim]: high, low. dim a multiple of 32; the kind is of no nibbles.
using ValueProduct = int64_t (*)(const uint8_t* values, const int8_t* levels, size_t dim, uint32_t kind);

// sum over j of levels[j] * entry[code[j]] of normal nibbles; dim a multiple of 32.
using EntryProduct = int32_t (*)(const uint8_t* nibbles, const int8_t* levels, size_t dim);

// errors float32[8] of eight steps in the second edition; magnitudes float32[255] by bucket, inverses = 2 / step, 0 where that is not positive.
constexpr size_t steps_tried = 8, buckets = 255;
struct TriedSteps {
  float steps[steps_tried];
  float inverses[steps_tried];
};
using LevelErrors = void (*)(const float* left_over, size_t dim, const float* magnitudes, const TriedSteps& tried, float* errors);

// The float16 nearest to `value`, kept within +-65,504.
uint16_t half_of(double value);

constexpr size_t feedback_width = 64;
constexpr size_t feedback_floats(size_t dim) { return dim * 2 * feedback_width; }

// Codes of left_over float32[dim] into values, which come zeroed, and decoded float32[dim] = step * value. Gives the step's header, float16.
// encode_values of the first edition, encode_levels of the second.
uint16_t encode_values(const float* left_over, size_t dim, uint32_t bits, uint8_t* values, float* decoded);
// Without feedback where that is null.
uint16_t encode_levels(const Kernels& kernels, const float* feedback, const float* left_over, size_t dim, uint32_t bits, uint8_t* values,
                       float* decoded);

namespace reference {
int64_t value_product(const uint8_t* values, const int8_t* levels, size_t dim, uint32_t kind);
int32_t entry_product(const uint8_t* nibbles, const int8_t* levels, size_t dim);
void level_errors(const float* left_over, size_t dim, const float* magnitudes, const TriedSteps& tried, float* errors);
}  // namespace reference
namespace avx2 {
int64_t value_product(const uint8_t* values, const int8_t* levels, size_t dim, uint32_t kind);
int32_t entry_product(const uint8_t* nibbles, const int8_t* levels, size_t dim);
void level_errors(const float* left_over, size_t dim, const float* magnitudes, const TriedSteps& tried, float* errors);
}  // namespace avx2
namespace avx512 {
int64_t value_product(const uint8_t* values, const int8_t* levels, size_t dim, uint32_t kind);
int32_t entry_product(const uint8_t* nibbles, const int8_t* levels, size_t dim);
}  // namespace avx512
namespace neon {
int64_t value_product(const uint8_t* values, const int8_t* levels, size_t dim, uint32_t kind);
int32_t entry_product(const uint8_t* nibbles, const int8_t* levels, size_t dim);
void level_errors(const float* left_over, size_t dim, const float* magnitudes, const TriedSteps& tried, float* errors);
}  // namespace neon

}  // namespace shoal
