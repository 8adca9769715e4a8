// Exact inner product of one float32 query with rows of float16.
//
//   score[r] = sum over j of query[j] * float(rows[r][j])
//
// Layout: rows uint16[count, dim] (IEEE 754 half bits, row-major, no padding, 2-byte aligned), query float32[dim], scores
// float32[count]. Any dim. Nothing is read past the last element of rows or query.
// Strategy: the scan is bound by memory, so rows are converted in registers, one after the other as they lie. A row's score does not
// depend on the rows around it: it has accumulators of its own, summed in one fixed order.
// Tolerance against the reference: |difference| <= dim * 2^-23 * sum |query[j] * row[j]|, from the order of summation alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/top-k.h"

namespace shoal {

struct Kernels;

using DenseScores = void (*)(const uint16_t* rows, size_t count, size_t dim, const float* query, float* scores);

// The sum of all bytes: the yardstick of bandwidth that benchmarks compare a scan with.
using SumBytes = uint64_t (*)(const uint8_t* bytes, size_t size);

// The k best of `count` rows into `top`; false when *cancel became non-zero, which is looked at every 256 rows.
bool scan_dense(const Kernels& kernels, const uint16_t* rows, size_t count, size_t dim, const float* query,
                const uint8_t* live, const uint8_t* cancel, TopK& top);

namespace reference {
void dense_scores(const uint16_t* rows, size_t count, size_t dim, const float* query, float* scores);
uint64_t sum_bytes(const uint8_t* bytes, size_t size);
}  // namespace reference
namespace avx2 {
void dense_scores(const uint16_t* rows, size_t count, size_t dim, const float* query, float* scores);
uint64_t sum_bytes(const uint8_t* bytes, size_t size);
}  // namespace avx2
namespace avx512 {
void dense_scores(const uint16_t* rows, size_t count, size_t dim, const float* query, float* scores);
}  // namespace avx512
namespace neon {
void dense_scores(const uint16_t* rows, size_t count, size_t dim, const float* query, float* scores);
uint64_t sum_bytes(const uint8_t* bytes, size_t size);
}  // namespace neon

}  // namespace shoal
