/** Portable twin of matrix-product.h, within the tolerance that it states. */
import type { NativeKernels } from '../native-kernels.js';

const panelWidth = 16;

/** See `NativeKernels.packPanels`. */
export const packPanels: NativeKernels['packPanels'] = (centroids, biases, dim, panels, panelBiases) => {
  const count = centroids.length / dim;
  panels.fill(0);
  for (let c = 0; c < panelBiases.length; c++) {
    panelBiases[c] = c < count ? (biases?.[c] ?? 0) : -Infinity;
    if (c >= count) continue;
    const lane = (c - (c % panelWidth)) * dim + (c % panelWidth);
    for (let j = 0; j < dim; j++) panels[lane + j * panelWidth] = centroids[c * dim + j]!;
  }
};

/** See `NativeKernels.bestProducts`. */
export const bestProducts: NativeKernels['bestProducts'] = (
  ...[points, dim, panels, panelBiases, assignments, scores]
) => {
  for (let p = 0; p < assignments.length; p++) {
    let best = -Infinity;
    let index = 0;
    for (let c = 0; c < panelBiases.length; c++) {
      const lane = (c - (c % panelWidth)) * dim + (c % panelWidth);
      let sum = panelBiases[c]!;
      for (let j = 0; j < dim; j++) sum = Math.fround(sum + points[p * dim + j]! * panels[lane + j * panelWidth]!);
      if (sum > best) {
        best = sum;
        index = c;
      }
    }
    assignments[p] = index;
    scores[p] = best;
  }
};
