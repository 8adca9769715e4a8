// adc-scan.h with AVX-512 (VBMI).
//
// Leans on vpermb: a table of 16 levels repeated four times fills a register, and vpermb, which reads six bits of an index, finds the
// level of the low nibble whatever stands above it; so the low nibble needs no mask and the high one only a shift. The repeated tables are
// made once a query (spread_levels): loading 64 bytes is quicker than repeating 16. Up to four blocks go side by side and share the
// loads of the tables (0.82 of the time of one after the other; multiplications for the shifts, which other pipes run, gain nothing).
// No saturation: as in avx2.cc. Reads end with the block.
#include "kernels/adc-scan/adc-scan.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vnni")
#endif

namespace shoal::avx512 {
namespace {

constexpr uint32_t side_by_side = 4;

inline __m512i load(const void* p) { return _mm512_loadu_si512(p); }

// Loads once: left alone, compilers fold a load into each of its uses, and one load of 64 bytes a cycle is all there is.
inline __m512i load_once(const void* p) {
  __m512i bytes = _mm512_loadu_si512(p);
  asm("" : "+v"(bytes));
  return bytes;
}

struct Consts {
  __m512i offset, weight, cut;
};

inline uint64_t score(__m512i even, __m512i odd, const uint8_t* factors, const Consts& consts, int32_t* scores) {
  even = _mm512_add_epi16(_mm512_sub_epi16(even, _mm512_slli_epi16(odd, 8)), consts.offset);
  odd = _mm512_add_epi16(odd, consts.offset);
  __m512i groups[4];
  groups[0] = _mm512_madd_epi16(_mm512_unpacklo_epi16(even, consts.weight), load(factors));
  groups[1] = _mm512_madd_epi16(_mm512_unpackhi_epi16(even, consts.weight), load(factors + 64));
  groups[2] = _mm512_madd_epi16(_mm512_unpacklo_epi16(odd, consts.weight), load(factors + 128));
  groups[3] = _mm512_madd_epi16(_mm512_unpackhi_epi16(odd, consts.weight), load(factors + 192));
  // No early way out: a branch on survivors is guessed wrong just when there are some, and throws away half a block of work.
  uint64_t mask = 0;
  for (uint32_t g = 0; g < 4; g++) {
    _mm512_storeu_si512(scores + 16 * g, groups[g]);
    mask |= static_cast<uint64_t>(_mm512_cmpge_epi32_mask(groups[g], consts.cut)) << (16 * g);
  }
  return mask;
}

// The hardware's prefetchers follow the stream within a page and stop at its end: the beginning of the next one is asked for by hand.
inline void prefetch_page(const uint8_t* block) {
  const uintptr_t next = (reinterpret_cast<uintptr_t>(block) & ~uintptr_t{4095}) + 4096;
  _mm_prefetch(reinterpret_cast<const char*>(next), _MM_HINT_T0);
  _mm_prefetch(reinterpret_cast<const char*>(next + 64), _MM_HINT_T0);
}

// `Count` blocks side by side, `stride` bytes apart: their rows share the loads of the tables, which are two of three loads otherwise.
template <int Count>
inline void scan_side_by_side(const ScanTable& table, const uint8_t* block, const Consts& consts, uint64_t* masks, int32_t* scores) {
  const size_t size = block_bytes(table.pairs, 64);
  __m512i even[Count], odd[Count];
  for (int b = 0; b < Count; b++) even[b] = odd[b] = _mm512_setzero_si512();
  const uint8_t* spread = table.spread;
  const uint8_t* end = block + size_t{table.pairs} * 64;
  for (const uint8_t* row = block; row < end; row += 128, spread += 256) {
    const __m512i first = load_once(spread), second = load_once(spread + 64);
    const __m512i third = load_once(spread + 128), fourth = load_once(spread + 192);
    for (int b = 0; b < Count; b++) {
      const __m512i a = load_once(row + b * size), c = load_once(row + b * size + 64);
      const __m512i a_sum = _mm512_add_epi8(_mm512_permutexvar_epi8(a, first), _mm512_permutexvar_epi8(_mm512_srli_epi16(a, 4), second));
      const __m512i c_sum = _mm512_add_epi8(_mm512_permutexvar_epi8(c, third), _mm512_permutexvar_epi8(_mm512_srli_epi16(c, 4), fourth));
      const __m512i four = _mm512_add_epi8(a_sum, c_sum);
      even[b] = _mm512_add_epi16(even[b], four);
      odd[b] = _mm512_add_epi16(odd[b], _mm512_srli_epi16(four, 8));
    }
  }
  for (int b = 0; b < Count; b++) masks[b] &= score(even[b], odd[b], end + b * size, consts, scores + b * 64);
}

inline __m256i load32(const uint8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }

inline __m256i half_row_sum(__m256i codes, const uint8_t* spread) {
  return _mm256_add_epi8(_mm256_permutexvar_epi8(codes, load32(spread)),
                         _mm256_permutexvar_epi8(_mm256_srli_epi16(codes, 4), load32(spread + 64)));
}

// A block of width 32: the same on 256 bits, where vpermb reads five bits of an index and finds the table repeated twice.
inline uint64_t scan_half_block(const ScanTable& table, const uint8_t* block, int32_t cut, int32_t* scores) {
  __m256i even = _mm256_setzero_si256(), odd = _mm256_setzero_si256();
  const uint8_t* spread = table.spread;
  const uint8_t* end = block + size_t{table.pairs} * 32;
  for (const uint8_t* row = block; row < end; row += 64, spread += 256) {
    const __m256i four = _mm256_add_epi8(half_row_sum(load32(row), spread), half_row_sum(load32(row + 32), spread + 128));
    even = _mm256_add_epi16(even, four);
    odd = _mm256_add_epi16(odd, _mm256_srli_epi16(four, 8));
  }
  const __m256i offset = _mm256_set1_epi16(static_cast<int16_t>(table.offset));
  const __m256i weight = _mm256_set1_epi16(static_cast<int16_t>(table.anchor_weight));
  even = _mm256_add_epi16(_mm256_sub_epi16(even, _mm256_slli_epi16(odd, 8)), offset);
  odd = _mm256_add_epi16(odd, offset);
  __m256i groups[4];
  groups[0] = _mm256_madd_epi16(_mm256_unpacklo_epi16(even, weight), load32(end));
  groups[1] = _mm256_madd_epi16(_mm256_unpackhi_epi16(even, weight), load32(end + 32));
  groups[2] = _mm256_madd_epi16(_mm256_unpacklo_epi16(odd, weight), load32(end + 64));
  groups[3] = _mm256_madd_epi16(_mm256_unpackhi_epi16(odd, weight), load32(end + 96));
  uint64_t mask = 0;
  for (uint32_t g = 0; g < 4; g++) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(scores + 8 * g), groups[g]);
    mask |= static_cast<uint64_t>(_mm256_cmpge_epi32_mask(groups[g], _mm256_set1_epi32(cut))) << (8 * g);
  }
  return mask;
}

uint32_t scan_half_blocks(const ScanTable& table, const uint8_t* blocks, uint32_t count, int32_t cut, uint64_t* masks, int32_t* scores) {
  uint32_t found = 0;
  for (uint32_t b = 0; b < count; b++) {
    if (masks[b] == 0) continue;
    const uint8_t* block = blocks + b * block_bytes(table.pairs, half_width);
    prefetch_page(block);
    masks[b] &= scan_half_block(table, block, cut, scores + b * 64);
    found += masks[b] != 0 ? 1 : 0;
  }
  return found;
}

}  // namespace

void spread_levels(const uint8_t* levels, uint32_t pairs, uint8_t* spread) {
  for (size_t s = 0; s < size_t{pairs} * 2; s++) {
    const __m128i table = _mm_loadu_si128(reinterpret_cast<const __m128i*>(levels + s * 16));
    _mm512_store_si512(spread + s * 64, _mm512_broadcast_i32x4(table));
  }
}

uint32_t scan_blocks(const ScanTable& table, const uint8_t* blocks, uint32_t count, uint32_t width, int32_t cut, uint64_t* masks,
                     int32_t* scores) {
  if (width != 64) return scan_half_blocks(table, blocks, count, cut, masks, scores);
  const Consts consts = {_mm512_set1_epi16(static_cast<int16_t>(table.offset)),
                         _mm512_set1_epi16(static_cast<int16_t>(table.anchor_weight)), _mm512_set1_epi32(cut)};
  const size_t size = block_bytes(table.pairs, 64);
  uint32_t found = 0;
  for (uint32_t b = 0; b < count;) {
    const uint8_t* block = blocks + b * size;
    uint32_t wide = 0;
    while (wide < side_by_side && b + wide < count && masks[b + wide] != 0) prefetch_page(block + wide++ * size);
    if (wide == 0) {
      b++;
      continue;
    }
    if (wide == 4) {
      scan_side_by_side<4>(table, block, consts, masks + b, scores + b * 64);
    } else if (wide >= 2) {
      wide = 2;
      scan_side_by_side<2>(table, block, consts, masks + b, scores + b * 64);
    } else {
      scan_side_by_side<1>(table, block, consts, masks + b, scores + b * 64);
    }
    for (const uint32_t end = b + wide; b < end; b++) found += masks[b] != 0 ? 1 : 0;
  }
  return found;
}

}  // namespace shoal::avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
