// max-sim.h with NEON.
//
// Codes, fast: buckets become levels by shifts, masks and tbl, 32 dimensions a step, and st2 and st4 put them in order; smlal multiplies
// levels 0..31 with query levels -127..127 into 16 bits. One product is at most 31 * 127 = 3,937; eight of them are added before sadalp
// widens: 31,496 < 32,767, so nothing overflows.
// Nothing is read past the end: the last codes of a row go through a padded copy, a block of fewer than four tokens repeats its last.
#include "kernels/max-sim/max-sim.h"

#include <cstring>

#if defined(__aarch64__)
#include <arm_neon.h>

#include "kernels/float16/float16.h"

namespace shoal::neon {
namespace {

constexpr int block = 4;
constexpr uint32_t groups_between_widenings = 8;

struct Block {
  uint8_t levels[block][max_sim_dim_max];
  const float* centroid_scores[block];
  float inverse_norms[block];
};

// 32 dimensions from 4 * NBits bytes of codes into one level a byte.
template <int NBits>
inline void expand_32(const uint8_t* codes, uint8x16_t table, uint8_t* levels) {
  if constexpr (NBits == 1) {
    uint32_t four;
    std::memcpy(&four, codes, sizeof four);
    const uint8x16_t bytes = vreinterpretq_u8_u32(vdupq_n_u32(four));
    const uint8x16_t bit = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201ull)), one = vdupq_n_u8(1);
    const uint8x16_t low = vcombine_u8(vdup_laneq_u8(bytes, 0), vdup_laneq_u8(bytes, 1));
    const uint8x16_t high = vcombine_u8(vdup_laneq_u8(bytes, 2), vdup_laneq_u8(bytes, 3));
    vst1q_u8(levels, vqtbl1q_u8(table, vandq_u8(vtstq_u8(low, bit), one)));
    vst1q_u8(levels + 16, vqtbl1q_u8(table, vandq_u8(vtstq_u8(high, bit), one)));
  } else if constexpr (NBits == 2) {
    const uint8x8_t bytes = vld1_u8(codes), mask = vdup_n_u8(3);
    const uint8x8x4_t parts = {{vqtbl1_u8(table, vand_u8(bytes, mask)), vqtbl1_u8(table, vand_u8(vshr_n_u8(bytes, 2), mask)),
                                vqtbl1_u8(table, vand_u8(vshr_n_u8(bytes, 4), mask)), vqtbl1_u8(table, vshr_n_u8(bytes, 6))}};
    vst4_u8(levels, parts);
  } else {
    const uint8x16_t bytes = vld1q_u8(codes);
    const uint8x16x2_t parts = {{vqtbl1q_u8(table, vandq_u8(bytes, vdupq_n_u8(15))), vqtbl1q_u8(table, vshrq_n_u8(bytes, 4))}};
    vst2q_u8(levels, parts);
  }
}

template <int NBits>
void expand_levels(const uint8_t* codes, uint32_t dim, uint8x16_t table, uint8_t* levels) {
  uint32_t j = 0;
  for (; j + 32 <= dim; j += 32) expand_32<NBits>(codes + j * NBits / 8, table, levels + j);
  if (j == dim) return;
  uint8_t padded[16] = {};
  std::memcpy(padded, codes + j * NBits / 8, (dim - j) * NBits / 8);
  expand_32<NBits>(padded, table, levels + j);
}

template <int NBits>
void load_block(const CodesQuery& query, const uint8_t* record, uint32_t tokens, uint32_t first, uint8x16_t table, Block& out) {
  const size_t code_bytes = query.dim * NBits / 8;
  for (uint32_t t = 0; t < block; t++) {
    const size_t token = first + t < tokens ? first + t : tokens - 1;
    uint16_t id, norm;
    std::memcpy(&id, record + 2 * token, sizeof id);
    std::memcpy(&norm, record + 2 * (size_t{tokens} + token), sizeof norm);
    const uint32_t centroid = id < query.centroid_count ? id : query.centroid_count - 1;
    out.centroid_scores[t] = query.centroid_scores + size_t{centroid} * query.tiles * 16;
    out.inverse_norms[t] = reference::float_of_half(norm);
    expand_levels<NBits>(record + 4 * size_t{tokens} + token * code_bytes, query.dim, table, out.levels[t]);
  }
}

// Groups of four dimensions from `from` to `to`, at most eight, by four query tokens, widened after all of them: sums[t][0] holds pairs of
// sums of the first two query tokens, sums[t][1] of the others.
inline void add_groups(const int8_t* levels, const Block& tokens, uint32_t from, uint32_t to, int32x4_t sums[block][2]) {
  int16x8_t pairs[block][2];
  for (auto& pair : pairs) pair[0] = pair[1] = vdupq_n_s16(0);
  for (uint32_t group = from; group < to; group++) {
    const int8x16_t lanes = vld1q_s8(levels + size_t{group} * 64);
    for (int t = 0; t < block; t++) {
      int32_t four;
      std::memcpy(&four, tokens.levels[t] + group * 4, sizeof four);
      const int8x16_t values = vreinterpretq_s8_s32(vdupq_n_s32(four));
      pairs[t][0] = vmlal_s8(pairs[t][0], vget_low_s8(lanes), vget_low_s8(values));
      pairs[t][1] = vmlal_high_s8(pairs[t][1], lanes, values);
    }
  }
  for (int t = 0; t < block; t++) {
    for (int half = 0; half < 2; half++) sums[t][half] = vpadalq_s16(sums[t][half], pairs[t][half]);
  }
}

// Four lanes at a time: more would need more than the thirty-two registers there are.
void raise_four(const CodesQuery& query, const Block& tokens, uint32_t lane, float* best) {
  const int8_t* levels = query.levels + size_t{lane / 16} * query.dim * 16 + (lane % 16) * 4;
  const uint32_t groups = query.dim / 4;
  int32x4_t sums[block][2];
  for (auto& sum : sums) sum[0] = sum[1] = vdupq_n_s32(0);
  for (uint32_t group = 0; group < groups; group += groups_between_widenings) {
    const uint32_t left = groups - group;
    add_groups(levels, tokens, group, group + (left < groups_between_widenings ? left : groups_between_widenings), sums);
  }
  const float32x4_t scale = vld1q_f32(query.scale + lane);
  float32x4_t largest = vld1q_f32(best + lane);
  for (int t = 0; t < block; t++) {
    const float32x4_t residual = vmulq_f32(scale, vcvtq_f32_s32(vpaddq_s32(sums[t][0], sums[t][1])));
    const float32x4_t sum = vaddq_f32(vld1q_f32(tokens.centroid_scores[t] + lane), residual);
    const float32x4_t similarity = vmulq_f32(sum, vdupq_n_f32(tokens.inverse_norms[t]));
    largest = vbslq_f32(vcgtq_f32(similarity, largest), similarity, largest);
  }
  vst1q_f32(best + lane, largest);
}

template <int NBits>
void max_codes_of(const CodesQuery& query, const uint8_t* record, uint32_t tokens, float* best) {
  uint8_t repeated[16];
  for (int i = 0; i < 16; i++) repeated[i] = query.weight_levels[i & ((1 << NBits) - 1)];
  const uint8x16_t table = vld1q_u8(repeated);
  Block loaded;
  for (uint32_t first = 0; first < tokens; first += block) {
    load_block<NBits>(query, record, tokens, first, table, loaded);
    for (uint32_t lane = 0; lane < query.tiles * 16; lane += 4) raise_four(query, loaded, lane, best);
  }
}

template <int Rows>
inline void project_block(const float* query, size_t dim, const float* rows, size_t stride, float* out) {
  float32x4_t sums[Rows][4];
  for (auto& row : sums) {
    for (auto& sum : row) sum = vdupq_n_f32(0);
  }
  for (size_t j = 0; j < dim; j++) {
    float32x4_t lanes[4];
    for (size_t part = 0; part < 4; part++) lanes[part] = vld1q_f32(query + j * 16 + 4 * part);
    for (int r = 0; r < Rows; r++) {
      const float32x4_t value = vdupq_n_f32(rows[r * dim + j]);
      for (size_t part = 0; part < 4; part++) sums[r][part] = vfmaq_f32(sums[r][part], value, lanes[part]);
    }
  }
  for (int r = 0; r < Rows; r++) {
    for (size_t part = 0; part < 4; part++) vst1q_f32(out + r * stride + 4 * part, sums[r][part]);
  }
}

template <int NBits>
void expand_codes_of(const float* centroid, const float* weights, const uint8_t* codes, uint32_t dim, float* row) {
  float repeated[16];
  for (int i = 0; i < 16; i++) repeated[i] = weights[i & ((1 << NBits) - 1)];
  uint8x16x4_t table;
  for (int part = 0; part < 4; part++) table.val[part] = vreinterpretq_u8_f32(vld1q_f32(repeated + 4 * part));
  const int32_t steps[4] = {0, -NBits, -2 * NBits, -3 * NBits};
  const int32x4_t low_shifts = vld1q_s32(steps), high_shifts = vaddq_s32(low_shifts, vdupq_n_s32(-4 * NBits));
  const uint32x4_t mask = vdupq_n_u32((1u << NBits) - 1), four_bytes = vdupq_n_u32(0x03020100);
  for (uint32_t j = 0; j < dim; j += 8) {
    uint32_t bits = 0;
    std::memcpy(&bits, codes + j * NBits / 8, NBits);
    for (uint32_t half = 0; half < 2; half++) {
      const uint32x4_t bucket = vandq_u32(vshlq_u32(vdupq_n_u32(bits), half == 0 ? low_shifts : high_shifts), mask);
      // Bytes 4 * bucket .. 4 * bucket + 3 of the table.
      const uint32x4_t places = vmlaq_n_u32(four_bytes, bucket, 0x04040404);
      const float32x4_t weight = vreinterpretq_f32_u8(vqtbl4q_u8(table, vreinterpretq_u8_u32(places)));
      vst1q_f32(row + j + 4 * half, vaddq_f32(vld1q_f32(centroid + j + 4 * half), weight));
    }
  }
}

}  // namespace

void project_rows(const float* query, uint32_t tiles, size_t dim, const float* rows, size_t count, float* out) {
  const size_t stride = size_t{tiles} * 16;
  for (uint32_t tile = 0; tile < tiles; tile++) {
    const float* lanes = query + tile * dim * 16;
    size_t r = 0;
    for (; r + 4 <= count; r += 4) project_block<4>(lanes, dim, rows + r * dim, stride, out + r * stride + tile * 16);
    for (; r < count; r++) project_block<1>(lanes, dim, rows + r * dim, stride, out + r * stride + tile * 16);
  }
}

void expand_codes(const float* centroid, const float* weights, const uint8_t* codes, uint32_t dim, uint32_t nbits, float* row) {
  if (nbits == 1) expand_codes_of<1>(centroid, weights, codes, dim, row);
  if (nbits == 2) expand_codes_of<2>(centroid, weights, codes, dim, row);
  if (nbits == 4) expand_codes_of<4>(centroid, weights, codes, dim, row);
}

void max_codes(const CodesQuery& query, const uint8_t* record, uint32_t tokens, float* best) {
  if (query.nbits == 1) max_codes_of<1>(query, record, tokens, best);
  if (query.nbits == 2) max_codes_of<2>(query, record, tokens, best);
  if (query.nbits == 4) max_codes_of<4>(query, record, tokens, best);
}

}  // namespace shoal::neon
#endif
