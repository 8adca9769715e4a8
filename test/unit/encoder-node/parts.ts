/** An encoder over the tiny model whose one session runs in this thread: no worker has to start. */
import { systemClock } from '../../../base/clock.js';
import { Scheduler } from '../../../encoder-node/batch/scheduler.js';
import { sequenceShape } from '../../../encoder-node/batch/sequence-shape.js';
import type { Sequence } from '../../../encoder-node/batch/sequence.js';
import type { EncoderParts } from '../../../encoder-node/encode.js';
import { loadModel } from '../../../encoder-node/model/load-model.js';
import type { ModelManifest } from '../../../encoder-node/model/manifest.js';
import { EncoderSession } from '../../../encoder-node/model/session.js';
import { withTinyModel } from './tiny-model.js';

/** Calls `work` with the parts and closes them. */
export async function withParts<T>(
  work: (parts: EncoderParts) => Promise<T>,
  change?: (manifest: ModelManifest) => ModelManifest,
): Promise<T> {
  return withTinyModel(async (folder) => {
    const model = await loadModel(folder);
    const session = await EncoderSession.open({ ...model, executionProvider: 'cpu', intraOpThreads: 1 });
    const slot = {
      run: async (sequences: Parameters<EncoderSession['run']>[0]) => ({
        results: await session.run(givenAway(sequences)),
        runMs: 1,
      }),
    };
    const policy = { sequencesMax: 8, tokensMax: 64, paddingMax: 1.1 };
    const scheduler = new Scheduler({ slot: () => slot, policy, queueMax: 64, clock: systemClock });
    try {
      return await work({ model, shape: sequenceShape(model), scheduler });
    } finally {
      await scheduler.drain();
      await session.close();
    }
  }, change);
}

/** As a session's thread gets them: whoever asked has them no more. */
function givenAway(sequences: readonly Sequence[]): readonly Sequence[] {
  const transfer = sequences.flatMap(({ ids, rows }) => (rows === null ? [ids.buffer] : [ids.buffer, rows.buffer]));
  return structuredClone(sequences, { transfer: transfer as ArrayBuffer[] });
}
