// scan.h.
#include "kernels/list-search/scan.h"

#include <cmath>

#include "kernels/adc-scan/rows.h"
#include "kernels/dispatch.h"

namespace shoal {
namespace {

// Some 60 microseconds where every row is scored.
constexpr size_t rows_of_unit = 1024;

bool is_set(const uint8_t* bitmap, size_t at) { return bitmap == nullptr || ((bitmap[at >> 3] >> (at & 7)) & 1) != 0; }

const uint8_t* filter_of(const ScanTask& task, size_t column) {
  return task.request.filters == nullptr ? nullptr : task.request.filters[column];
}

// One list in every column that has lists; the next one is asked for meanwhile.
bool scan_probe(const ScanTask& task, size_t at, const ScanQuery& query, size_t& seen, uint64_t& scanned) {
  const uint32_t list = task.probes[at];
  if (std::isnan(task.biases[list])) return true;
  for (size_t c = 0; c < task.searcher.column_count; c++) {
    ListColumns lists = task.searcher.columns[c].lists;
    if (lists.count == 0) continue;
    if (at + 1 < task.probed) prefetch_list(lists, task.probes[at + 1]);
    if (lists.counts[list] == 0) continue;
    scanned += lists.counts[list];
    lists.filter = filter_of(task, c);
    if (!scan_list(task.kernels, lists, list, &query, 1, task.cancel, seen)) return false;
  }
  return true;
}

void scan_rows(const ScanTask& task, size_t c, size_t from, Reservoir& best, uint64_t& scanned) {
  const SearchColumn& column = task.searcher.columns[c];
  const RowColumns& rows = column.in_rows;
  const uint8_t* filter = filter_of(task, c);
  const size_t to = column.rows - from < rows_of_unit ? column.rows : from + rows_of_unit;
  for (size_t row = from; row < to; row++) {
    if (!is_set(filter, row)) continue;
    const uint32_t list = rows.lists[row];
    // The lists of rows are checked here: those past the filter's rows may be written meanwhile.
    if (list >= task.searcher.list_count || std::isnan(task.biases[list])) continue;
    scanned++;
    const int32_t sum = score_of_row(task.table, rows.codes + row * task.table.pairs, rows.factors + 2 * row);
    const double score = static_cast<double>(sum) * task.unit + task.biases[list];
    offer(best, {score, column.lists.ids[row], static_cast<uint32_t>(row), list, column.lists.column, sum});
  }
}

// The rows of a unit past the probes; false when there are no more.
bool find_rows(const ListSearcher& searcher, size_t unit, size_t& column, size_t& from) {
  for (column = 0; column < searcher.column_count; column++) {
    if (searcher.columns[column].in_rows.codes == nullptr) continue;
    const size_t units = (searcher.columns[column].rows + rows_of_unit - 1) / rows_of_unit;
    if (unit < units) {
      from = unit * rows_of_unit;
      return true;
    }
    unit -= units;
  }
  return false;
}

void raise(std::atomic<double>& threshold, double to) {
  double known = threshold.load(std::memory_order_relaxed);
  while (to > known && !threshold.compare_exchange_weak(known, to, std::memory_order_relaxed)) {
  }
}

}  // namespace

bool scan_units(const ScanTask& task, Reservoir& best) {
  ScanProgress& progress = *task.progress;
  const ScanQuery query = {task.table, task.unit, task.biases, &best};
  size_t seen = 0, column = 0, from = 0;
  uint64_t scanned = 0;
  for (;;) {
    const size_t unit = progress.next_unit.fetch_add(1, std::memory_order_relaxed);
    if (unit >= task.probed && !find_rows(task.searcher, unit - task.probed, column, from)) break;
    const double threshold = progress.threshold.load(std::memory_order_relaxed);
    if (threshold > best.threshold) best.threshold = threshold;
    bool is_done = __atomic_load_n(task.cancel, __ATOMIC_RELAXED) == 0;
    if (is_done && unit < task.probed) is_done = scan_probe(task, unit, query, seen, scanned);
    if (is_done && unit >= task.probed) scan_rows(task, column, from, best, scanned);
    if (!is_done) {
      progress.is_cancelled.store(true, std::memory_order_relaxed);
      return false;
    }
    if (best.is_cut) raise(progress.threshold, best.threshold);
  }
  progress.scanned.fetch_add(scanned, std::memory_order_relaxed);
  return true;
}

void ScanCrew::open(const ScanTask& task) {
  const std::lock_guard<std::mutex> lock(mutex_);
  task_ = &task;
  changed_.notify_all();
}

void ScanCrew::close() {
  std::unique_lock<std::mutex> lock(mutex_);
  is_closed_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return inside_ == 0; });
}

void ScanCrew::collect(Reservoir& best) const {
  for (size_t helper = 1; helper <= joined_; helper++) {
    const Entry* entries = task_->entries + helper * task_->capacity;
    for (size_t i = 0; i < counts_[helper]; i++) offer(best, entries[i]);
  }
}

void ScanCrew::help() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return is_closed_ || task_ != nullptr; });
  if (is_closed_ || joined_ == helpers_) return;
  const size_t helper = ++joined_;
  inside_++;
  lock.unlock();
  Reservoir best = {task_->entries + helper * task_->capacity, task_->capacity, task_->request.wanted, 0, task_->request.threshold};
  scan_units(*task_, best);
  if (best.count > best.wanted) shrink(best);
  lock.lock();
  counts_[helper] = best.count;
  inside_--;
  changed_.notify_all();
}

}  // namespace shoal
