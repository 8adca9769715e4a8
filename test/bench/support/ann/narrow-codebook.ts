/** Codebooks whose words bear more dimensions than the usual four: shorter codes for the same lists. */
import { seededRandom } from '../../../../base/random.js';
import { factorScales } from '../../../../trainer/structure/factor-scales.js';
import { trainWords } from '../../../../trainer/structure/train-words.js';
import type { ListCodebook } from '../../../../vector-index/codebook/list-codebook.js';
import type { Structure } from '../../../../vector-index/codebook/structure.js';
import { sampleResiduals } from './sample-residuals.js';

const rowsMax = 40_000;
const iterations = 12;
const seed = 6;

/**
 * The codebook of `structure` with words of `dsub` dimensions, trained on `vectors` float32[n, dim], n ≥ 1: half as many bytes with twice as
 * many dimensions. Bases, anchors and the metric are those of `from`.
 */
export function narrowCodebook(
  structure: Structure,
  from: Pick<ListCodebook, 'dim' | 'bases' | 'anchors' | 'metric'>,
  vectors: Float32Array,
  dsub: number,
): ListCodebook {
  const { dim, bases, anchors } = from;
  const shape = { subquantizers: Math.ceil(dim / dsub), dsub };
  const width = shape.subquantizers * dsub;
  const { residuals, lists } = sampleResiduals(structure, bases, vectors, { most: rowsMax, width });
  const words = trainWords(residuals, { ...shape, iterations, random: seededRandom(seed) });
  // A metric is of whole vectors, however words divide them.
  const isSame = from.metric?.length === width * width;
  const first = { words, ...shape, ...(isSame ? { metric: from.metric! } : {}) };
  const scales = factorScales(first, { residuals, lists, anchors, dim });
  return { ...first, ...scales, dim, bases, anchors };
}
