// Documents by their codes, fast: tokens of several documents to the tables at once, or one document after the other to the levels.
#include "kernels/max-sim/centroid-scores.h"

namespace shoal {
namespace {

using namespace max_sim;

// So many bytes of the next document are fetched ahead; the hardware follows by itself from there.
constexpr size_t prefetch_bytes = 4096;

void prefetch(const void* at, size_t size) {
  const char* bytes = static_cast<const char*>(at);
  for (size_t i = 0; i < size && i < prefetch_bytes; i += 64) __builtin_prefetch(bytes + i);
}

size_t record_bytes(const CodesQuery& query, uint32_t tokens) { return tokens * (size_t{4} + query.dim * query.nbits / 8); }

struct Codes {
  const Kernels& kernels;
  const CodesQuery& query;
  const uint8_t* column;
  const Documents& documents;
  const uint8_t* cancel;

  const uint8_t* record(size_t document) const { return column + documents.offsets[document]; }
  void prefetch_record(size_t document) const {
    if (document < documents.count) prefetch(record(document), record_bytes(query, documents.counts[document]));
  }
};

bool score_by_levels(const Codes& codes, const CentroidScores& centroid_scores, float* best, float* scores) {
  const CodesQuery& query = codes.query;
  for (size_t d = 0; d < codes.documents.count; d++) {
    if (is_cancelled(codes.cancel)) return false;
    codes.prefetch_record(d + 1);
    const uint32_t tokens = codes.documents.counts[d];
    start(best, query.tiles * max_sim_lanes);
    centroid_scores.provide(codes.record(d), 0, tokens);
    codes.kernels.max_codes(query, codes.record(d), tokens, best);
    scores[d] = tokens == 0 ? NAN : sum_of(best, query.tokens);
  }
  return true;
}

struct TableRoom {
  uint8_t* packed;
  uint8_t* work;
  float* best;  // float32[max_sim_batch_documents][lanes]
};

// Tokens of consecutive documents, as many as a batch takes: a document may go on in the next one.
class Batches {
 public:
  Batches(const Codes& codes, const CentroidScores& centroid_scores, const TableRoom& room, float* scores)
      : codes_(codes), centroid_scores_(centroid_scores), room_(room), scores_(scores), lanes_(codes.query.tiles * max_sim_lanes) {}

  bool run() {
    for (size_t d = 0; d < codes_.documents.count; d++) {
      codes_.prefetch_record(d + documents_ahead);
      if (codes_.documents.counts[d] == 0) {
        scores_[d] = NAN;
      } else if (!add(d)) {
        return false;
      }
    }
    return batch_.tokens == 0 || score();
  }

 private:
  // About a batch of usual documents: what it computes hides the way to memory.
  static constexpr size_t documents_ahead = 4;

  bool add(size_t d) {
    const uint32_t tokens = codes_.documents.counts[d];
    const bool is_full = batch_.documents == max_sim_batch_documents || batch_.tokens == max_sim_batch_tokens;
    if (is_full && !score()) return false;
    open(d);
    for (uint32_t first = 0; first < tokens;) {
      if (batch_.tokens == max_sim_batch_tokens) {
        if (!score()) return false;
        continue_last();
      }
      const uint32_t room = max_sim_batch_tokens - batch_.tokens;
      const uint32_t end = tokens - first < room ? tokens : first + room;
      add_tokens(d, first, end);
      first = end;
    }
    return true;
  }

  void open(size_t d) {
    float* best = room_.best + size_t{batch_.documents} * lanes_;
    start(best, lanes_);
    batch_.best[batch_.documents] = best;
    documents_[batch_.documents++] = d;
  }

  // The last document's maxima move to the front.
  void continue_last() {
    if (last_best_ != room_.best) std::memcpy(room_.best, last_best_, lanes_ * sizeof(float));
    batch_.best[0] = room_.best;
    documents_[0] = last_document_;
    batch_.documents = 1;
  }

  void add_tokens(size_t d, uint32_t first, uint32_t end) {
    const uint8_t* record = codes_.record(d);
    const uint32_t tokens = codes_.documents.counts[d];
    const size_t code_bytes = codes_.query.dim * codes_.query.nbits / 8;
    const uint32_t at = batch_.tokens;
    centroid_scores_.rows(record, first, end, batch_.centroid_scores + at);
    uint16_t norms[max_sim_batch_tokens];
    std::memcpy(norms, record + 2 * (size_t{tokens} + first), (end - first) * sizeof(uint16_t));
    codes_.kernels.to_float(norms, end - first, batch_.inverse_norms + at);
    const uint8_t* codes = record + 4 * size_t{tokens} + first * code_bytes;
    for (uint32_t i = 0; i < end - first; i++) batch_.codes[at + i] = codes + i * code_bytes;
    batch_.tokens += end - first;
    batch_.ends[batch_.documents - 1] = batch_.tokens;
  }

  // A document that goes on afterwards has its score written again.
  bool score() {
    if (is_cancelled(codes_.cancel)) return false;
    for (uint32_t t = batch_.tokens; t % 64 != 0; t++) batch_.codes[t] = batch_.codes[batch_.tokens - 1];
    codes_.kernels.max_tables(codes_.query, room_.packed, batch_, room_.work);
    for (uint32_t i = 0; i < batch_.documents; i++) scores_[documents_[i]] = sum_of(batch_.best[i]);
    last_best_ = batch_.best[batch_.documents - 1];
    last_document_ = documents_[batch_.documents - 1];
    batch_.documents = batch_.tokens = 0;
    return true;
  }

  float sum_of(const float* best) const {
    float sum = 0;
    for (uint32_t q = 0; q < codes_.query.tokens; q++) sum += codes_.query.scale[q] * best[q];
    return sum;
  }

  const Codes& codes_;
  const CentroidScores& centroid_scores_;
  const TableRoom& room_;
  float* scores_;
  uint32_t lanes_;
  TokenBatch batch_ = {};
  size_t documents_[max_sim_batch_documents] = {};
  float* last_best_ = nullptr;
  size_t last_document_ = 0;
};

bool score_by_tables(const Codes& codes, const CentroidScores& centroid_scores, const TableRoom& room, float* scores) {
  return Batches(codes, centroid_scores, room, scores).run();
}

}  // namespace

bool max_sim_codes(const Kernels& kernels, const CodesQuery& given, const uint8_t* column, const Documents& documents,
                   const uint8_t* cancel, float* scratch, float* scores) {
  CodesQuery query = given;
  Room room(scratch);
  const Scratch parts = take_lanes(query, room);
  const CentroidScores centroid_scores(kernels, query, parts);
  if (query.nbits == 4) {
    const size_t level_bytes = size_t{query.tiles} * max_sim_lanes * query.dim;
    float* aligned = room.take(level_bytes / sizeof(float));
    std::memcpy(aligned, query.levels, level_bytes);
    query.levels = reinterpret_cast<const int8_t*>(aligned);
    return score_by_levels({kernels, query, column, documents, cancel}, centroid_scores, parts.best, scores);
  }
  auto* packed = reinterpret_cast<uint8_t*>(room.take(packed_bytes(query.tiles * max_sim_lanes, query.dim, query.nbits) / 4));
  auto* work = reinterpret_cast<uint8_t*>(room.take(work_bytes(query.dim, query.nbits) / 4));
  kernels.pack_tables(query, packed);
  return score_by_tables({kernels, query, column, documents, cancel}, centroid_scores, {packed, work, parts.best}, scores);
}

}  // namespace shoal
