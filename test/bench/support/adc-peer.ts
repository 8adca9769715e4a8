/** FAISS's fast scan of codes of the same size, in a process of its own, for turns with ours. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../../base/random.js';
import { normalRows } from '../measure.js';
import { writeFloatRows } from './ann/npy-file.js';
import { installPeers, PeerProcess } from './ann/peer-process.js';

export interface AdcPeer {
  readonly variant: string;
  /** Microseconds of each of `count` single queries for the best `wanted`. */
  search(count: number, wanted: number): Promise<Float32Array>;
  close(): void;
}

const queryCount = 32;

/** IndexPQFastScan of `vectors` random rows, dim / 4 subquantizers of 4 bits; null, told to `progress`, where FAISS is not to be had. */
export async function openAdcPeer(
  { dim, vectors }: { readonly dim: number; readonly vectors: number },
  progress: (line: string) => void,
): Promise<AdcPeer | null> {
  const { python, absent } = installPeers(['faiss']);
  const why = absent.get('faiss');
  if (why !== undefined) {
    progress(`faiss is absent: ${why}`);
    return null;
  }
  const folder = mkdtempSync(join(tmpdir(), 'shoal-adc-peer-'));
  const peer = new PeerProcess(python, 'faiss');
  const close = (): void => {
    peer.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [base, queries] = [join(folder, 'base.npy'), join(folder, 'queries.npy')];
    await writeFloatRows(base, [vectors, dim], [repeatedRows(vectors, dim)]);
    await writeFloatRows(queries, [queryCount, dim], [normalRows(seededRandom(8), queryCount, dim)]);
    await peer.ask('open', { base, queries, cache: folder, threads: 1 });
    const variant = `PQ${dim / 4}x4fs`;
    const { handle } = await peer.ask<{ handle: number }>('build', { variant });
    const search = async (count: number, k: number): Promise<Float32Array> => {
      const request = { handle, setting: {}, k, first: 0, step: 1, count: Math.min(count, queryCount), single: true };
      const { micros } = await peer.ask<{ micros: string }>('search', request);
      const bytes = Buffer.from(micros, 'base64');
      return new Float32Array(Uint8Array.from(bytes).buffer);
    };
    return { variant, search, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Some thousand different rows, again and again with one value changed: making them is quick, and no two are equal. */
function repeatedRows(count: number, dim: number): Float32Array {
  const distinct = Math.min(count, 16_384);
  const pattern = normalRows(seededRandom(7), distinct, dim);
  const values = new Float32Array(count * dim);
  for (let row = 0; row < count; row += distinct)
    values.set(pattern.subarray(0, Math.min(distinct, count - row) * dim), row * dim);
  for (let row = 0; row < count; row++) values[row * dim] = (row / count - 0.5) / 4;
  return values;
}
