// product-code.h with NEON: the 16 codewords of a subquantizer are four vectors of four lanes. The code is the smallest number among
// the lanes that equal the least distance. Products and differences are separate instructions. Reads end with the arrays.
#include "kernels/product-code/product-code.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#include <cmath>

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

constexpr size_t lanes = 4, tile = 4;

template <size_t vectors, size_t columns>
void add_tile(const float* rows, size_t count, size_t width, const float* by, float* sums) {
  float32x4_t own[vectors][columns];
  for (size_t v = 0; v < vectors; v++) {
    for (size_t c = 0; c < columns; c++) own[v][c] = vld1q_f32(sums + v * width + c * lanes);
  }
  for (size_t i = 0; i < count; i++) {
    float32x4_t row[columns];
    for (size_t c = 0; c < columns; c++) row[c] = vld1q_f32(rows + i * width + c * lanes);
    for (size_t v = 0; v < vectors; v++) {
      const float32x4_t factor = vdupq_n_f32(by[v * count + i]);
      for (size_t c = 0; c < columns; c++) own[v][c] = vaddq_f32(own[v][c], vmulq_f32(factor, row[c]));
    }
  }
  for (size_t v = 0; v < vectors; v++) {
    for (size_t c = 0; c < columns; c++) vst1q_f32(sums + v * width + c * lanes, own[v][c]);
  }
}

template <size_t vectors>
void add_all(const float* rows, size_t count, size_t width, const float* by, float* sums) {
  size_t j = 0;
  for (; j + tile * lanes <= width; j += tile * lanes) add_tile<vectors, tile>(rows + j, count, width, by, sums + j);
  for (; j + lanes <= width; j += lanes) add_tile<vectors, 1>(rows + j, count, width, by, sums + j);
  for (; j < width; j++) {
    for (size_t v = 0; v < vectors; v++) {
      for (size_t i = 0; i < count; i++) sums[v * width + j] += by[v * count + i] * rows[i * width + j];
    }
  }
}

}  // namespace

void add_rows(const float* rows, size_t count, size_t width, size_t vectors, const float* by, float* sums) {
  if (vectors == 1) return add_all<1>(rows, count, width, by, sums);
  add_all<2>(rows, count, width, by, sums);
}

uint8_t best_word(const WordSearch& part, uint8_t now, CodeSums& sums) {
  float32x4_t owns[4], boths[4], products[4], costs[4];
  for (size_t at = 0; at < 4; at++) {
    owns[at] = vld1q_f32(part.norms + 4 * at);
    boths[at] = products[at] = vdupq_n_f32(0);
    for (size_t j = 0; j < part.dsub; j++) {
      const float32x4_t words = vld1q_f32(part.words + j * ksub + 4 * at);
      owns[at] = vaddq_f32(owns[at], vmulq_f32(vdupq_n_f32(part.others[j]), words));
      boths[at] = vaddq_f32(boths[at], vmulq_f32(vdupq_n_f32(part.turned[j]), words));
      products[at] = vaddq_f32(products[at], vmulq_f32(vdupq_n_f32(part.residual[j]), words));
    }
  }
  const auto with = [&](size_t word) {
    float own[4], both[4], product[4];
    vst1q_f32(own, owns[word / 4]);
    vst1q_f32(both, boths[word / 4]);
    vst1q_f32(product, products[word / 4]);
    return CodeSums{sums.norm, own[word % 4], both[word % 4], product[word % 4]};
  };
  const CodeSums old = with(now);
  const CodeSums rest = {sums.norm, sums.own - old.own, sums.both - old.both, sums.product - old.product};
  for (size_t at = 0; at < 4; at++) {
    owns[at] = vaddq_f32(vdupq_n_f32(rest.own), owns[at]);
    boths[at] = vaddq_f32(vdupq_n_f32(rest.both), boths[at]);
    products[at] = vaddq_f32(vdupq_n_f32(rest.product), products[at]);
    const float32x4_t inverse = vdivq_f32(vdupq_n_f32(1), products[at]);
    const float32x4_t scaled = vmulq_f32(vmulq_f32(vdupq_n_f32(rest.norm), owns[at]), inverse);
    const float32x4_t cost = vmulq_f32(vsubq_f32(scaled, vmulq_f32(vdupq_n_f32(2), boths[at])), inverse);
    costs[at] = vbslq_f32(vcgtq_f32(products[at], vdupq_n_f32(least_product)), cost, vdupq_n_f32(INFINITY));
  }
  const uint32_t best = number_of_least(costs);
  float all[ksub];
  for (size_t at = 0; at < 4; at++) vst1q_f32(all + 4 * at, costs[at]);
  if (all[now] == all[best]) return now;
  sums = with(best);
  return static_cast<uint8_t>(best);
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
