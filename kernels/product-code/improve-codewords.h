// Rounds over the parts of up to sixteen vectors, `Floats` of them at a time: compiled by every set for its own width. See error-metric.h.
// Vectors that are not there are zeros, which keep what they have.
#pragma once

#include <cstring>

#include "kernels/product-code/product-code.h"

namespace shoal {
namespace {

template <typename Values>
inline Values load(const void* from) {
  Values values;
  std::memcpy(&values, from, sizeof values);
  return values;
}

template <typename Values>
inline void store(void* to, const Values& values) {
  std::memcpy(to, &values, sizeof values);
}

// sums[j] += sum over i of (rows[i / 4][j][i % 4] - 64) * by[i], for the j from `from` on.
inline void add_rest(const uint8_t* rows, size_t groups, size_t width, const int8_t* by, int32_t* sums, size_t from) {
  for (size_t g = 0; g < groups; g++) {
    for (size_t j = from; j < width; j++) {
      for (size_t i = 0; i < 4; i++) sums[j] += (rows[(g * width + j) * 4 + i] - row_origin) * by[g * 4 + i];
    }
  }
}

// add_products(rows, groups, dim, vectors, by, sums): sums[v][j] += sum over i of (rows[i / 4][j][i % 4] - 64) * by[v][i], by
// int8[vectors][groups * 4].
// turn(sums, dim, dsub, turned): turned[j] = sums[j], sums[dim + j] and so on, one of every vector. `fixed_dsub` is dsub, or 0 where that is told at run time.
template <typename Floats, typename Integers, auto add_products, auto turn_sums, size_t fixed_dsub>
class Improver {
 public:
  Improver(const Encoder& encoder, const MetricTables& tables, const MetricBlock& block)
      : encoder_(encoder), tables_(tables), block_(block), dsub_(encoder.dsub), dim_(encoder.subquantizers * encoder.dsub) {}

  void run() {
    turn();
    for (size_t from = 0; from < block_vectors; from += lanes) start(from);
    std::memset(block_.sums, 0, block_vectors * dim_ * sizeof(int32_t));
    add_products(tables_.rows, encoder_.subquantizers * groups_of(dsub()), dim_, block_.count, block_.levels, block_.sums);
    for (size_t from = 0; from < block_vectors; from += lanes) measure(from);
    for (size_t round = 0; round < metric_rounds; round++) {
      for (size_t s = 0; s < encoder_.subquantizers; s++) visit(s);
    }
    for (size_t v = 0; v < block_.count; v++) {
      for (size_t s = 0; s < encoder_.subquantizers; s++) nibbles_of(v)[s] = static_cast<uint8_t>(block_.words[s * block_vectors + v]);
    }
  }

 private:
  static constexpr size_t lanes = sizeof(Floats) / sizeof(float);
  static constexpr size_t dsub_most = fixed_dsub == 0 ? dsub_max : fixed_dsub;

  size_t dsub() const { return fixed_dsub == 0 ? dsub_ : fixed_dsub; }

  uint8_t* nibbles_of(size_t v) const { return block_.nibbles + v * block_.stride; }

  void turn() {
    std::memset(block_.across, 0, block_vectors * dim_ * sizeof(float));
    std::memset(block_.words, 0, block_vectors * encoder_.subquantizers * sizeof(int32_t));
    for (size_t v = 0; v < block_.count; v++) {
      for (size_t j = 0; j < dim_; j++) block_.across[j * block_vectors + v] = block_.residuals[v * dim_ + j];
      for (size_t s = 0; s < encoder_.subquantizers; s++) block_.words[s * block_vectors + v] = nibbles_of(v)[s];
    }
  }

  // The values at dimension j of the words that vectors have.
  Floats decoded(size_t j, size_t from) const {
    float values[lanes];
    const int32_t* words = block_.words + j / dsub() * block_vectors + from;
    for (size_t v = 0; v < lanes; v++) values[v] = encoder_.codebook[j * ksub + static_cast<size_t>(words[v])];
    return load<Floats>(values);
  }

  // Of a part.
  void fill_others(size_t first, size_t from, Floats* others) const {
    Integers turned[dsub_most];
    turn_sums(block_.sums + from * dim_ + first, dim_, dsub(), turned);
    for (size_t j = 0; j < dsub(); j++) others[j] = __builtin_convertvector(turned[j], Floats) * tables_.steps[0];
  }

  Floats residual(size_t j, size_t from) const { return load<Floats>(block_.across + j * block_vectors + from); }

  void start(size_t from) {
    Floats norm = {}, product = {};
    for (size_t j = 0; j < dim_; j++) {
      const Floats r = residual(j, from);
      norm += r * r;
      product += r * decoded(j, from);
    }
    const Floats zero = {}, one = zero + 1.0f;
    const Floats inverse = norm > least_product ? one / norm : zero, share = product * inverse;
    store(product_ + from, product);
    store(inverse_ + from, inverse);
    store(share_ + from, share);
    for (size_t s = 0; s < encoder_.subquantizers; s++) aim(s, from, share);
  }

  // The levels of a part.
  void aim(size_t s, size_t from, const Floats& share) {
    const size_t size = groups_of(dsub()) * 4, own = encoder_.subquantizers * size, first = s * dsub(), width = dsub();
    const Floats most = Floats{} + level_max;
    int32_t aims[dsub_most][lanes];
    for (size_t i = 0; i < width; i++) {
      Floats aim = share * residual(first + i, from) * tables_.steps[1];
      aim = aim > -most ? aim : -most;
      aim = aim < most ? aim : most;
      store(aims[i], __builtin_convertvector(aim + (row_origin + 0.5f), Integers) - row_origin);
    }
    const int8_t* words = tables_.words + s * ksub * size;
    const int32_t* now = block_.words + s * block_vectors + from;
    int8_t* levels = block_.levels + from * own + s * size;
    for (size_t v = 0; v < lanes; v++) {
      const int8_t* word = words + static_cast<size_t>(now[v]) * size;
      for (size_t i = 0; i < size; i++) levels[v * own + i] = i < width ? static_cast<int8_t>(word[i] - aims[i][v]) : int8_t{0};
    }
  }

  void measure(size_t from) {
    Floats own = {}, lean = {};
    const Floats share = load<Floats>(share_ + from);
    for (size_t first = 0; first < dim_; first += dsub()) {
      Floats left[dsub_most], others[dsub_most];
      fill_others(first, from, others);
      for (size_t j = 0; j < dsub(); j++) left[j] = decoded(first + j, from) - share * residual(first + j, from);
      for (size_t j = 0; j < dsub(); j++) {
        Floats along = {};
        for (size_t i = 0; i < dsub(); i++) along += left[i] * encoder_.metric[(first + j) * dim_ + first + i];
        const Floats all = others[j] + along;
        own += left[j] * all;
        lean += residual(first + j, from) * all;
      }
    }
    store(own_ + from, own);
    store(lean_ + from, lean * 2.0f * load<Floats>(inverse_ + from));
  }

  void visit(size_t s) {
    int32_t best[block_vectors];
    for (size_t from = 0; from < block_vectors; from += lanes) choose(s, from, best);
    const size_t size = groups_of(dsub()) * 4;
    const int8_t* words = tables_.words + s * ksub * size;
    const uint8_t* rows = tables_.rows + s * size * dim_;
    int32_t *now = block_.words + s * block_vectors, *sums = block_.sums;
    const size_t count = block_.count, dim = dim_;
    for (size_t v = 0; v < count; v++) {
      if (best[v] == now[v]) continue;
      int8_t change[dsub_most];
      const int8_t *taken = words + static_cast<size_t>(best[v]) * size, *left = words + static_cast<size_t>(now[v]) * size;
      for (size_t i = 0; i < size; i++) change[i] = static_cast<int8_t>(taken[i] - left[i]);
      add_products(rows, size / 4, dim, 1, change, sums + v * dim);
      now[v] = best[v];
    }
  }

  void choose(size_t s, size_t from, int32_t* best) {
    const size_t first = s * dsub();
    const Floats share = load<Floats>(share_ + from), lean = load<Floats>(lean_ + from);
    Floats part[dsub_most], factors[dsub_most];
    fill_others(first, from, factors);
    for (size_t j = 0; j < dsub(); j++) part[j] = residual(first + j, from);
    for (size_t j = 0; j < dsub(); j++) {
      Floats along = {};
      for (size_t i = 0; i < dsub(); i++) along += part[i] * encoder_.metric[(first + j) * dim_ + first + i];
      factors[j] = (factors[j] - share * along) * 2.0f - lean * part[j];
    }
    const Integers now = load<Integers>(block_.words + s * block_vectors + from);
    const Floats zero = {};
    Floats owns[ksub], products[ksub], own_now = zero, product_now = zero;
    for (size_t k = 0; k < ksub; k++) {
      Floats own = zero + tables_.norms[s * ksub + k], product = zero;
      for (size_t j = 0; j < dsub(); j++) {
        const float word = encoder_.codebook[(first + j) * ksub + k];
        own += factors[j] * word;
        product += part[j] * word;
      }
      const Integers is_now = now == static_cast<int32_t>(k);
      own_now = is_now ? own : own_now;
      product_now = is_now ? product : product_now;
      owns[k] = own;
      products[k] = product;
    }
    const Floats own = load<Floats>(own_ + from);
    Floats product = load<Floats>(product_ + from);
    const Floats own_rest = own - own_now, product_rest = product - product_now;
    const Integers is_there = product > least_product;
    Floats above = is_there ? own : zero + 1.0f, below = is_there ? product * product : zero;
    Integers word = now;
    for (size_t k = 0; k < ksub; k++) {
      const Floats own_with = own_rest + owns[k], with = product_rest + products[k], squared = with * with;
      const Integers is_less = (with > least_product) & (own_with * below < above * squared);
      above = is_less ? own_with : above;
      below = is_less ? squared : below;
      product = is_less ? with : product;
      word = is_less ? (Integers{} + static_cast<int32_t>(k)) : word;
    }
    const Integers has_changed = word != now;
    store(own_ + from, has_changed ? above : own);
    store(product_ + from, product);
    store(best + from, word);
  }

  const Encoder& encoder_;
  const MetricTables& tables_;
  const MetricBlock& block_;
  const size_t dsub_, dim_;
  float own_[block_vectors], product_[block_vectors], inverse_[block_vectors], share_[block_vectors], lean_[block_vectors];
};

template <typename Integers>
inline void turn_any(const int32_t* sums, size_t dim, size_t dsub, Integers* turned) {
  constexpr size_t lanes = sizeof(Integers) / sizeof(int32_t);
  for (size_t j = 0; j < dsub; j++) {
    int32_t values[lanes];
    for (size_t v = 0; v < lanes; v++) values[v] = sums[v * dim + j];
    turned[j] = load<Integers>(values);
  }
}

template <typename Floats, typename Integers, auto add_products, auto turn_four = turn_any<Integers>>
void improve(const Encoder& encoder, const MetricTables& tables, const MetricBlock& block) {
  if (encoder.dsub == 4) return Improver<Floats, Integers, add_products, turn_four, 4>(encoder, tables, block).run();
  Improver<Floats, Integers, add_products, turn_any<Integers>, 0>(encoder, tables, block).run();
}

}  // namespace
}  // namespace shoal
