// What the scorers of documents share: scratch, the best of every lane. Part of max-sim.h's family alone.
#pragma once

#include <cmath>
#include <cstring>

#include "kernels/dispatch.h"

namespace shoal::max_sim {

inline bool is_cancelled(const uint8_t* cancel) { return __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0; }

inline void start(float* best, uint32_t lanes) {
  for (uint32_t lane = 0; lane < lanes; lane++) best[lane] = -INFINITY;
}

inline float sum_of(const float* best, uint32_t tokens) {
  float sum = 0;
  for (uint32_t q = 0; q < tokens; q++) sum += best[q];
  return sum;
}

// JavaScript aligns to 16 bytes. A tile's lanes are a cache line, and read for every token: across two lines they cost a third of the
// speed, so the query moves to an aligned place first.
constexpr size_t line_floats = 16;

constexpr size_t whole_lines(size_t floats) { return (floats + line_floats - 1) / line_floats * line_floats; }

// Parts of scratch, one after the other, each at a multiple of 64 bytes.
class Room {
 public:
  explicit Room(float* scratch) {
    const size_t past = reinterpret_cast<uintptr_t>(scratch) / sizeof(float) % line_floats;
    at_ = scratch + (past == 0 ? 0 : line_floats - past);
  }

  float* take(size_t floats) {
    float* part = at_;
    at_ += whole_lines(floats);
    return part;
  }

 private:
  float* at_;
};

// What exact scores need: the query lanes, the best of every lane, the similarities of a block, the rows of a block.
struct Scratch {
  const float* query;
  float* best;
  float* similarities;
  float* rows;
};

// The scratch of `query`, whose lanes are in it afterwards.
template <typename Query>
Scratch take_lanes(Query& query, Room& room) {
  const size_t lanes = size_t{query.tiles} * max_sim_lanes;
  float* aligned = room.take(lanes * query.dim);
  std::memcpy(aligned, query.rows, lanes * query.dim * sizeof(float));
  query.rows = aligned;
  float* best = room.take(lanes * max_sim_batch_documents);
  float* similarities = room.take(lanes * max_sim_block_rows);
  return {aligned, best, similarities, room.take(size_t{query.dim} * max_sim_block_rows)};
}

}  // namespace shoal::max_sim
