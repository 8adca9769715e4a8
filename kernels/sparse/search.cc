// The best rows of a sparse query. See sparse.h.
#include <cstring>
#include <limits>

#include "kernels/dispatch.h"
#include "kernels/sparse/best.h"
#include "kernels/sparse/look-up.h"

namespace shoal {
namespace {

constexpr float least_positive = std::numeric_limits<float>::denorm_min();

// What a look-up costs, in postings that are added up.
constexpr double lookup_postings = 16;

constexpr size_t candidates_max = 32768;
constexpr size_t postings_a_look = 65536;
constexpr size_t histogram_steps = 256;

struct Search {
  const Kernels& kernels;
  const PostingsQuery& query;
  const uint8_t* cancel;
  Term* terms = nullptr;       // [term_count]
  float* scores = nullptr;     // [row_count]
  uint32_t* found = nullptr;   // [window_rows + 16]
  uint32_t* rows = nullptr;    // [candidates_max]: rows that are looked up, ascending
  float* sums = nullptr;       // their scores so far
  uint16_t* bits = nullptr;    // [window_rows]
  float* weights = nullptr;    // [window_rows]
  size_t candidates = 0;
  BestRows best = {};
};

// Hands out pieces of the scratch, each at a multiple of 64.
class Pieces {
 public:
  explicit Pieces(void* scratch) : at_((reinterpret_cast<uintptr_t>(scratch) + 63) & ~uintptr_t{63}) {}

  template <typename T>
  T* take(size_t count) {
    T* piece = reinterpret_cast<T*>(at_);
    at_ += (count * sizeof(T) + 63) & ~size_t{63};
    return piece;
  }

 private:
  uintptr_t at_;
};

void lay_out(Search& search, void* scratch, size_t capacity) {
  Pieces pieces(scratch);
  const size_t terms = search.query.term_count;
  search.best.entries = pieces.take<RankedRow>(capacity);
  search.terms = pieces.take<Term>(terms);
  search.found = pieces.take<uint32_t>(window_rows + 16);
  search.rows = pieces.take<uint32_t>(candidates_max);
  search.sums = pieces.take<float>(candidates_max);
  search.bits = pieces.take<uint16_t>(window_rows);
  search.weights = pieces.take<float>(window_rows);
  search.scores = pieces.take<float>(search.query.row_count);
  for (size_t t = 0; t < terms; t++) {
    const uint32_t start = search.query.terms[2 * t], end = search.query.terms[2 * t + 1];
    search.terms[t] = {search.query.rows + start, search.query.weights + start, size_t{end} - start, search.query.factors[t]};
  }
}

bool is_cancelled(const Search& search) { return __atomic_load_n(search.cancel, __ATOMIC_RELAXED) != 0; }

// Adds all terms to all scores; false when cancelled.
bool add_terms(Search& search) {
  for (size_t t = 0; t < search.query.term_count; t++) {
    const Term& term = search.terms[t];
    for (size_t from = 0; from < term.count; from += postings_a_look) {
      if (is_cancelled(search)) return false;
      const size_t size = term.count - from < postings_a_look ? term.count - from : postings_a_look;
      search.kernels.accumulate_term(term.rows + from, term.weights + from, size, term.factor, search.scores, search.query.row_count);
    }
  }
  return true;
}

// Leaves of the rows found, counted from the first of `scores`, those that can be among the best, by a histogram: the heap takes them
// one by one, and a row that comes early pushes out one that was no better for long. At least as many as fit stay, and none that is
// better than one of them goes.
size_t keep_best(const Search& search, const float* scores, size_t count) {
  const size_t wanted = search.best.capacity;
  if (count < 2 * wanted || count < histogram_steps) return count;
  float largest = 0;
  for (size_t c = 0; c < count; c++) {
    const float score = scores[search.found[c]];
    largest = score > largest ? score : largest;
  }
  const float scale = static_cast<float>(histogram_steps - 1) / largest;
  if (!(scale > 0 && scale <= std::numeric_limits<float>::max() && largest <= std::numeric_limits<float>::max())) return count;
  uint32_t histogram[histogram_steps] = {};
  const auto step_of = [&](size_t c) { return static_cast<size_t>(scores[search.found[c]] * scale) & (histogram_steps - 1); };
  for (size_t c = 0; c < count; c++) histogram[step_of(c)]++;
  size_t least = histogram_steps, reached = 0;
  while (reached < wanted) reached += histogram[--least];
  size_t kept = 0;
  for (size_t c = 0; c < count; c++) {
    const bool is_kept = step_of(c) >= least;
    search.found[kept] = search.found[c];
    kept += is_kept ? 1 : 0;
  }
  return kept;
}

void offer(Search& search, float score, uint32_t row) {
  if (!(score >= threshold(search.best))) return;
  const uint64_t* ties = search.query.ties;
  offer_row(search.best, ranked_row(score, ties == nullptr ? row : ties[row], row));
}

// Calls `visit` with every window: its first row, its size, its live bits; false when cancelled.
template <typename Visit>
bool each_window(const Search& search, Visit visit) {
  const PostingsQuery& query = search.query;
  for (uint32_t low = 0; low < query.row_count; low += window_rows) {
    if (is_cancelled(search)) return false;
    const uint32_t rows = query.row_count - low < window_rows ? query.row_count - low : window_rows;
    visit(low, rows, query.live == nullptr ? nullptr : query.live + low / 8);
  }
  return true;
}

// Chooses the best of all scores; false when cancelled.
bool choose(Search& search) {
  return each_window(search, [&](uint32_t low, uint32_t rows, const uint8_t* live) {
    const float* scores = search.scores + low;
    const size_t count = search.kernels.collect_rows(scores, rows, threshold(search.best), live, search.found);
    const size_t kept = keep_best(search, scores, count);
    for (size_t c = 0; c < kept; c++) offer(search, scores[search.found[c]], low + search.found[c]);
  });
}

// Adds the terms to the candidates and chooses from these; false when cancelled.
bool look_up_terms(Search& search) {
  for (size_t t = 0; t < search.query.term_count; t++) {
    const Term& term = search.terms[t];
    for (size_t from = 0; term.count > 0 && from < search.candidates; from += window_rows) {
      if (is_cancelled(search)) return false;
      const size_t size = search.candidates - from < window_rows ? search.candidates - from : window_rows;
      look_up(term, search.rows + from, size, search.bits);
      search.kernels.to_float(search.bits, size, search.weights);
      for (size_t c = 0; c < size; c++) search.sums[from + c] += term.factor * search.weights[c];
    }
  }
  for (size_t c = 0; c < search.candidates; c++) offer(search, search.sums[c], search.rows[c]);
  return true;
}

// The bits of 64 rows, or of as many as there are, from `from` on.
uint64_t live_word(const uint8_t* live, size_t rows, size_t from) {
  uint64_t word = 0;
  const size_t left = rows - from;
  std::memcpy(&word, live + from / 8, left >= 64 ? 8 : (left + 7) / 8);
  return left >= 64 ? word : word & ((uint64_t{1} << left) - 1);
}

// The rows that count become the candidates, where they are so few that looking them up is less work than all postings.
bool collect_live(Search& search) {
  const PostingsQuery& query = search.query;
  if (query.live == nullptr) return false;
  double postings = 0;
  for (size_t t = 0; t < query.term_count; t++) postings += static_cast<double>(search.terms[t].count);
  const double affordable = postings / (lookup_postings * static_cast<double>(query.term_count));
  const size_t most = affordable < candidates_max ? static_cast<size_t>(affordable) : candidates_max;
  for (uint32_t from = 0; from < query.row_count; from += 64) {
    for (uint64_t word = live_word(query.live, query.row_count, from); word != 0; word &= word - 1) {
      if (search.candidates == most) return false;
      search.rows[search.candidates] = from + static_cast<uint32_t>(__builtin_ctzll(word));
      search.sums[search.candidates++] = 0;
    }
  }
  return true;
}

bool search_rows(Search& search) {
  if (collect_live(search)) return look_up_terms(search);
  std::memset(search.scores, 0, size_t{search.query.row_count} * sizeof(float));
  return add_terms(search) && choose(search);
}

}  // namespace

size_t search_bytes(const PostingsQuery& query, size_t capacity) {
  const double bytes = static_cast<double>(query.term_count) * sizeof(Term) + static_cast<double>(capacity) * sizeof(RankedRow) +
                       static_cast<double>(query.row_count) * 4 + candidates_max * 8 + window_rows * 18 + 4096;
  return bytes < 0x1p40 ? static_cast<size_t>(bytes) : 0;
}

double search_postings(const Kernels& kernels, const PostingsQuery& query, const uint8_t* cancel, void* scratch, BestPostings out) {
  Search search{kernels, query, cancel};
  search.best = {nullptr, out.capacity, 0, query.floor > 0 ? query.floor : least_positive};
  if (query.row_count == 0 || query.term_count == 0) return 0;
  if (is_cancelled(search)) return search_cancelled;
  lay_out(search, scratch, out.capacity);
  if (!search_rows(search)) return search_cancelled;
  sort_rows(search.best);
  for (size_t i = 0; i < search.best.count; i++) {
    out.rows[i] = row_of(search.best.entries[i]);
    out.scores[i] = score_of(search.best.entries[i]);
  }
  return static_cast<double>(search.best.count);
}

}  // namespace shoal
