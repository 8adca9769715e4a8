// Point after point, candidate after candidate: a hundred centroids or so a point, which a cache holds.
#include <cmath>
#include <cstring>

#include "kernels/nearest-centroid/nearest-centroid.h"

namespace shoal {
namespace {

constexpr size_t width = 4;
constexpr size_t quads = 4;
constexpr size_t lanes = width * quads;

// What every compiler here turns into plain vector instructions; arrays of floats stay scalar with some.
typedef float Quad __attribute__((vector_size(width * sizeof(float))));

Quad load(const float* from) {
  Quad quad;
  std::memcpy(&quad, from, sizeof quad);
  return quad;
}

double sum_of(const Quad* sums) {
  float each[lanes];
  std::memcpy(each, sums, sizeof each);
  double sum = 0;
  for (const float lane : each) sum += static_cast<double>(lane);
  return sum;
}

// Of d = point - centroid: |d|^2 and <d, residual>.
struct Products {
  double squares;
  double along;
};

struct Sums {
  Quad squares[quads] = {};
  Quad along[quads] = {};
};

inline void add_products(const float* point, const float* centroid, const float* residual, Sums& sums) {
  for (size_t q = 0; q < quads; q++) {
    const Quad difference = load(point + width * q) - load(centroid + width * q);
    sums.squares[q] += difference * difference;
    sums.along[q] += difference * load(residual + width * q);
  }
}

Products products_of(const float* point, const float* centroid, const float* residual, size_t dim) {
  Sums sums;
  size_t j = 0;
  for (; j + lanes <= dim; j += lanes) add_products(point + j, centroid + j, residual + j, sums);
  if (j < dim) {
    float tails[3][lanes] = {};
    std::memcpy(tails[0], point + j, (dim - j) * sizeof(float));
    std::memcpy(tails[1], centroid + j, (dim - j) * sizeof(float));
    std::memcpy(tails[2], residual + j, (dim - j) * sizeof(float));
    add_products(tails[0], tails[1], tails[2], sums);
  }
  return {sum_of(sums.squares), sum_of(sums.along)};
}

uint32_t second_list(const SecondListsJob& job, const float* point, uint32_t first) {
  const float* own = job.centroids + first * job.dim;
  for (size_t j = 0; j < job.dim; j++) job.residual[j] = point[j] - own[j];
  const double norm = products_of(point, own, job.residual, job.dim).squares;
  uint32_t best = first;
  double least = INFINITY;
  for (size_t i = 0; i < job.width; i++) {
    const uint32_t list = job.around[first * job.width + i];
    if (list == first) continue;
    const Products products = products_of(point, job.centroids + list * job.dim, job.residual, job.dim);
    const double loss = products.squares + (norm > 0 ? products.along * products.along / norm : 0);
    if (!(loss < least)) continue;
    least = loss;
    best = list;
  }
  return best;
}

}  // namespace

void second_lists(const SecondListsJob& job) {
  for (size_t p = 0; p < job.count; p++) job.seconds[p] = second_list(job, job.points + p * job.dim, job.firsts[p]);
}

}  // namespace shoal
