// S of max-sim.h, on demand.
#pragma once

#include <cstring>
#include <thread>

#include "kernels/max-sim/scratch.h"

namespace shoal::max_sim {

// S, computed by whichever thread first meets a centroid.
class CentroidScores {
 public:
  CentroidScores(const Kernels& kernels, const CodesQuery& query, const Scratch& scratch)
      : kernels_(kernels), query_(query), scratch_(scratch) {}

  // S is there for every centroid of the record's tokens first .. end-1.
  void provide(const uint8_t* record, uint32_t first, uint32_t end) const {
    uint32_t claimed[max_sim_block_rows];
    int count = 0;
    bool must_wait = false;
    for (uint32_t t = first; t < end; t++) {
      const uint32_t centroid = centroid_of(record, t);
      uint8_t state = __atomic_load_n(query_.centroid_states + centroid, __ATOMIC_ACQUIRE);
      if (state == ready) continue;
      state = nowhere;
      if (!__atomic_compare_exchange_n(query_.centroid_states + centroid, &state, under_way, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_ACQUIRE)) {
        must_wait = true;
        continue;
      }
      claimed[count++] = centroid;
      if (count < max_sim_block_rows) continue;
      compute(claimed, count);
      count = 0;
    }
    if (count > 0) compute(claimed, count);
    if (must_wait) wait(record, first, end);
  }

  // As `provide`, and where the rows of S are.
  void rows(const uint8_t* record, uint32_t first, uint32_t end, const float** out) const {
    const uint8_t* states = query_.centroid_states;
    const float* scores = query_.centroid_scores;
    const size_t lanes = size_t{query_.tiles} * max_sim_lanes;
    const uint32_t last = query_.centroid_count - 1;
    bool is_ready = true;
    for (uint32_t t = first; t < end; t++) {
      uint16_t id;
      std::memcpy(&id, record + 2 * size_t{t}, sizeof id);
      const uint32_t centroid = id < last ? id : last;
      is_ready &= __atomic_load_n(states + centroid, __ATOMIC_ACQUIRE) == ready;
      out[t - first] = scores + centroid * lanes;
    }
    if (!is_ready) provide(record, first, end);
  }

 private:
  enum State : uint8_t { nowhere, under_way, ready };

  uint32_t centroid_of(const uint8_t* record, uint32_t token) const {
    uint16_t id;
    std::memcpy(&id, record + 2 * size_t{token}, sizeof id);
    return id < query_.centroid_count ? id : query_.centroid_count - 1;
  }

  void compute(const uint32_t* centroids, int count) const {
    const uint32_t lanes = query_.tiles * max_sim_lanes;
    for (int i = 0; i < count; i++) {
      std::memcpy(scratch_.rows + i * query_.dim, query_.centroids + size_t{centroids[i]} * query_.dim, query_.dim * sizeof(float));
    }
    kernels_.project_rows(query_.rows, query_.tiles, query_.dim, scratch_.rows, count, scratch_.similarities);
    for (int i = 0; i < count; i++) {
      const float* products = scratch_.similarities + size_t(i) * lanes;
      float* scores = query_.centroid_scores + size_t{centroids[i]} * lanes;
      for (uint32_t lane = 0; lane < lanes; lane++) scores[lane] = (products[lane] + query_.offset[lane]) * query_.unit[lane];
      __atomic_store_n(query_.centroid_states + centroids[i], ready, __ATOMIC_RELEASE);
    }
  }

  // Another thread has claimed some, and computes them without waiting for anybody: microseconds.
  void wait(const uint8_t* record, uint32_t first, uint32_t end) const {
    for (uint32_t t = first; t < end; t++) {
      const uint8_t* state = query_.centroid_states + centroid_of(record, t);
      while (__atomic_load_n(state, __ATOMIC_ACQUIRE) != ready) std::this_thread::yield();
    }
  }

  const Kernels& kernels_;
  const CodesQuery& query_;
  const Scratch& scratch_;
};

}  // namespace shoal::max_sim
