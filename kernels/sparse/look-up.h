// What weights a term of a sparse query has in given rows. See sparse.h.
#pragma once

#include "kernels/sparse/sparse.h"

namespace shoal {

struct Term {
  const uint32_t* rows;
  const uint16_t* weights;
  size_t count;
  float factor;
};

// The weights of `count` rows, which ascend, as half bits; 0 where a row has not the term, which has one posting at least.
void look_up(const Term& term, const uint32_t* rows, size_t count, uint16_t* bits);

}  // namespace shoal
