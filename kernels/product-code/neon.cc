// product-code.h with NEON: the 16 codewords of a subquantizer are four vectors of four lanes. The code is the smallest number among
// the lanes that equal the least distance. Products and differences are separate instructions. Reads end with the arrays.
#include "kernels/product-code/product-code.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#include "kernels/product-code/improve-codewords.h"

namespace shoal::neon {
namespace {

constexpr uint32_t none = 16;

// The smallest lane number, counted from `first`, whose value equals `least`; `none` where there is no such lane.
inline uint32x4_t numbers_of(float32x4_t values, float32x4_t least, uint32_t first) {
  const uint32_t counted[4] = {first, first + 1, first + 2, first + 3};
  return vbslq_u32(vceqq_f32(values, least), vld1q_u32(counted), vdupq_n_u32(none));
}

// The smallest of sixteen numbers whose value equals the least.
inline uint32_t number_of_least(const float32x4_t (&values)[4]) {
  const float32x4_t halves = vminq_f32(vminq_f32(values[0], values[1]), vminq_f32(values[2], values[3]));
  const float32x4_t least = vdupq_n_f32(vminvq_f32(halves));
  const uint32x4_t low = vminq_u32(numbers_of(values[0], least, 0), numbers_of(values[1], least, 4));
  const uint32x4_t high = vminq_u32(numbers_of(values[2], least, 8), numbers_of(values[3], least, 12));
  return vminvq_u32(vminq_u32(low, high));
}

typedef float Floats __attribute__((vector_size(16)));
typedef int32_t Integers __attribute__((vector_size(16)));
constexpr size_t lanes = 4, tile = 4;

template <size_t vectors, size_t columns>
void add_tile(const uint8_t* rows, size_t groups, size_t width, const int8_t* by, int32_t* sums) {
  int32x4_t own[vectors][columns];
#pragma GCC unroll 2
  for (size_t v = 0; v < vectors; v++) {
#pragma GCC unroll 4
    for (size_t c = 0; c < columns; c++) own[v][c] = vld1q_s32(sums + v * width + c * lanes);
  }
  for (size_t g = 0; g < groups; g++) {
    int8x16_t row[columns];
#pragma GCC unroll 4
    for (size_t c = 0; c < columns; c++) {
      row[c] = vsubq_s8(vreinterpretq_s8_u8(vld1q_u8(rows + (g * width + c * lanes) * 4)), vdupq_n_s8(row_origin));
    }
#pragma GCC unroll 2
    for (size_t v = 0; v < vectors; v++) {
      const int8x8_t factors = vreinterpret_s8_s32(vdup_n_s32(load<int32_t>(by + (v * groups + g) * 4)));
#pragma GCC unroll 4
      for (size_t c = 0; c < columns; c++) {
        const int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(row[c]), factors));
        const int32x4_t high = vpaddlq_s16(vmull_s8(vget_high_s8(row[c]), factors));
        own[v][c] = vaddq_s32(own[v][c], vpaddq_s32(low, high));
      }
    }
  }
#pragma GCC unroll 2
  for (size_t v = 0; v < vectors; v++) {
#pragma GCC unroll 4
    for (size_t c = 0; c < columns; c++) vst1q_s32(sums + v * width + c * lanes, own[v][c]);
  }
}

template <size_t vectors>
void add_all(const uint8_t* rows, size_t groups, size_t width, const int8_t* by, int32_t* sums) {
  size_t j = 0;
  for (; j + tile * lanes <= width; j += tile * lanes) add_tile<vectors, tile>(rows + 4 * j, groups, width, by, sums + j);
  for (; j + lanes <= width; j += lanes) add_tile<vectors, 1>(rows + 4 * j, groups, width, by, sums + j);
  for (size_t v = 0; v < vectors; v++) add_rest(rows, groups, width, by + v * groups * 4, sums + v * width, j);
}

void add_products(const uint8_t* rows, size_t groups, size_t width, size_t vectors, const int8_t* by, int32_t* sums) {
  size_t v = 0;
  for (; v + 2 <= vectors; v += 2) add_all<2>(rows, groups, width, by + v * groups * 4, sums + v * width);
  if (v < vectors) add_all<1>(rows, groups, width, by + v * groups * 4, sums + v * width);
}

}  // namespace

void improve_codewords(const Encoder& encoder, const MetricTables& tables, const MetricBlock& block) {
  improve<Floats, Integers, add_products>(encoder, tables, block);
}

void nearest_codewords(const float* residual, const float* codebook, const float* half_norms, size_t subquantizers, size_t dsub,
                       uint8_t* nibbles) {
  for (size_t s = 0; s < subquantizers; s++) {
    float32x4_t distances[4];
    for (size_t part = 0; part < 4; part++) distances[part] = vld1q_f32(half_norms + s * ksub + 4 * part);
    for (size_t j = 0; j < dsub; j++) {
      const float32x4_t value = vdupq_n_f32(residual[s * dsub + j]);
      const float* words = codebook + (s * dsub + j) * ksub;
      for (size_t part = 0; part < 4; part++) {
        distances[part] = vsubq_f32(distances[part], vmulq_f32(value, vld1q_f32(words + 4 * part)));
      }
    }
    const uint32_t nearest = number_of_least(distances);
    nibbles[s] = nearest == none ? 0 : static_cast<uint8_t>(nearest);
  }
}

}  // namespace shoal::neon
#endif
