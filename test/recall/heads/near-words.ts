/** Which words of the vocabulary are near each other: cosines of the backbone's own word embeddings without their mean. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOf, float32From } from '../../../base/bytes.js';
import { readSourceWeights } from '../../../models/build/source-weights.js';
import type { Products } from '../../../trainer/heads/products.js';
import { normalizeRows } from '../../../trainer/rows.js';
import { ranked } from './collections.js';
import { rowDim } from './encoded.js';
import { transpose } from './judged.js';

export const nearCount = 8;
/** Entries of the vocabulary below this one are special or unused. */
const firstWord = 999;
const chunkWords = 256;

export interface NearWords {
  /** float32[words, nearCount]: token ids (which float32 has exactly), nearest first. */
  readonly ids: Float32Array;
  /** float32[words, nearCount] */
  readonly cosines: Float32Array;
}

/** Of the model in `source`; kept in `cache`. */
export async function nearWords(source: string, cache: string, products: Products): Promise<NearWords> {
  const [ids, cosines] = [join(cache, 'near.ids'), join(cache, 'near.cosines')];
  if (!existsSync(cosines)) {
    const made = await findNear(readSourceWeights(await readFile(join(source, 'model_int8.onnx'))).words, products);
    await writeFile(ids, bytesOf(made.ids));
    await writeFile(cosines, bytesOf(made.cosines));
  }
  return {
    ids: float32From(await readFile(ids), 'token ids'),
    cosines: float32From(await readFile(cosines), 'cosines'),
  };
}

interface Embeddings {
  readonly rows: number;
  readonly quantized: Uint8Array;
  readonly zeroPoint: number;
}

async function findNear({ rows, quantized, zeroPoint }: Embeddings, products: Products): Promise<NearWords> {
  const words = Float32Array.from(quantized, (value) => value - zeroPoint);
  const mean = new Float64Array(rowDim);
  words.forEach((value, i) => (mean[i % rowDim]! += value / rows));
  words.forEach((value, i) => (words[i] = value - mean[i % rowDim]!));
  normalizeRows(words, rowDim);
  const columns = transpose(words, rowDim);
  const near = { ids: new Float32Array(rows * nearCount), cosines: new Float32Array(rows * nearCount) };
  for (let from = 0; from < rows; from += chunkWords) {
    const some = words.subarray(from * rowDim, (from + chunkWords) * rowDim);
    const cosines = await products.times(some, columns, rowDim);
    for (let i = 0; i < some.length / rowDim; i++) {
      const own = cosines.subarray(i * rows, (i + 1) * rows).fill(-1, 0, firstWord);
      own[from + i] = -1;
      keepBest(own, from + i, near);
    }
  }
  return near;
}

function keepBest(cosines: Float32Array, word: number, near: NearWords): void {
  const floor = 0.25;
  const candidates: number[] = [];
  cosines.forEach((cosine, other) => {
    if (cosine > floor) candidates.push(other);
  });
  const order = ranked(
    candidates.map((other) => cosines[other]!),
    nearCount,
  );
  near.ids.fill(0, word * nearCount, (word + 1) * nearCount);
  order.forEach((place, i) => {
    near.ids[word * nearCount + i] = candidates[place]!;
    near.cosines[word * nearCount + i] = cosines[candidates[place]!]!;
  });
}
