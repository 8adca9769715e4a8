/**
 * Texts through the default model's backbone, once: token rows of every text as float16, kept in files, for all that heads are tried on.
 *
 * A set NAME of a folder is `NAME.rows` (half bits [tokens, 384], unit length, from the second token to the end token), `NAME.starts`
 * (uint32[texts + 1], the first row of each text), `NAME.dense` (float32[texts, 384]), `NAME.ids` (int32, all token ids of every text,
 * also those behind the model's reach, without start and end) and `NAME.idStarts` (uint32[texts + 1]).
 */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert, present } from '../../../base/assert.js';
import { bytesOf } from '../../../base/bytes.js';
import { documentSequence, querySequences } from '../../../encoder-node/batch/sequence.js';
import { sequenceShape } from '../../../encoder-node/batch/sequence-shape.js';
import { loadModel, type EncoderModel } from '../../../encoder-node/model/load-model.js';
import { EncoderSession } from '../../../encoder-node/model/session.js';
import { toFloat16 } from '../../../kernels/kernels.js';

export const rowDim = 384;

export interface EncodedSet {
  /** Half bits [tokens, 384]. */
  readonly rows: Uint16Array;
  /** uint32[texts + 1] */
  readonly starts: Uint32Array;
  /** float32[texts, 384] */
  readonly dense: Float32Array;
  /** int32, all token ids of all texts. */
  readonly ids: Int32Array;
  /** uint32[texts + 1] */
  readonly idStarts: Uint32Array;
}

export type TextKind = 'documents' | 'queries';

export interface Backbone {
  readonly model: EncoderModel;
  readonly session: EncoderSession;
}

/** The default model on `threads` threads, giving rows as they are. The caller closes the session. */
export async function openBackbone(threads: number): Promise<Backbone> {
  const model = await loadModel('models/default');
  const { graphPath, manifest } = model;
  const options = {
    graphPath,
    manifest,
    codec: null,
    sparseHead: null,
    executionProvider: 'cpu' as const,
    intraOpThreads: threads,
  };
  return { model, session: await EncoderSession.open(options) };
}

/** Encodes `texts` one by one, each as a document or as a query. */
export async function encodeSet(
  { model, session }: Backbone,
  texts: readonly string[],
  kind: TextKind,
  onProgress: (done: number) => void,
): Promise<EncodedSet> {
  const shape = sequenceShape(model);
  const wanted = { dense: true, multi: true };
  const ids = texts.map((text) => model.tokenizer.idsOf(text));
  const sequences = ids.map((own) =>
    kind === 'documents' ? [documentSequence(own, shape, wanted)] : querySequences(own, shape, wanted),
  );
  const counts = sequences.map((own) => own.reduce((sum, { rows }) => sum + (rows?.length ?? 0), 0));
  const starts = runningSums(counts);
  const rows = new Uint16Array(present(starts.at(-1), 'an end') * rowDim);
  const dense = new Float32Array(texts.length * rowDim);
  for (const [text, own] of sequences.entries()) {
    for (const sequence of own) {
      const result = present((await session.run([{ ...sequence, isCoded: false }]))[0], 'a result');
      if (result.dense !== null) dense.set(result.dense, text * rowDim);
      if (result.tokens === null) continue;
      const from = present(starts[text], 'a start') * rowDim;
      const values = new Float32Array(result.tokens.buffer);
      toFloat16(values, rows.subarray(from, from + values.length));
    }
    if (text % 500 === 499) onProgress(text + 1);
  }
  return { rows, starts, dense, ids: Int32Array.from(ids.flat()), idStarts: runningSums(ids.map((own) => own.length)) };
}

const columns = ['rows', 'starts', 'dense', 'ids', 'idStarts'] as const;

/** Whether `folder` holds the set `name`, whole: its columns are written in order. */
export function hasSet(folder: string, name: string): boolean {
  return existsSync(join(folder, `${name}.idStarts`));
}

export async function writeSet(folder: string, name: string, set: EncodedSet): Promise<void> {
  for (const column of columns) await writeFile(join(folder, `${name}.${column}`), bytesOf(set[column]));
}

/** The set `name` of `folder`; rejects where a file of it is missing. */
export async function readSet(folder: string, name: string): Promise<EncodedSet> {
  const read = async (column: string): Promise<ArrayBuffer> => {
    const { buffer, byteOffset, byteLength } = await readFile(join(folder, `${name}.${column}`));
    assert(buffer instanceof ArrayBuffer, 'a file is read into memory of its own');
    return byteOffset === 0 ? buffer : buffer.slice(byteOffset, byteOffset + byteLength);
  };
  return {
    rows: new Uint16Array(await read('rows')),
    starts: new Uint32Array(await read('starts')),
    dense: new Float32Array(await read('dense')),
    ids: new Int32Array(await read('ids')),
    idStarts: new Uint32Array(await read('idStarts')),
  };
}

function runningSums(counts: readonly number[]): Uint32Array {
  const sums = new Uint32Array(counts.length + 1);
  counts.forEach((count, i) => (sums[i + 1] = sums[i]! + count));
  return sums;
}
