// See batch.h.
#include "kernels/list-search/batch.h"

#include <algorithm>

#include "kernels/dispatch.h"
#include "kernels/list-search/coarse.h"

namespace shoal {
namespace {

constexpr size_t queries_at_once = byte_queries_max;
// Of two queries, when they are put in order.
constexpr size_t lists_compared = 3;

struct Call {
  const Kernels& kernels;
  const ListSearcher& searcher;
  const QueryColumns& columns;
  uint8_t* work;
  const uint8_t* cancel;
  ScanCrew* crew;

  // False when it was cancelled.
  bool search(SearchRequest& asked, size_t q) const {
    const size_t probes = columns.probes_max, room = columns.results_max;
    uint32_t* places = columns.places + 3 * q * room;
    SearchAnswer answer = {columns.probes + q * probes, columns.biases + q * probes, columns.ids + q * room, columns.scores + q * room,
                           places, places + room, places + 2 * room};
    asked.query = columns.queries + q * searcher.dim;
    if (!search_lists(kernels, searcher, asked, work, cancel, answer, crew)) return false;
    double* found = columns.found + 3 * q;
    found[0] = answer.probed;
    found[1] = answer.found;
    found[2] = answer.scanned;
    return true;
  }
};

// products int32[count][lists] of the queries from `first` on with the quantized centroids.
void multiply_centroids(const Call& call, size_t first, size_t count, BatchWork& batch) {
  const ListSearcher& searcher = call.searcher;
  const size_t dim = searcher.dim, width = padded_dim(dim), lists = searcher.list_count;
  int8_t* levels = batch.levels.data()->bytes;
  for (size_t i = 0; i < count; i++) quantize_query(call.columns.queries + (first + i) * dim, dim, levels + i * width);
  call.kernels.byte_products(levels, count, searcher.coarse_rows, lists, width, batch.products.data(), lists);
}

bool choose_all(const Call& call, const SearchRequest& request, size_t count, BatchWork& batch) {
  SearchRequest coarse = request;
  coarse.last = Stage::coarse;
  const bool has_products = compares_bytes(call.searcher, request.candidates);
  if (has_products) {
    batch.levels.resize(queries_at_once * padded_dim(call.searcher.dim) / sizeof(CacheLine));
    batch.products.resize(queries_at_once * call.searcher.list_count);
  }
  for (size_t first = 0; first < count; first += queries_at_once) {
    const size_t some = count - first < queries_at_once ? count - first : queries_at_once;
    if (has_products) multiply_centroids(call, first, some, batch);
    for (size_t i = 0; i < some; i++) {
      coarse.coarse_products = has_products ? batch.products.data() + i * call.searcher.list_count : nullptr;
      if (!call.search(coarse, first + i)) return false;
    }
  }
  return true;
}

void order_by_lists(const QueryColumns& columns, size_t count, std::vector<uint32_t>& order) {
  const size_t width = columns.probes_max, compared = width < lists_compared ? width : lists_compared;
  const uint32_t* probes = columns.probes;
  order.resize(count);
  for (size_t q = 0; q < count; q++) order[q] = static_cast<uint32_t>(q);
  std::sort(order.begin(), order.end(), [=](uint32_t a, uint32_t b) {
    for (size_t i = 0; i < compared; i++) {
      if (probes[a * width + i] != probes[b * width + i]) return probes[a * width + i] < probes[b * width + i];
    }
    return a < b;
  });
}

}  // namespace

bool search_queries(const Kernels& kernels, const ListSearcher& searcher, const SearchRequest& request, const QueryColumns& columns,
                    size_t count, BatchWork& batch, uint8_t* work, const uint8_t* cancel, ScanCrew* crew) {
  const Call call = {kernels, searcher, columns, work, cancel, crew};
  SearchRequest rest = request;
  if (count < 2 || request.candidates == 0) {
    for (size_t q = 0; q < count; q++) {
      if (!call.search(rest, q)) return false;
    }
    return true;
  }
  if (!choose_all(call, request, count, batch)) return false;
  if (request.last == Stage::coarse) return true;
  order_by_lists(columns, count, batch.order);
  rest.candidates = 0;
  rest.has_biases = true;
  for (const uint32_t q : batch.order) {
    rest.nprobe = static_cast<size_t>(columns.found[3 * q]);
    if (!call.search(rest, q)) return false;
  }
  return true;
}

}  // namespace shoal
