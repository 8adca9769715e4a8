/** Texts through the default encoder, dense vectors only. The same text has the same bits in any batch. */
import type { Clock } from '../../../../base/clock.js';
import { documentSequence, querySequences, type Sequence } from '../../../../encoder-node/batch/sequence.js';
import { sequenceShape } from '../../../../encoder-node/batch/sequence-shape.js';
import { Scheduler } from '../../../../encoder-node/batch/scheduler.js';
import { loadModel, type EncoderModel } from '../../../../encoder-node/model/load-model.js';
import { SessionPool } from '../../../../encoder-node/model/session-pool.js';
import { modelDirectory } from '../../../model-tokenizer.js';
import type { FloatRows } from './npy-file.js';

/** A query carries the model's prefix, a document does not. */
export type InputKind = 'query' | 'document';

export interface EncodeTextsOptions {
  readonly threads: number;
  readonly clock: Clock;
  progress(line: string): void;
}

const textsAtOnce = 4_096;
const policy = { sequencesMax: 32, tokensMax: 512, paddingMax: 1.1 };

/** float32[texts, dim] of unit norm. */
export async function encodeTexts(
  model: EncoderModel,
  texts: readonly string[],
  kind: InputKind,
  { threads, clock, progress }: EncodeTextsOptions,
): Promise<FloatRows> {
  const { manifest, graphPath, codecTables, sparseHead } = model;
  const executionProvider = 'cpu' as const;
  const setup = { graphPath, manifest, codecTables, sparseHead, executionProvider, intraOpThreads: 1 };
  const pool = await SessionPool.start(setup, threads);
  const scheduler = new Scheduler({ slot: () => pool.slot(), policy, queueMax: textsAtOnce, clock });
  const { dim } = manifest.outputs.dense;
  const values = new Float32Array(texts.length * dim);
  try {
    const sequences = texts.map((text) => sequenceOf(model, text, kind));
    // Texts of like length together: little padding.
    const order = [...sequences.keys()].sort((a, b) => sequences[a]!.ids.length - sequences[b]!.ids.length);
    for (let start = 0; start < order.length; start += textsAtOnce) {
      const some = order.slice(start, start + textsAtOnce);
      const wanted = some.map((i) => sequences[i]!);
      const { results } = await scheduler.encode(wanted, kind === 'query', new AbortController().signal);
      results.forEach(({ dense }, i) => values.set(dense!, some[i]! * dim));
      progress(`${start + some.length} of ${texts.length} texts encoded as ${kind}`);
    }
  } finally {
    await pool.close();
  }
  return { count: texts.length, dim, values };
}

/** The default model, checked. */
export function loadDefaultModel(): Promise<EncoderModel> {
  return loadModel(modelDirectory);
}

function sequenceOf(model: EncoderModel, text: string, kind: InputKind): Sequence {
  const shape = sequenceShape(model);
  const ids = model.tokenizer.idsOf(text);
  const wanted = { dense: true, multi: false };
  return kind === 'query' ? querySequences(ids, shape, wanted)[0]! : documentSequence(ids, shape, wanted);
}
