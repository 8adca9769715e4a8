// The meaning of list-search.h's products in their plainest form.
#include "kernels/float16/float16.h"
#include "kernels/list-search/list-search.h"

namespace shoal::reference {
namespace {

inline float value_of(float value) { return value; }
inline float value_of(uint16_t half) { return float_of_half(half); }

template <typename Value>
void products_of(const float* query, const Value* rows, const uint32_t* numbers, size_t count, size_t dim, float* products) {
  for (size_t i = 0; i < count; i++) {
    const Value* row = rows + numbers[i] * dim;
    float lanes[16] = {};
    for (size_t j = 0; j < dim; j++) lanes[j % 16] += query[j] * value_of(row[j]);
    for (size_t half = 8; half > 0; half /= 2) {
      for (size_t l = 0; l < half; l++) lanes[l] += lanes[l + half];
    }
    products[i] = lanes[0];
  }
}

}  // namespace

void row_products(const float* query, const float* rows, const uint32_t* numbers, size_t count, size_t dim, float* products) {
  products_of(query, rows, numbers, count, dim, products);
}

void half_products(const float* query, const uint16_t* rows, const uint32_t* numbers, size_t count, size_t dim, float* products) {
  products_of(query, rows, numbers, count, dim, products);
}

void byte_products(const int8_t* levels, const int8_t* rows, const uint32_t* numbers, size_t count, size_t dim, int32_t* products) {
  for (size_t i = 0; i < count; i++) {
    products[i] = 0;
    for (size_t j = 0; j < dim; j++) products[i] += levels[j] * rows[numbers[i] * dim + j];
  }
}

}  // namespace shoal::reference
