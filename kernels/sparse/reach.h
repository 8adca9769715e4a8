// How far a term of a sparse query can lift the rows of each window, and where its postings of a window are. See sparse.h.
#pragma once

#include "kernels/sparse/sparse.h"

namespace shoal {

// A term with the blocks of its postings.
struct Term {
  const uint32_t* rows;
  const uint16_t* weights;
  const uint32_t* block_rows;  // of its own blocks
  const uint16_t* block_maxima;
  size_t count;
  float factor;
  // The posting at which the last window that was added up ended, which is where the next one begins.
  uint32_t next_row;
  size_t next;
};

// A term in a window.
struct Reach {
  float bound;     // at least every product; 0 where there are no postings, or none that changes a sum; infinity where nothing bounds it
  uint32_t first;  // the blocks that touch the window; of no meaning where the bound is 0
  uint32_t last;
};

inline size_t block_count(size_t postings) { return (postings + posting_block - 1) / posting_block; }

inline size_t window_count(uint32_t row_count) { return (size_t{row_count} + window_rows - 1) / window_rows; }

// Finds last rows and maxima of the blocks of `count` postings.
void find_blocks(const uint32_t* rows, const uint16_t* weights, size_t count, uint32_t* block_rows, uint16_t* block_maxima);

// Fills the reaches of `term` in all windows: reaches[window * stride], which are zero before.
void fill_reaches(const Term& term, size_t windows, size_t stride, Reach* reaches);

// How many postings `term` has in a window of `rows` rows, about.
size_t estimate_postings(const Term& term, const Reach& reach, uint32_t rows);

// The weights of `count` rows of a window, which ascend, as half bits; 0 where a row has not the term, which reaches into the window.
void look_up(const Term& term, const Reach& reach, const uint32_t* rows, size_t count, uint16_t* bits);

}  // namespace shoal
