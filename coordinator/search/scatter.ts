/** Third step: the shards of the plan are asked for their best candidates; each gives its full k', never a share of it. */
import { bufferOf } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import { present } from '../../base/assert.js';
import type { ScanRequest, ShardScan } from '../../proto/generated/shoal/v1/shard.js';
import { fanOut } from './fan-out.js';
import type { SearchParts } from './parts.js';
import type { Question } from './question.js';
import type { Plan } from './route.js';
import type { WireQuestion } from './wire-question.js';

export interface Scattered {
  readonly answers: readonly ShardScan[];
  /** Shard → why nobody answered for it. */
  readonly missing: ReadonlyMap<number, string>;
}

/** What every shard of the plan found, and which did not answer. */
export async function scatter(
  plan: Plan,
  question: Question,
  wire: WireQuestion,
  parts: Pick<SearchParts, 'peers' | 'fanOut'> & { readonly deadline: Deadline },
): Promise<Scattered> {
  const planned = new Map(plan.shards.map((shard) => [shard.placement.shard, shard]));
  const { answers, missing } = await fanOut(
    plan.shards.map(({ placement }) => placement),
    async (address, placements, deadline) => {
      const request: ScanRequest = {
        uid: question.settings.uid,
        shards: placements.map(({ shard, generation }) => {
          const { lists, dense, sparse } = present(planned.get(shard), 'the plan of a shard');
          return { ref: { shard, generation }, lists: bufferOf(lists), dense, sparse, required: [] };
        }),
        dense: wire.dense,
        sparse: wire.sparse,
        k: question.candidates,
        minSequence: question.minSequence,
        filter: undefined,
      };
      return (await parts.peers.scan(address, request, deadline)).shards;
    },
    parts.fanOut,
    parts.deadline,
  );
  return { answers: [...answers.values()].map(({ part }) => part), missing };
}
