// Second codes of other widths than four bits: 1, 2, 3, 5, 6, 7 or 8 bits a dimension. second-code.h says what they are for.
//
//   e[j] ~ step * value[j],   value = sign * magnitude[m]: of `bits` bits the top one is the sign (1 = negative), the others are m
//
// magnitudes, of 1, 2, 3, 5 and 6 bits the levels of least squared error of a normal distribution (Lloyd 1982, Max 1960), which what a
// product code leaves over is nearly, as whole numbers up to 127; of 7 bits 2 m + 1; of 8 bits the byte is the value, -127 .. 127. Of
// normal vectors of 384 values they leave 1, 8, 27 and 27 % less of the squared error than even levels do at 2, 3, 5 and 6 bits.
//
//   E = step * unit * P,   P = sum over j of level[j] * value[j]
//
// Up to 3 bits the query has the levels of second-code.h. From 5 bits on those would be what limits the score (at 8 bits three times
// as many of the ten nearest were missed), so it has two of them: q[j] ~ unit * (128 * high[j] + low[j]), whole = round(16,256 q / largest |q|),
// high = (whole + 64) >> 7 within -127 .. 127, low within -64 .. 63; P = 128 * P(high) + P(low).
//
// Layout: 32 dimensions after the other, 4 * bits bytes each, dimensions padded to a multiple of 32. Of 5, 6 and 7 bits the low four, then of
// 2, 3, 6 and 7 the next two, then of 1, 3, 5 and 7 the last one:
//   four bits  16 bytes, byte j = k[j] | k[16 + j] << 4
//   two bits    8 bytes, byte j = k[j] | k[8 + j] << 2 | k[16 + j] << 4 | k[24 + j] << 6
//   one bit     4 bytes, bit j of them, little-endian
//   of 8 bits  32 bytes, byte j
// What pads has code zero and meets levels of zero.
//
// No overflow: |P(high)|, |P(low)| <= 65,536 * 128 * 127 < 2^31; of two products beside each other, value up to 128 (a damaged byte of 8 bits
// may say so) and level up to 127 in size, |sum| <= 32,512 < 2^15. All sums are exact, so every set gives the same bits. Encoding is the same plain code in every set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct Kernels;

constexpr uint32_t nibble_bits = 4, fine_bits = 5, bits_max = 8;
constexpr size_t values_at_once = 32;
// The header has this many times the step, so that steps of short vectors do not get lost in float16.
constexpr double steps_in_header = 128;

// Magnitudes of 1, 2, 3, 5 and 6 bits, as bytes.
constexpr uint8_t magnitudes_1[1] = {1};
constexpr uint8_t magnitudes_2[2] = {3, 10};
constexpr uint8_t magnitudes_3[4] = {14, 45, 79, 127};
constexpr uint8_t magnitudes_5[16] = {3, 8, 13, 18, 24, 29, 35, 41, 47, 54, 61, 70, 79, 90, 105, 127};
constexpr uint8_t magnitudes_6[32] = {1,  3,  6,  8,  10, 13, 15, 17, 20, 22, 24, 27, 30, 32, 35,  38,
                                      40, 43, 46, 49, 53, 56, 60, 64, 68, 73, 78, 84, 91, 99, 110, 127};

// P, from levels int8[dim] or, from fine_bits on, int8[2][dim]: high, low. dim a multiple of 32; bits is not 4.
using ValueProduct = int64_t (*)(const uint8_t* values, const int8_t* levels, size_t dim, uint32_t bits);

// The float16 nearest to `value`, kept within +-65,504.
uint16_t half_of(double value);

// Codes of left_over float32[dim] into values, which come zeroed, and decoded float32[dim] = step * value. Gives the step's header, float16.
uint16_t encode_values(const float* left_over, size_t dim, uint32_t bits, uint8_t* values, float* decoded);

namespace reference {
int64_t value_product(const uint8_t* values, const int8_t* levels, size_t dim, uint32_t bits);
}  // namespace reference
namespace avx2 {
int64_t value_product(const uint8_t* values, const int8_t* levels, size_t dim, uint32_t bits);
}  // namespace avx2
namespace avx512 {
int64_t value_product(const uint8_t* values, const int8_t* levels, size_t dim, uint32_t bits);
}  // namespace avx512
namespace neon {
int64_t value_product(const uint8_t* values, const int8_t* levels, size_t dim, uint32_t bits);
}  // namespace neon

}  // namespace shoal
