// dense-scan.h with NEON.
//
// Leans on fcvtl (4 halves a time) and fmla. Row after row, eight accumulators each: two fmla a cycle of four cycles' latency want
// eight. Floats do not saturate. The last dim % 8 values of a row go through a zero-padded copy, so no load passes the end of rows
// or query. sum_bytes adds pairs of bytes into 16 bits, of those into 32 and 64: nothing wraps.
#include "kernels/dense-scan/dense-scan.h"

#include <cstring>

#if defined(__aarch64__)
#include <arm_neon.h>

namespace shoal::neon {
namespace {

constexpr size_t lanes = 8;

struct Tail {
  float query[lanes];
  size_t from;
  size_t size;
};

inline void add_eight(const uint16_t* row, const float* query, float32x4_t& low, float32x4_t& high) {
  const float16x8_t halves = vreinterpretq_f16_u16(vld1q_u16(row));
  low = vfmaq_f32(low, vcvt_f32_f16(vget_low_f16(halves)), vld1q_f32(query));
  high = vfmaq_f32(high, vcvt_high_f32_f16(halves), vld1q_f32(query + 4));
}

Tail tail_of(const float* query, size_t dim) {
  Tail tail = {{}, dim & ~(lanes - 1), dim & (lanes - 1)};
  std::memcpy(tail.query, query + tail.from, tail.size * sizeof(float));
  return tail;
}

float score_row(const uint16_t* row, size_t dim, const float* query, const Tail& tail) {
  float32x4_t sums[8];
  for (auto& sum : sums) sum = vdupq_n_f32(0);
  size_t j = 0;
  for (; j + 32 <= dim; j += 32) {
    for (size_t s = 0; s < 4; s++) add_eight(row + j + 8 * s, query + j + 8 * s, sums[2 * s], sums[2 * s + 1]);
  }
  for (size_t s = 0; j + 8 <= dim; j += 8, s++) add_eight(row + j, query + j, sums[2 * s], sums[2 * s + 1]);
  if (tail.size != 0) {
    uint16_t padded[lanes] = {};
    std::memcpy(padded, row + tail.from, tail.size * sizeof(uint16_t));
    add_eight(padded, tail.query, sums[6], sums[7]);
  }
  for (size_t s = 0; s < 4; s++) sums[s] = vaddq_f32(sums[s], sums[s + 4]);
  return vaddvq_f32(vaddq_f32(vaddq_f32(sums[0], sums[1]), vaddq_f32(sums[2], sums[3])));
}

}  // namespace

void dense_scores(const uint16_t* rows, size_t count, size_t dim, const float* query, float* scores) {
  const Tail tail = tail_of(query, dim);
  for (size_t r = 0; r < count; r++) scores[r] = score_row(rows + r * dim, dim, query, tail);
}

uint64_t sum_bytes(const uint8_t* bytes, size_t size) {
  uint64x2_t sums[4];
  for (auto& sum : sums) sum = vdupq_n_u64(0);
  size_t i = 0;
  for (; i + 64 <= size; i += 64) {
    for (size_t s = 0; s < 4; s++) {
      sums[s] = vpadalq_u32(sums[s], vpaddlq_u16(vpaddlq_u8(vld1q_u8(bytes + i + 16 * s))));
    }
  }
  uint64_t sum = vaddvq_u64(vaddq_u64(vaddq_u64(sums[0], sums[1]), vaddq_u64(sums[2], sums[3])));
  for (; i < size; i++) sum += bytes[i];
  return sum;
}

}  // namespace shoal::neon
#endif
