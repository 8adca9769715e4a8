// The bounds of reach.h.
#include "kernels/sparse/reach.h"

#include <cmath>
#include <limits>

#include "kernels/float16/float16.h"

namespace shoal {
namespace {

constexpr uint16_t magnitude_mask = 0x7fff;

uint16_t largest_magnitude(const uint16_t* weights, size_t count) {
  int16_t largest = 0;
  for (size_t i = 0; i < count; i++) {
    const int16_t magnitude = static_cast<int16_t>(weights[i] & magnitude_mask);
    largest = magnitude > largest ? magnitude : largest;
  }
  return static_cast<uint16_t>(largest);
}

float bound_of(float factor, uint16_t magnitude) {
  const float bound = std::fabs(factor) * reference::float_of_half(magnitude & magnitude_mask);
  return bound <= std::numeric_limits<float>::max() ? bound : std::numeric_limits<float>::infinity();
}

void raise(Reach& reach, float bound, uint32_t block) {
  if (reach.bound == 0) reach.first = block;
  reach.last = block;
  if (bound > reach.bound) reach.bound = bound;
}

// A single block, posting by posting: it may stretch over all windows and lie in few.
void fill_short(const Term& term, size_t windows, size_t stride, Reach* reaches) {
  for (size_t i = 0; i < term.count; i++) {
    const size_t window = term.rows[i] / window_rows;
    if (window < windows) raise(reaches[window * stride], bound_of(term.factor, term.weights[i]), 0);
  }
}

// For each of some rows the first of `count` entries, at least one, that is not below it, or the last one. The searches step in time:
// each waits for memory at every step, and all wait together. A conditional addition would become a branch, which is
// mispredicted half the time.
template <size_t abreast>
void find_abreast(const uint32_t* entries, size_t count, const size_t* offsets, const uint32_t* rows, size_t* at) {
  for (size_t i = 0; i < abreast; i++) at[i] = offsets[i];
  for (size_t left = count; left > 1; left -= left / 2) {
    const size_t half = left / 2;
    for (size_t i = 0; i < abreast; i++) at[i] += half & (size_t{0} - static_cast<size_t>(entries[at[i] + half - 1] < rows[i]));
  }
}

// The weights of up to so many rows.
template <size_t abreast>
void look_up_abreast(const Term& term, const Reach& reach, const uint32_t* rows, size_t count, uint16_t* bits) {
  uint32_t wanted[abreast] = {};
  size_t offsets[abreast] = {}, at[abreast];
  for (size_t i = 0; i < count; i++) wanted[i] = rows[i];
  for (size_t i = 0; i < abreast; i++) offsets[i] = reach.first;
  find_abreast<abreast>(term.block_rows, reach.last - reach.first + 1, offsets, wanted, at);
  // The last block may be short: a stretch of 128 postings that ends with it holds it.
  const size_t stretch = term.count < posting_block ? term.count : posting_block;
  for (size_t i = 0; i < abreast; i++) {
    const size_t begin = at[i] * posting_block;
    offsets[i] = begin + stretch <= term.count ? begin : term.count - stretch;
  }
  find_abreast<abreast>(term.rows, stretch, offsets, wanted, at);
  for (size_t i = 0; i < count; i++) bits[i] = term.rows[at[i]] == wanted[i] ? term.weights[at[i]] : 0;
}

}  // namespace

void find_blocks(const uint32_t* rows, const uint16_t* weights, size_t count, uint32_t* block_rows, uint16_t* block_maxima) {
  for (size_t begin = 0; begin < count; begin += posting_block) {
    const size_t size = count - begin < posting_block ? count - begin : posting_block;
    *block_rows++ = rows[begin + size - 1];
    *block_maxima++ = largest_magnitude(weights + begin, size);
  }
}

void fill_reaches(const Term& term, size_t windows, size_t stride, Reach* reaches) {
  const size_t blocks = block_count(term.count);
  if (blocks <= 1) return fill_short(term, windows, stride, reaches);
  size_t window = term.rows[0] / window_rows;
  for (size_t block = 0; block < blocks; block++) {
    const size_t last = term.block_rows[block] / window_rows;
    const float bound = bound_of(term.factor, term.block_maxima[block]);
    for (; bound > 0 && window < windows && window <= last; window++) {
      raise(reaches[window * stride], bound, static_cast<uint32_t>(block));
      if (window == last) break;
    }
    // The next block begins behind this one's last row.
    window = (size_t{term.block_rows[block]} + 1) / window_rows;
  }
}

size_t estimate_postings(const Term& term, const Reach& reach, uint32_t rows) {
  if (reach.last > reach.first) return (reach.last - reach.first) * posting_block;
  const size_t begin = size_t{reach.first} * posting_block;
  const size_t own = term.count - begin < posting_block ? term.count - begin : posting_block;
  const uint32_t before = reach.first == 0 ? 0 : term.block_rows[reach.first - 1];
  const uint64_t span = term.block_rows[reach.first] > before ? term.block_rows[reach.first] - before : 1;
  const size_t share = static_cast<size_t>(own * uint64_t{rows} / span) + 1;
  return share < own ? share : own;
}

void look_up(const Term& term, const Reach& reach, const uint32_t* rows, size_t count, uint16_t* bits) {
  size_t c = 0;
  for (; c + 4 < count; c += 8) look_up_abreast<8>(term, reach, rows + c, count - c < 8 ? count - c : 8, bits + c);
  if (c < count) look_up_abreast<4>(term, reach, rows + c, count - c, bits + c);
}

}  // namespace shoal
