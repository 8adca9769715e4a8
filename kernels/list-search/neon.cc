// list-search.h with NEON.
//
// The 16 lanes are four vectors of four; products and sums are separate instructions, and lanes are added in the order that the header
// gives. Two rows at a time hide the latency of the sums. What is left of a row of any length is copied beside zeros, which add nothing to
// a lane (none is ever -0). Bytes: two products of 16 bits are at most 2 * 127 * 127 = 32,258 before they are widened, so nothing
// overflows. Reads end with the rows.
#include "kernels/list-search/list-search.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#include <cstring>

namespace shoal::neon {
namespace {

struct Lanes {
  float32x4_t parts[4];
};

inline float32x4_t four_of(const float* row) { return vld1q_f32(row); }
inline float32x4_t four_of(const uint16_t* row) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(row))); }

template <typename Value>
inline void add(Lanes& lanes, const float32x4_t* query, const Value* row) {
  for (int part = 0; part < 4; part++) {
    lanes.parts[part] = vaddq_f32(lanes.parts[part], vmulq_f32(query[part], four_of(row + 4 * part)));
  }
}

inline float sum_of(const Lanes& lanes) {
  const float32x4_t low = vaddq_f32(lanes.parts[0], lanes.parts[2]), high = vaddq_f32(lanes.parts[1], lanes.parts[3]);
  const float32x4_t four = vaddq_f32(low, high);
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

inline void load(const float* query, float32x4_t* parts) {
  for (int part = 0; part < 4; part++) parts[part] = vld1q_f32(query + 4 * part);
}

template <int Rows, typename Value>
inline void products_of(const float* query, const Value* const* rows, size_t dim, float* products) {
  Lanes lanes[Rows];
  for (Lanes& one : lanes) {
    for (auto& part : one.parts) part = vdupq_n_f32(0);
  }
  float32x4_t parts[4];
  size_t j = 0;
  for (; j + 16 <= dim; j += 16) {
    load(query + j, parts);
    for (int r = 0; r < Rows; r++) add(lanes[r], parts, rows[r] + j);
  }
  if (j < dim) {
    float rest[16] = {};
    Value row_rest[16] = {};
    std::memcpy(rest, query + j, (dim - j) * sizeof(float));
    load(rest, parts);
    for (int r = 0; r < Rows; r++) {
      std::memcpy(row_rest, rows[r] + j, (dim - j) * sizeof(Value));
      add(lanes[r], parts, row_rest);
    }
  }
  for (int r = 0; r < Rows; r++) products[r] = sum_of(lanes[r]);
}

template <typename Value>
inline void all_products(const float* query, const Value* rows, const uint32_t* numbers, size_t count, size_t dim, float* products) {
  size_t i = 0;
  for (; i + 2 <= count; i += 2) {
    const Value* two[2] = {rows + numbers[i] * dim, rows + numbers[i + 1] * dim};
    products_of<2>(query, two, dim, products + i);
  }
  if (i == count) return;
  const Value* one = rows + numbers[i] * dim;
  products_of<1>(query, &one, dim, products + i);
}

inline int32_t byte_product(const int8_t* levels, const int8_t* row, size_t dim) {
  int32x4_t sums[2] = {vdupq_n_s32(0), vdupq_n_s32(0)};
  for (size_t j = 0; j < dim; j += 32) {
    for (size_t half = 0; half < 2; half++) {
      const int8x16_t values = vld1q_s8(row + j + 16 * half), level = vld1q_s8(levels + j + 16 * half);
      const int16x8_t pairs = vmlal_high_s8(vmull_s8(vget_low_s8(values), vget_low_s8(level)), values, level);
      sums[half] = vpadalq_s16(sums[half], pairs);
    }
  }
  return vaddvq_s32(vaddq_s32(sums[0], sums[1]));
}

}  // namespace

void row_products(const float* query, const float* rows, const uint32_t* numbers, size_t count, size_t dim, float* products) {
  all_products(query, rows, numbers, count, dim, products);
}

void half_products(const float* query, const uint16_t* rows, const uint32_t* numbers, size_t count, size_t dim, float* products) {
  all_products(query, rows, numbers, count, dim, products);
}

void byte_products(const int8_t* levels, const int8_t* rows, const uint32_t* numbers, size_t count, size_t dim, int32_t* products) {
  for (size_t i = 0; i < count; i++) products[i] = byte_product(levels, rows + numbers[i] * dim, dim);
}

}  // namespace shoal::neon
#endif
