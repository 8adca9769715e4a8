// See batch.h.
#include "kernels/list-search/batch.h"

#include <algorithm>

#include "kernels/dispatch.h"

namespace shoal {
namespace {

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

bool choose_all(const Call& call, const SearchRequest& request, size_t count) {
  SearchRequest coarse = request;
  coarse.last = Stage::coarse;
  for (size_t q = 0; q < count; q++) {
    if (!call.search(coarse, q)) return false;
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
                    size_t count, std::vector<uint32_t>& order, uint8_t* work, const uint8_t* cancel, ScanCrew* crew) {
  const Call call = {kernels, searcher, columns, work, cancel, crew};
  SearchRequest rest = request;
  if (count < 2 || request.candidates == 0) {
    for (size_t q = 0; q < count; q++) {
      if (!call.search(rest, q)) return false;
    }
    return true;
  }
  if (!choose_all(call, request, count)) return false;
  if (request.last == Stage::coarse) return true;
  order_by_lists(columns, count, order);
  rest.candidates = 0;
  rest.has_biases = true;
  for (const uint32_t q : order) {
    rest.nprobe = static_cast<size_t>(columns.found[3 * q]);
    if (!call.search(rest, q)) return false;
  }
  return true;
}

}  // namespace shoal
