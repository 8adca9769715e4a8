/** The training service of the coordinator in memory. */
import { status as grpcStatus } from '@grpc/grpc-js';
import { Codebook } from '../../../proto/generated/shoal/v1/collections.js';
import type { TrainingServer } from '../../../proto/generated/shoal/v1/training.js';
import { answer, failure, find, type Held } from './fake-answers.js';

const trained: Codebook = Codebook.fromPartial({
  ...{ version: 2, structureVersion: 2, method: 'structure', created: new Date(0), seed: 7, documents: 4_000n },
  ...{ sampled: 3_600n, lists: 64, copies: 2, secondBits: 3, heldOutBefore: 1, heldOutAfter: 0.96 },
  ...{ probes: [{ nprobe: 9, recall: 0.96 }], shortProbes: [] },
});

/** Every training goes well; of a collection named `ill` nothing is published, of `endless` it never ends, and
 * the cluster is lost to that of `lost`. What is asked goes into `requests`. */
export function trainingServer(held: Map<string, Held>, requests: unknown[]): TrainingServer {
  return {
    train: (call) => {
      const { collection, method, dryRun } = call.request;
      requests.push(call.request);
      if (!held.has(collection)) {
        call.emit('error', failure(grpcStatus.NOT_FOUND, `collection ${collection} does not exist; create it first`));
        return;
      }
      find(held, collection).isTrained = true;
      call.write({ progress: { step: 'training lists', share: 0.5, node: 'shard-1', resumedShare: 0.25 } });
      if (collection === 'endless') return;
      if (collection === 'lost') {
        call.emit('error', failure(grpcStatus.UNAVAILABLE, 'Connection dropped'));
        return;
      }
      const published = !dryRun && collection !== 'ill';
      const reason = published ? '' : 'it would find less';
      const version = published ? trained.version : 0;
      const result = { collection, uid: 'u', method, from: 1, version, published, reason, codebook: trained };
      call.write({ result });
      call.end();
    },
    cancelTraining: answer(({ collection }: { collection: string }) => {
      find(held, collection);
      return { cancelled: collection === 'endless' };
    }),
    listCodebooks: answer(({ collection }: { collection: string }) => {
      find(held, collection);
      return { active: 2, codebooks: [trained], structureVersion: 2 };
    }),
    activateCodebook: answer(({ version }: { version: number }) => {
      if (version === trained.version) return { active: version };
      throw failure(grpcStatus.FAILED_PRECONDITION, `codebook ${version} belongs to another structure; train again`);
    }),
  };
}
