// The look-ups of look-up.h.
#include "kernels/sparse/look-up.h"

namespace shoal {
namespace {

constexpr size_t abreast = 8;

// The weights of up to eight rows, of which none lies before posting `first`; gives the place of the last one. The searches step in time:
// each waits for memory at every step, and all wait together. A conditional addition would become a branch, which is mispredicted
// half the time.
size_t look_up_abreast(const Term& term, size_t first, const uint32_t* rows, size_t count, uint16_t* bits) {
  uint32_t wanted[abreast];
  size_t at[abreast];
  for (size_t i = 0; i < abreast; i++) {
    wanted[i] = rows[i < count ? i : count - 1];
    at[i] = first;
  }
  for (size_t left = term.count - first; left > 1; left -= left / 2) {
    const size_t half = left / 2;
    for (size_t i = 0; i < abreast; i++) at[i] += half & (size_t{0} - static_cast<size_t>(term.rows[at[i] + half - 1] < wanted[i]));
  }
  for (size_t i = 0; i < count; i++) bits[i] = term.rows[at[i]] == wanted[i] ? term.weights[at[i]] : 0;
  return at[abreast - 1];
}

}  // namespace

void look_up(const Term& term, const uint32_t* rows, size_t count, uint16_t* bits) {
  size_t first = 0;
  for (size_t c = 0; c < count; c += abreast) {
    first = look_up_abreast(term, first, rows + c, count - c < abreast ? count - c : abreast, bits + c);
  }
}

}  // namespace shoal
