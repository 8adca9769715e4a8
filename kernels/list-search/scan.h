// The first pass of list-search.h: the lists that a query reads and the rows of growing segments, by one thread or several.
//
// A pass is cut into units, a list of every column or some rows of one, which threads claim one after the other. Each keeps the best R of
// what it scanned, and tells the others the score that R of its own reach; the best R of all of them together are the best R of the query,
// whoever scanned what.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "kernels/list-search/list-search.h"

namespace shoal {

// What the threads of one pass tell each other.
struct ScanProgress {
  explicit ScanProgress(double least) : threshold(least) {}

  std::atomic<size_t> next_unit{0};
  std::atomic<double> threshold;
  std::atomic<uint64_t> scanned{0};
  std::atomic<bool> is_cancelled{false};
};

struct ScanTask {
  const Kernels& kernels;
  const ListSearcher& searcher;
  const SearchRequest& request;
  ScanTable table;
  double unit;
  const double* biases;  // by list; NaN = not read
  const uint32_t* probes;
  size_t probed;
  const uint8_t* cancel;
  ScanProgress* progress;
  Entry* entries;  // of every thread, `capacity` each
  size_t capacity;
};

// Claims units until none is left, into `best`. False when *cancel became non-zero.
bool scan_units(const ScanTask& task, Reservoir& best);

// The threads of one search. Its owner opens it once the task is known, and closes it in the end; until then helpers that come scan beside
// it, and afterwards they leave at once: only those that are inside are waited for.
class ScanCrew {
 public:
  static constexpr size_t helpers_max = 15;

  explicit ScanCrew(size_t helpers) : helpers_(helpers < helpers_max ? helpers : helpers_max) {}

  // With the owner's.
  size_t threads() const { return helpers_ + 1; }

  // On the owner's thread. `task` lives until `close`; entries of helper h (1 .. helpers) are at h * capacity.
  void open(const ScanTask& task);

  // Returns when no helper is inside, nor will be.
  void close();

  // Into the owner's reservoir: what the helpers found. After `close`.
  void collect(Reservoir& best) const;

  // On a helper's thread. The owner's must run already, or have run: it is waited for.
  void help();

 private:
  const size_t helpers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  const ScanTask* task_ = nullptr;
  bool is_closed_ = false;
  size_t joined_ = 0;
  size_t inside_ = 0;
  size_t counts_[helpers_max + 1] = {};
};

}  // namespace shoal
