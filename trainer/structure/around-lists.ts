/** Which lists are near each? A vector of one gets its second list among them. */
import { scoreDense, toFloat16, topK } from '../../kernels/kernels.js';
import { refuseStopped, type StopSign } from '../stop-sign.js';

/** Of 1,024 lists the second one that is best of all is among so many for four vectors of five; with half as many queries read more lists. */
const usualCount = 128;

export interface AroundOptions {
  /** 128 */
  readonly n?: number;
  readonly signal?: StopSign | undefined;
}

/**
 * uint32[lists, min(n, lists − 1)]: the other centroids nearest to each of `centroids` float32[lists, dim], nearest first, by their distance
 * to it as float16 has them, ties to the smaller list. Blocks the thread: seconds for 8,192 lists.
 */
export function aroundLists(
  centroids: Float32Array,
  dim: number,
  { n = usualCount, signal }: AroundOptions = {},
): Uint32Array {
  const lists = centroids.length / dim;
  const width = Math.min(n, lists - 1);
  const around = new Uint32Array(lists * width);
  const halves = toFloat16(centroids);
  const numbers = Uint32Array.from({ length: lists }, (_, list) => list);
  const biases = biasesOf(centroids, dim);
  for (let list = 0; list < lists; list++) {
    refuseStopped(signal);
    const scores = scoreDense(halves, dim, centroids.subarray(list * dim, (list + 1) * dim), numbers);
    for (let other = 0; other < lists; other++) scores[other]! += biases[other]!;
    scores[list] = -Infinity;
    around.set(topK(scores, null, width, -Infinity).rows, list * width);
  }
  return around;
}

/** float32[lists]: −|c|² / 2, which makes a product compare as a distance does. */
function biasesOf(centroids: Float32Array, dim: number): Float32Array {
  const biases = new Float32Array(centroids.length / dim);
  for (let i = 0; i < centroids.length; i++) biases[Math.floor(i / dim)]! -= (centroids[i]! * centroids[i]!) / 2;
  return biases;
}
