// Where kernels could go wrong though ordinary numbers do not: the ends of ranges, ties, values that are no numbers, damaged records.
#include <cmath>
#include <limits>

#include "test/native/checks.h"

namespace shoal {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

float float_of_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// Every half, the floats on both sides of the middle between it and the next one, and the ends of float32.
void check_halves(const Kernels& kernels) {
  std::vector<uint16_t> halves(65536);
  for (size_t i = 0; i < halves.size(); i++) halves[i] = static_cast<uint16_t>(i);
  std::vector<float> floats(halves.size()), expected(halves.size());
  kernels.to_float(halves.data(), halves.size(), floats.data());
  plain_kernels().to_float(halves.data(), halves.size(), expected.data());
  for (size_t i = 0; i < halves.size(); i++) {
    const bool is_equal = std::isnan(expected[i]) ? std::isnan(floats[i]) : std::memcmp(&expected[i], &floats[i], 4) == 0;
    require(is_equal, "half to float", kernels.name);
  }
  std::vector<float> around = {infinity, -infinity, nan, 65504, 65519.996f, 65520, 3e38f, 1e-45f, -1e-45f, 0x1p-25f, 0x1.8p-25f};
  for (uint32_t half = 0; half < 0x7c00; half += 3) {
    uint32_t bits;
    std::memcpy(&bits, &expected[half], sizeof bits);
    for (uint32_t offset : {0u, 0xfffu, 0x1000u, 0x1001u}) around.push_back(float_of_bits(bits + offset));
    around.push_back(-around.back());
  }
  std::vector<uint16_t> rounded(around.size()), wanted(around.size());
  kernels.to_half(around.data(), around.size(), rounded.data());
  plain_kernels().to_half(around.data(), around.size(), wanted.data());
  for (size_t i = 0; i < around.size(); i++) {
    const bool is_nan = (rounded[i] & 0x7c00) == 0x7c00 && (rounded[i] & 0x3ff) != 0;
    require(std::isnan(around[i]) ? is_nan : rounded[i] == wanted[i], "float to half", kernels.name);
  }
}

// Equal centroids, zeros of both signs, and numbers that are none, in points and centroids.
void check_ties(const Kernels& kernels) {
  const float odd[] = {0, -0.0f, 1, -1, nan, infinity, -infinity, 1e38f};
  constexpr size_t dim = 3, tiles = 2;
  for (uint32_t count : {1, 4, 9, 17}) {
    std::vector<float> panel(tiles * 16 * dim), centroids(count * dim);
    for (float& one : panel) one = odd[below(8)];
    for (float& one : centroids) one = below(3) == 0 ? odd[below(8)] : static_cast<float>(below(2));
    std::vector<float> best(tiles * 16, -infinity), expected_best = best;
    std::vector<uint32_t> index(tiles * 16), expected(tiles * 16);
    kernels.nearest_panel(panel.data(), tiles, dim, centroids.data(), count, best.data(), index.data());
    plain_kernels().nearest_panel(panel.data(), tiles, dim, centroids.data(), count, expected_best.data(), expected.data());
    require_equal("nearest of ties", kernels.name, expected, index);
    require_equal("score of ties", kernels.name, expected_best, best);
  }
  for (size_t subquantizers : {1, 5}) {
    std::vector<float> residual(subquantizers * 2), words(subquantizers * 32), half_norms(subquantizers * ksub);
    for (float& one : residual) one = static_cast<float>(below(3)) - 1;
    for (float& one : words) one = static_cast<float>(below(2));
    for (float& one : half_norms) one = static_cast<float>(below(2));
    std::vector<uint8_t> nibbles(subquantizers), expected(subquantizers);
    kernels.nearest_codewords(residual.data(), words.data(), half_norms.data(), subquantizers, 2, nibbles.data());
    plain_kernels().nearest_codewords(residual.data(), words.data(), half_norms.data(), subquantizers, 2, expected.data());
    require_equal("codewords of ties", kernels.name, expected, nibbles);
  }
}

void check_level_errors(const Kernels& kernels) {
  const float odd[] = {nan, infinity, -infinity, 3e38f, -3e38f, 254.49f, 254.5f, 255.5f, 0.49999997f, 0.5f, -0.5f};
  for (size_t subquantizers : {1, 3, 6}) {
    std::vector<float> tables(subquantizers * ksub), minima(subquantizers);
    for (float& one : tables) one = below(2) == 0 ? odd[below(11)] : value() * 300;
    for (float& one : minima) one = below(8) == 0 ? odd[below(11)] : 0;
    std::vector<uint8_t> levels(tables.size()), expected(tables.size());
    kernels.quantize_tables(tables.data(), minima.data(), subquantizers, 1, levels.data());
    plain_kernels().quantize_tables(tables.data(), minima.data(), subquantizers, 1, expected.data());
    require_equal("levels of odd values", kernels.name, expected, levels);
  }
}

struct Scan {
  uint32_t pairs, width, blocks;
  int32_t offset, weight, cut;
  bool is_largest;
};

// Levels as large as lookup-table.h lets them be, factors of all 16 bits, as damaged files may hold.
void check_scan(const Kernels& kernels, const Scan& scan) {
  std::vector<uint8_t> levels(scan.pairs * 32), blocks(scan.blocks * block_bytes(scan.pairs, scan.width));
  for (uint8_t& level : levels) level = static_cast<uint8_t>(scan.is_largest ? 63 : below(64));
  for (uint8_t& byte : blocks) byte = static_cast<uint8_t>(below(8) == 0 ? 128 : below(256));
  std::vector<uint8_t> spread(128 * scan.pairs + 63);
  uint8_t* aligned = reinterpret_cast<uint8_t*>((reinterpret_cast<uintptr_t>(spread.data()) + 63) & ~uintptr_t{63});
  kernels.spread_levels(levels.data(), scan.pairs, aligned);
  const ScanTable table = {levels.data(), aligned, scan.pairs, scan.offset, scan.weight};
  std::vector<uint64_t> masks(scan.blocks);
  for (uint64_t& mask : masks) {
    mask = below(4) == 0 ? 0 : (uint64_t{below(UINT32_MAX)} << 32 | below(UINT32_MAX)) | 1;
    if (scan.width == 32) mask &= 0xffffffff;
  }
  std::vector<uint64_t> expected = masks;
  std::vector<int32_t> scores(scan.blocks * 64), expected_scores(scan.blocks * 64);
  const uint32_t found = kernels.scan_blocks(table, blocks.data(), scan.blocks, scan.width, scan.cut, masks.data(), scores.data());
  const ScanTable plain = {levels.data(), levels.data(), scan.pairs, scan.offset, scan.weight};
  const uint32_t wanted =
      plain_kernels().scan_blocks(plain, blocks.data(), scan.blocks, scan.width, scan.cut, expected.data(), expected_scores.data());
  require(found == wanted, "number of blocks", kernels.name);
  require_equal("masks", kernels.name, expected, masks);
  for (size_t i = 0; i < scores.size(); i++) {
    if ((expected[i / 64] >> (i % 64) & 1) != 0) require(scores[i] == expected_scores[i], "score of a survivor", kernels.name);
  }
}

void check_scans(const Kernels& kernels) {
  for (uint32_t pairs : {2, 4, 12, 50, 256}) {
    const int32_t largest = static_cast<int32_t>(pairs) * 2 * 63;
    for (uint32_t width : {32, 64}) {
      for (int32_t cut : {INT32_MIN, INT32_MIN + 1, -100000, 0, 1 << 28, INT32_MAX}) {
        check_scan(kernels, {pairs, width, width == 64 ? 5u : 1u, 32767 - largest, 32767, cut, true});
        check_scan(kernels, {pairs, width, 1, -32768, 0, cut, false});
        check_scan(kernels, {pairs, width, width == 64 ? chunk_blocks : 1, 0, 77, cut, false});
      }
    }
  }
}

// Rows of any length by number, and the largest bytes that there are.
void check_rows_of_lists(const Kernels& kernels) {
  for (size_t dim : {1, 15, 16, 17, 40, 384}) {
    const std::vector<float> query = values(dim), rows = values(7 * dim);
    for (size_t count : {0, 1, 4, 7}) {
      std::vector<uint32_t> numbers(count);
      for (uint32_t& number : numbers) number = below(7);
      std::vector<float> products(count), expected(count);
      kernels.row_products(query.data(), rows.data(), numbers.data(), count, dim, products.data());
      plain_kernels().row_products(query.data(), rows.data(), numbers.data(), count, dim, expected.data());
      require_equal("products of rows", kernels.name, expected, products);
    }
  }
  for (size_t dim : {32, 96, 384, 32768}) {
    for (int size : {0, 127, -127}) {
      std::vector<int8_t> levels(dim, 127), rows(5 * dim, static_cast<int8_t>(size));
      for (size_t j = 0; size == 0 && j < dim; j++) levels[j] = static_cast<int8_t>(static_cast<int>(below(255)) - 127);
      for (size_t j = 0; size == 0 && j < rows.size(); j++) rows[j] = static_cast<int8_t>(static_cast<int>(below(255)) - 127);
      const std::vector<uint32_t> numbers = {4, 0, 2, 2};
      std::vector<int32_t> products(4), expected(4);
      kernels.byte_products(levels.data(), rows.data(), numbers.data(), 4, dim, products.data());
      plain_kernels().byte_products(levels.data(), rows.data(), numbers.data(), 4, dim, expected.data());
      require_equal("products of bytes", kernels.name, expected, products);
      require(size == 0 || products[0] == static_cast<int32_t>(dim) * 127 * size, "largest product of bytes", kernels.name);
    }
  }
}

void check_steps(const Kernels& kernels) {
  const float odd[] = {0, -0.0f, nan, infinity, -infinity, 3e38f, 1e-40f};
  for (size_t dim : {1, 3, 4, 66}) {
    std::vector<float> left_over = values(dim);
    if (dim == 66) {
      for (float& one : left_over) one = below(4) == 0 ? odd[below(7)] : one;
    }
    for (double step : {0.0, -1.0, 0.05, 1e-300}) {
      const std::vector<double> steps = {step, 0.1, 0.0, 0.02};
      std::vector<double> errors(4), expected(4);
      kernels.nibble_errors(left_over.data(), dim, steps.data(), errors.data());
      plain_kernels().nibble_errors(left_over.data(), dim, steps.data(), expected.data());
      for (size_t i = 0; i < 4; i++) {
        const bool is_equal = std::isnan(expected[i]) ? std::isnan(errors[i]) : expected[i] == errors[i];
        require(is_equal, "errors of steps", kernels.name);
      }
      std::vector<uint8_t> nibbles(dim), wanted(dim);
      kernels.find_nibbles(left_over.data(), dim, step, nibbles.data());
      plain_kernels().find_nibbles(left_over.data(), dim, step, wanted.data());
      require_equal("nibbles of a step", kernels.name, wanted, nibbles);
    }
  }
}

void check_levels(const Kernels& kernels) {
  const float odd[] = {0, -0.0f, nan, infinity, -infinity, 3e38f, 1e-40f};
  std::vector<float> magnitudes(buckets);
  for (size_t i = 0; i < buckets; i++) magnitudes[i] = static_cast<float>(i / 2);
  for (size_t dim : {1, 3, 66}) {
    for (bool is_odd : {false, true}) {
      std::vector<float> left_over = values(dim);
      for (float& one : left_over) one = is_odd ? odd[below(7)] : one;
      const TriedSteps tried = {{0.1f, 0.01f, 0, 1, 0.02f, 0.03f, 1e-9f, 500}, {20, 200, 0, 2, 100, 2 / 0.03f, 2e9f, 0.004f}};
      std::vector<float> errors(steps_tried), expected(steps_tried);
      kernels.level_errors(left_over.data(), dim, magnitudes.data(), tried, errors.data());
      plain_kernels().level_errors(left_over.data(), dim, magnitudes.data(), tried, expected.data());
      for (size_t i = 0; i < steps_tried; i++) {
        const bool is_equal = std::isnan(expected[i]) ? std::isnan(errors[i]) : expected[i] == errors[i];
        require(is_equal, "errors of levels", kernels.name);
      }
    }
  }
}

void check_products(const Kernels& kernels) {
  for (size_t dim : {32, 64, 96, 1024, 32768}) {
    for (int size : {127, -127, -128}) {
      const std::vector<uint8_t> nibbles(dim / 2, 0xff);
      const std::vector<int8_t> levels(dim, static_cast<int8_t>(size));
      const int32_t expected = static_cast<int32_t>(dim) * 15 * size;
      require(kernels.nibble_product(nibbles.data(), levels.data(), dim) == expected, "product of nibbles", kernels.name);
      // The largest entry, and every one.
      for (int byte : {0x77, 0xff, 0x5a, 0x13, 0x8c}) {
        const std::vector<uint8_t> codes(dim / 2, static_cast<uint8_t>(byte));
        const int32_t wanted = static_cast<int32_t>(dim) / 2 * (nibble_entries[byte & 15] + nibble_entries[byte >> 4]) * size;
        require(kernels.entry_product(codes.data(), levels.data(), dim) == wanted, "product of entries", kernels.name);
      }
    }
  }
}

// The largest values of the largest dimension, and of every byte that a damaged file may have.
void check_values(const Kernels& kernels) {
  for (uint32_t kind : {1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16}) {
    for (size_t dim : {32, 96, 32768}) {
      for (int byte : {0, 0x7f, 0x80, 0xff, 0x5a}) {
        for (int size : {127, -127, -64}) {
          const std::vector<uint8_t> codes(dim / 8 * bits_of_kind(kind), static_cast<uint8_t>(byte));
          const std::vector<int8_t> levels(2 * dim, static_cast<int8_t>(size));
          const int64_t expected = plain_kernels().value_product(codes.data(), levels.data(), dim, kind);
          require(kernels.value_product(codes.data(), levels.data(), dim, kind) == expected, "product of values", kernels.name);
        }
      }
    }
  }
}

// The largest levels, and centroid ids far outside the table.
void check_records(const Kernels& kernels) {
  for (uint32_t nbits : {1, 2, 4}) {
    for (uint32_t dim : {8, 40, 1024}) {
      constexpr uint32_t lanes = 16;
      const uint32_t tokens = 5;
      const std::vector<float> rows(lanes * dim), centroids(dim), weights(size_t{1} << nbits), ones(lanes, 1), zeros(lanes);
      std::vector<float> centroid_scores(lanes, 0.25f);
      std::vector<uint8_t> states(1, 2);
      // Tables whose entries have the largest sum of a group.
      const std::vector<uint8_t> tables(nbits == 4 ? 0 : (lanes * dim) << nbits, static_cast<uint8_t>(nbits == 1 ? 10 : 21));
      const std::vector<int8_t> levels(nbits == 4 ? lanes * dim : 0, -127);
      const std::vector<uint8_t> weight_levels(weights.size(), 31);
      std::vector<uint8_t> record(tokens * (4 + dim * nbits / 8));
      for (uint8_t& byte : record) byte = static_cast<uint8_t>(below(2) == 0 ? 0xff : below(256));
      const CodesQuery query = {rows.data(),      tables.data(),   levels.data(), ones.data(), zeros.data(), ones.data(), centroid_scores.data(),
                                states.data(),    weight_levels.data(), centroids.data(), weights.data(), 1, lanes, 1, dim, nbits};
      const uint64_t offset = 0;
      const uint8_t cancel = 0;
      std::vector<float> scratch(scratch_floats(1, dim, nbits)), best(1), expected(1);
      max_sim_codes(kernels, query, record.data(), {&offset, &tokens, 1}, &cancel, scratch.data(), best.data());
      max_sim_codes(plain_kernels(), query, record.data(), {&offset, &tokens, 1}, &cancel, scratch.data(), expected.data());
      require_equal("max codes of damaged records", kernels.name, expected, best);
    }
  }
}

// Rows outside the scores, rows that come twice, weights that are no numbers.
void check_postings(const Kernels& kernels) {
  for (size_t count : {3, 8, 50}) {
    std::vector<uint32_t> rows(count);
    for (uint32_t& row : rows) row = below(5) == 0 ? UINT32_MAX - below(2) : below(7);
    std::vector<uint16_t> weights(count);
    for (uint16_t& weight : weights) weight = static_cast<uint16_t>(below(12) == 0 ? 0x7c00 : below(0x7c00));
    std::vector<float> scores(6), expected(6);
    kernels.accumulate_term(rows.data(), weights.data(), count, 0.7f, scores.data(), scores.size());
    plain_kernels().accumulate_term(rows.data(), weights.data(), count, 0.7f, expected.data(), expected.size());
    require_equal("damaged postings", kernels.name, expected, scores);
  }
}

}  // namespace

void check_extremes(const Kernels& kernels) {
  check_halves(kernels);
  check_ties(kernels);
  check_levels(kernels);
  check_scans(kernels);
  check_level_errors(kernels);
  check_products(kernels);
  check_rows_of_lists(kernels);
  check_steps(kernels);
  check_values(kernels);
  check_records(kernels);
  check_postings(kernels);
}

}  // namespace shoal
