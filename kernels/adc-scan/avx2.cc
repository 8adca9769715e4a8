// adc-scan.h with AVX2.
//
// Leans on vpshufb (a table of 16 levels in each lane) and vpmaddwd. 32 slots a time, and two times 32 together where a block has them,
// so that a table is loaded once for both. Four levels are added in bytes: at most 255 (lookup-table.h). The sums of 16 bits: `even`
// holds even bytes plus 256 times the odd ones, modulo 2^16, until the odd ones, kept by themselves, are taken off; each is at most
// 512 / 4 * 255 = 32,640. With the offset they lie in an int16, which is all vpmaddwd asks for. Reads end with the block.
#include "kernels/adc-scan/adc-scan.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif

namespace shoal::avx2 {
namespace {

inline __m256i load(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

inline __m256i table_of(const uint8_t* levels) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(levels)));
}

struct Consts {
  __m256i offset, weight, cut;
};

inline uint64_t bits_of(__m256i scores, __m256i cut) {
  return static_cast<uint64_t>(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(scores, cut))));
}

// The mask of 32 slots. Group g of eight vectors has its factors at g * stride bytes and its scores at g * stride / 4.
inline uint64_t score(__m256i even, __m256i odd, const uint8_t* factors, uint32_t stride, const Consts& consts, int32_t* scores) {
  even = _mm256_add_epi16(_mm256_sub_epi16(even, _mm256_slli_epi16(odd, 8)), consts.offset);
  odd = _mm256_add_epi16(odd, consts.offset);
  __m256i groups[4];
  groups[0] = _mm256_madd_epi16(_mm256_unpacklo_epi16(even, consts.weight), load(factors));
  groups[1] = _mm256_madd_epi16(_mm256_unpackhi_epi16(even, consts.weight), load(factors + stride));
  groups[2] = _mm256_madd_epi16(_mm256_unpacklo_epi16(odd, consts.weight), load(factors + 2 * stride));
  groups[3] = _mm256_madd_epi16(_mm256_unpackhi_epi16(odd, consts.weight), load(factors + 3 * stride));
  // No early way out: a branch on survivors is guessed wrong just when there are some, and throws away half a block of work.
  uint64_t mask = 0;
  for (uint32_t g = 0; g < 4; g++) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(scores + g * (stride / 4)), groups[g]);
    mask |= bits_of(groups[g], consts.cut) << (g * (stride / 4));
  }
  return mask;
}

// The hardware's prefetchers follow the stream within a page and stop at its end: the beginning of the next one is asked for by hand.
inline void prefetch_page(const uint8_t* block) {
  const uintptr_t next = (reinterpret_cast<uintptr_t>(block) & ~uintptr_t{4095}) + 4096;
  _mm_prefetch(reinterpret_cast<const char*>(next), _MM_HINT_T0);
  _mm_prefetch(reinterpret_cast<const char*>(next + 64), _MM_HINT_T0);
}

template <int Halves>
inline uint64_t scan_block(const ScanTable& table, const uint8_t* block, const Consts& consts, int32_t* scores) {
  constexpr uint32_t width = 32 * Halves;
  const __m256i low = _mm256_set1_epi8(15);
  __m256i even[Halves], odd[Halves];
  for (int h = 0; h < Halves; h++) even[h] = odd[h] = _mm256_setzero_si256();
  const uint8_t* row = block;
  const uint8_t* levels = table.levels;
  for (uint32_t p = 0; p < table.pairs; p += 2, row += 2 * width, levels += 64) {
    const __m256i first = table_of(levels), second = table_of(levels + 16);
    const __m256i third = table_of(levels + 32), fourth = table_of(levels + 48);
    for (int h = 0; h < Halves; h++) {
      const __m256i a = load(row + 32 * h), b = load(row + width + 32 * h);
      const __m256i a_sum = _mm256_add_epi8(_mm256_shuffle_epi8(first, _mm256_and_si256(a, low)),
                                            _mm256_shuffle_epi8(second, _mm256_and_si256(_mm256_srli_epi16(a, 4), low)));
      const __m256i b_sum = _mm256_add_epi8(_mm256_shuffle_epi8(third, _mm256_and_si256(b, low)),
                                            _mm256_shuffle_epi8(fourth, _mm256_and_si256(_mm256_srli_epi16(b, 4), low)));
      const __m256i four = _mm256_add_epi8(a_sum, b_sum);
      even[h] = _mm256_add_epi16(even[h], four);
      odd[h] = _mm256_add_epi16(odd[h], _mm256_srli_epi16(four, 8));
    }
  }
  uint64_t mask = 0;
  for (int h = 0; h < Halves; h++) {
    mask |= score(even[h], odd[h], row + 32 * h, width, consts, scores + 8 * h) << (8 * h);
  }
  return mask;
}

// What cmpgt gives for a cut of INT32_MIN would leave scores of INT32_MIN out, which no score is (adc-scan.h).
inline Consts consts_of(const ScanTable& table, int32_t cut) {
  return {_mm256_set1_epi16(static_cast<int16_t>(table.offset)), _mm256_set1_epi16(static_cast<int16_t>(table.anchor_weight)),
          _mm256_set1_epi32(cut == INT32_MIN ? cut : cut - 1)};
}

}  // namespace

void spread_levels(const uint8_t* levels, uint32_t pairs, uint8_t* spread) { std::memcpy(spread, levels, size_t{pairs} * 32); }

uint32_t scan_blocks(const ScanTable& table, const uint8_t* blocks, uint32_t count, uint32_t width, int32_t cut, uint64_t* masks,
                     int32_t* scores) {
  const Consts consts = consts_of(table, cut);
  uint32_t found = 0;
  for (uint32_t b = 0; b < count; b++) {
    if (masks[b] == 0) continue;
    const uint8_t* block = blocks + b * block_bytes(table.pairs, width);
    prefetch_page(block);
    masks[b] &= width == 64 ? scan_block<2>(table, block, consts, scores + b * 64) : scan_block<1>(table, block, consts, scores + b * 64);
    found += masks[b] != 0 ? 1 : 0;
  }
  return found;
}

}  // namespace shoal::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
