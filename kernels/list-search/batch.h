// Many queries of one call, by one thread: all choose their lists first, then those that begin with the same lists search one after the
// other, so that what they share is still in the second-level cache. That saves an eighth of the time of 64 lists a query out of 1,024
// (4,096 queries, 12 KiB a list).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/list-search/list-search.h"

namespace shoal {

// Queries and their answers, those of one query behind those of the one before.
struct QueryColumns {
  const float* queries;  // float32[..][dim]
  uint32_t* probes;      // [..][probes_max]
  double* biases;
  uint64_t* ids;     // [..][results_max]
  double* scores;
  uint32_t* places;  // [..][3][results_max]: columns, positions, lists
  double* found;     // [..][3]: lists probed, results, vectors of the lists that were read
  size_t probes_max;
  size_t results_max;
};

// The first `count` queries, each as search_lists answers it with `request`, whose query is not read. False when *cancel became non-zero.
// `order` is kept from batch to batch, so that none allocates.
bool search_queries(const Kernels& kernels, const ListSearcher& searcher, const SearchRequest& request, const QueryColumns& columns,
                    size_t count, std::vector<uint32_t>& order, uint8_t* work, const uint8_t* cancel, ScanCrew* crew);

}  // namespace shoal
