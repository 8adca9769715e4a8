// The best rows of a sparse query, window by window. See sparse.h.
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/dispatch.h"
#include "kernels/sparse/best.h"
#include "kernels/sparse/reach.h"

namespace shoal {
namespace {

constexpr float least_positive = std::numeric_limits<float>::denorm_min();

// What else costs about as much as adding up so many postings: to look up a row, and to collect the rows of a window.
constexpr size_t lookup_postings = 12;
constexpr size_t collect_postings = 512;

// Share of the postings up to which essential terms are worth the look-ups of the others.
constexpr size_t saved_divisor = 5;

constexpr size_t postings_a_look = 65536;

constexpr size_t histogram_steps = 256;

// What bounds and windows cost beside their postings, in postings.
constexpr double window_cost = 300;

struct Search {
  const Kernels& kernels;
  const PostingsQuery& query;
  Term* terms = nullptr;      // [term_count]
  Reach* reaches = nullptr;   // [windows, term_count]
  double* needs = nullptr;    // [term_count + 1]: what a row must have after so many terms to be in reach
  float* scores = nullptr;    // [window_rows], zero between windows; at last those of all rows
  float* all = nullptr;       // [row_count], used where everything is added up
  uint32_t* found = nullptr;  // [window_rows + 16]: rows in reach, counted from the window's first, ascending
  uint32_t* rows = nullptr;   // [window_rows]: the same rows, counted from the segment's first
  uint16_t* bits = nullptr;   // [window_rows]
  float* weights = nullptr;   // [window_rows]
  size_t windows = 0;
  BestRows best = {};
  double work = 0;
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

size_t posting_blocks(const PostingsQuery& query) {
  size_t blocks = 0;
  for (size_t t = 0; t < query.term_count; t++) blocks += block_count(query.terms[3 * t + 1] - query.terms[3 * t]);
  return blocks;
}

void lay_out(Search& search, Pieces& pieces, size_t capacity) {
  const size_t terms = search.query.term_count;
  search.terms = pieces.take<Term>(terms);
  search.reaches = pieces.take<Reach>(search.windows * terms);
  search.needs = pieces.take<double>(terms + 1);
  search.scores = pieces.take<float>(window_rows);
  search.found = pieces.take<uint32_t>(window_rows + 16);
  search.rows = pieces.take<uint32_t>(window_rows);
  search.bits = pieces.take<uint16_t>(window_rows);
  search.weights = pieces.take<float>(window_rows);
  search.all = pieces.take<float>(search.query.row_count);
  search.best.entries = pieces.take<RankedRow>(capacity);
}

void prepare(Search& search, Pieces& pieces) {
  const PostingsQuery& query = search.query;
  const bool has_blocks = query.block_rows != nullptr;
  const size_t blocks = has_blocks ? 0 : posting_blocks(query);
  uint32_t* block_rows = pieces.take<uint32_t>(blocks);
  uint16_t* block_maxima = pieces.take<uint16_t>(blocks);
  std::memset(search.reaches, 0, search.windows * query.term_count * sizeof(Reach));
  std::memset(search.scores, 0, window_rows * sizeof(float));
  for (size_t t = 0; t < query.term_count; t++) {
    const uint32_t* at = query.terms + 3 * t;
    const size_t count = at[1] - at[0];
    Term& term = search.terms[t];
    term = {query.rows + at[0], query.weights + at[0], block_rows, block_maxima, count, query.factors[t], 0, 0};
    if (has_blocks) {
      term.block_rows = query.block_rows + at[2];
      term.block_maxima = query.block_maxima + at[2];
    } else {
      find_blocks(term.rows, term.weights, count, block_rows, block_maxima);
      block_rows += block_count(count);
      block_maxima += block_count(count);
    }
    fill_reaches(term, search.windows, query.term_count, search.reaches + t);
    search.work += static_cast<double>(has_blocks ? block_count(count) : count / 8);
  }
}

// The window that can hold the best row: once it is done, the threshold is worth something.
size_t most_promising(const Search& search) {
  size_t best = 0;
  double best_total = -1;
  for (size_t window = 0; window < search.windows; window++) {
    double total = 0;
    for (size_t t = 0; t < search.query.term_count; t++) total += search.reaches[window * search.query.term_count + t].bound;
    if (total > best_total) {
      best = window;
      best_total = total;
    }
  }
  return best;
}

// Fills `needs` for a window and gives its essential terms: a row that has none of them is not among the best.
size_t essential_terms(Search& search, const Reach* reaches) {
  const size_t terms = search.query.term_count;
  const double wanted = threshold(search.best);
  double total = 0;
  for (size_t t = 0; t < terms; t++) total += reaches[t].bound;
  const double slack = total * static_cast<double>(terms) * 0x1p-23;
  double rest = slack;
  size_t essential = terms;
  for (size_t t = terms + 1; t-- > 0;) {
    if (t < terms) rest += reaches[t].bound;
    search.needs[t] = wanted - rest;
    if (rest < wanted) essential = t;
  }
  return essential;
}

// The largest float that is at most `need`, and positive: only rows with such scores are of interest. A NaN, the difference of two
// infinities, needs nothing.
float least_score(double need) {
  if (!(need > least_positive)) return least_positive;
  const float least = static_cast<float>(need);
  return static_cast<double>(least) > need ? std::nextafterf(least, 0) : least;
}

uint64_t live_word(const uint8_t* live, size_t rows, size_t from) {
  uint64_t word = 0;
  const size_t left = rows - from;
  std::memcpy(&word, live + from / 8, left >= 64 ? 8 : (left + 7) / 8);
  return left >= 64 ? word : word & ((uint64_t{1} << left) - 1);
}

size_t count_live(const uint8_t* live, size_t rows) {
  size_t count = 0;
  for (size_t from = 0; from < rows; from += 64) {
    // Sums of pairs, of fours, of bytes: a population count that needs no instruction for it.
    uint64_t word = live_word(live, rows, from);
    word -= (word >> 1) & 0x5555555555555555;
    word = (word & 0x3333333333333333) + ((word >> 2) & 0x3333333333333333);
    count += ((word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56;
  }
  return count;
}

size_t list_live(const uint8_t* live, size_t rows, uint32_t* found) {
  size_t count = 0;
  for (size_t from = 0; from < rows; from += 64) {
    for (uint64_t word = live_word(live, rows, from); word != 0; word &= word - 1) {
      found[count++] = static_cast<uint32_t>(from + static_cast<size_t>(__builtin_ctzll(word)));
    }
  }
  return count;
}

struct Window {
  uint32_t low;
  uint32_t rows;
  const Reach* reaches;
  const uint8_t* live;  // of the window's rows; null = all
};

size_t estimate(const Search& search, const Window& window, size_t t) {
  return window.reaches[t].bound > 0 ? estimate_postings(search.terms[t], window.reaches[t], window.rows) : 0;
}

// Adds all postings of term `t` in the window to its scores.
void add_to_all(Search& search, const Window& window, size_t t) {
  if (!(window.reaches[t].bound > 0)) return;
  Term& term = search.terms[t];
  const size_t from = term.next_row == window.low ? term.next : size_t{window.reaches[t].first} * posting_block;
  const size_t added = search.kernels.accumulate_window(term.rows + from, term.weights + from, term.count - from, term.factor,
                                                        window.low, search.scores, window.rows);
  term.next_row = window.low + window.rows;
  term.next = from + added;
  search.work += static_cast<double>(added);
}

// Adds term `t` to the rows found: one by one, or all postings of the window where that is less work.
void add_to_found(Search& search, const Window& window, size_t t, size_t count) {
  const size_t postings = estimate(search, window, t);
  if (postings == 0) return;
  if (count * lookup_postings >= postings) return add_to_all(search, window, t);
  const Term& term = search.terms[t];
  for (size_t c = 0; c < count; c++) search.rows[c] = window.low + search.found[c];
  look_up(term, window.reaches[t], search.rows, count, search.bits);
  search.kernels.to_float(search.bits, count, search.weights);
  for (size_t c = 0; c < count; c++) search.scores[search.found[c]] += term.factor * search.weights[c];
  search.work += static_cast<double>(count * lookup_postings);
}

// Leaves the rows found that have at least `least`.
size_t keep_reaching(Search& search, size_t count, float least) {
  size_t kept = 0;
  for (size_t c = 0; c < count; c++) {
    const uint32_t at = search.found[c];
    search.found[kept] = at;
    kept += search.scores[at] >= least ? 1 : 0;
  }
  return kept;
}

// Leaves of many rows those that can be among the best, by a histogram of their scores: the heap takes them one by one, and a row that
// comes early pushes out one that was no better for long. At least as many as fit stay, and none that is better than one of them goes.
size_t keep_best(Search& search, size_t count) {
  const size_t wanted = search.best.capacity;
  if (count < 2 * wanted || count < histogram_steps) return count;
  float largest = 0;
  for (size_t c = 0; c < count; c++) {
    const float score = search.scores[search.found[c]];
    largest = score > largest ? score : largest;
  }
  const float scale = static_cast<float>(histogram_steps - 1) / largest;
  if (!(scale > 0 && scale <= std::numeric_limits<float>::max() && largest <= std::numeric_limits<float>::max())) return count;
  uint32_t histogram[histogram_steps] = {};
  const auto step_of = [&](size_t c) { return static_cast<size_t>(search.scores[search.found[c]] * scale) & (histogram_steps - 1); };
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

// The rows that the terms from `t` on have to be added to, with all terms before added; gives their count.
size_t find_rows(Search& search, const Window& window, size_t essential, size_t& t) {
  size_t postings = 0;
  for (t = 0; t < essential; t++) postings += estimate(search, window, t);
  if (window.live != nullptr) {
    const size_t living = count_live(window.live, window.rows);
    if (living == 0) return 0;
    if (living * essential * lookup_postings < postings) {
      t = 0;
      return list_live(window.live, window.rows, search.found);
    }
  }
  for (t = 0; t < essential; t++) add_to_all(search, window, t);
  const auto collect = [&] {
    return search.kernels.collect_rows(search.scores, window.rows, least_score(search.needs[t]), window.live, search.found);
  };
  size_t count = collect(), added = 0;
  for (; t < search.query.term_count && count > 0; t++) {
    const size_t next = estimate(search, window, t);
    if (count * lookup_postings < next) return count;
    if (added >= collect_postings) {
      count = collect();
      added = 0;
    }
    add_to_all(search, window, t);
    added += next;
  }
  return added > 0 ? collect() : count;
}

// Offers the first `count` rows found in the window that begins with `low`. Their scores are positive.
void offer_found(Search& search, uint32_t low, size_t count) {
  const uint64_t* ties = search.query.ties;
  const size_t kept = keep_best(search, count);
  for (size_t c = 0; c < kept; c++) {
    const uint32_t row = low + search.found[c];
    const float score = search.scores[search.found[c]];
    if (score >= threshold(search.best)) offer_row(search.best, ranked_row(score, ties == nullptr ? row : ties[row], row));
  }
}

void search_window(Search& search, size_t number) {
  const PostingsQuery& query = search.query;
  const uint32_t low = static_cast<uint32_t>(number) * window_rows;
  const uint32_t rows = query.row_count - low < window_rows ? query.row_count - low : window_rows;
  const Window window = {low, rows, search.reaches + number * query.term_count,
                         query.live == nullptr ? nullptr : query.live + low / 8};
  const size_t essential = essential_terms(search, window.reaches);
  if (essential == 0) return;
  size_t t = 0;
  size_t count = find_rows(search, window, essential, t);
  // A look at all rows that ends few of them is not repeated for every term.
  size_t patience = 0, waited = 0;
  for (; t < query.term_count && count > 0; t++) {
    if (!(window.reaches[t].bound > 0)) continue;
    add_to_found(search, window, t, count);
    if (!(search.needs[t + 1] > 0) || waited++ < patience) continue;
    const size_t before = count;
    count = keep_reaching(search, count, least_score(search.needs[t + 1]));
    patience = before - count < before / 8 ? patience + 1 : 0;
    waited = 0;
  }
  offer_found(search, low, keep_reaching(search, count, least_positive));
  std::memset(search.scores, 0, rows * sizeof(float));
  search.work += window_cost;
}

// Whether leaving out postings is worth its price, by the threshold as it stands.
bool pays(Search& search) {
  size_t essential_postings = 0, postings = 0;
  for (size_t number = 0; number < search.windows; number++) {
    const uint32_t low = static_cast<uint32_t>(number) * window_rows;
    const Window window = {low, window_rows, search.reaches + number * search.query.term_count, nullptr};
    const size_t essential = essential_terms(search, window.reaches);
    for (size_t t = 0; t < search.query.term_count; t++) {
      const size_t own = estimate(search, window, t);
      postings += own;
      essential_postings += t < essential ? own : 0;
    }
  }
  return essential_postings * saved_divisor < postings;
}

bool is_cancelled(const uint8_t* cancel) { return __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0; }

// Adds up everything and chooses from that, but for the window that is done already.
double search_all(Search& search, size_t done, const uint8_t* cancel) {
  const PostingsQuery& query = search.query;
  std::memset(search.all, 0, size_t{query.row_count} * sizeof(float));
  for (size_t t = 0; t < query.term_count; t++) {
    const Term& term = search.terms[t];
    for (size_t from = 0; from < term.count; from += postings_a_look) {
      if (is_cancelled(cancel)) return search_cancelled;
      const size_t size = term.count - from < postings_a_look ? term.count - from : postings_a_look;
      search.kernels.accumulate_term(term.rows + from, term.weights + from, size, term.factor, search.all, query.row_count);
    }
  }
  for (size_t number = 0; number < search.windows; number++) {
    if (is_cancelled(cancel)) return search_cancelled;
    if (number == done) continue;
    const uint32_t low = static_cast<uint32_t>(number) * window_rows;
    const uint32_t rows = query.row_count - low < window_rows ? query.row_count - low : window_rows;
    search.scores = search.all + low;
    const uint8_t* live = query.live == nullptr ? nullptr : query.live + low / 8;
    offer_found(search, low, search.kernels.collect_rows(search.scores, rows, threshold(search.best), live, search.found));
  }
  return 0;
}

// Window by window, the most promising one first; then either way for the rest.
double search_windows(Search& search, const uint8_t* cancel) {
  const size_t first = most_promising(search);
  search_window(search, first);
  if (!pays(search)) {
    for (size_t t = 0; t < search.query.term_count; t++) search.work += static_cast<double>(search.terms[t].count);
    return search.work > search.query.budget ? search_over_budget : search_all(search, first, cancel);
  }
  for (size_t number = 0; number < search.windows; number++) {
    if (is_cancelled(cancel)) return search_cancelled;
    if (search.work > search.query.budget) return search_over_budget;
    if (number != first) search_window(search, number);
  }
  return 0;
}

}  // namespace

size_t search_bytes(const PostingsQuery& query, size_t capacity) {
  const size_t windows = window_count(query.row_count);
  const size_t blocks = query.block_rows != nullptr ? 0 : posting_blocks(query);
  const double bytes = static_cast<double>(windows) * static_cast<double>(query.term_count) * sizeof(Reach) +
                       static_cast<double>(query.term_count) * 96 + static_cast<double>(capacity) * sizeof(RankedRow) +
                       static_cast<double>(blocks) * 6 + static_cast<double>(query.row_count) * 4 + window_rows * 18 + 4096;
  return bytes < 0x1p40 ? static_cast<size_t>(bytes) : 0;
}

double search_postings(const Kernels& kernels, const PostingsQuery& query, const uint8_t* cancel, void* scratch, BestPostings out) {
  Search search{kernels, query};
  search.windows = window_count(query.row_count);
  if (search.windows == 0 || query.term_count == 0) return 0;
  search.best = {nullptr, out.capacity, 0, query.floor > 0 ? query.floor : least_positive};
  if (is_cancelled(cancel)) return search_cancelled;
  Pieces pieces(scratch);
  lay_out(search, pieces, out.capacity);
  prepare(search, pieces);
  const double ended = search_windows(search, cancel);
  if (ended < 0) return ended;
  sort_rows(search.best);
  for (size_t i = 0; i < search.best.count; i++) {
    out.rows[i] = row_of(search.best.entries[i]);
    out.scores[i] = score_of(search.best.entries[i]);
  }
  return static_cast<double>(search.best.count);
}

}  // namespace shoal
