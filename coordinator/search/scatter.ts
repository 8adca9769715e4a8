/**
 * Third step: the shards of the plan are asked for their best candidates; each gives its full k', never a share of it.
 *
 * Where a filter lets too few documents of the probed lists through, or fewer are in them than are wanted, the other lists are asked too:
 * who asks wants the k best that match, wherever they are.
 */
import { bufferOf } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import { present } from '../../base/assert.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { SubjectMark } from '../../proto/generated/shoal/v1/directory.js';
import type { ScanRequest, ShardScan } from '../../proto/generated/shoal/v1/shard.js';
import { fanOut } from './fan-out.js';
import type { SearchParts } from './parts.js';
import type { Question } from './question.js';
import { marksFor, subjectOf, type Required } from './required.js';
import { routeRest, united, type Plan } from './route.js';
import type { WireQuestion } from './wire-question.js';

const docIdBytes = 8;

export interface Scattered {
  /** What was asked for in the end. */
  readonly plan: Plan;
  readonly answers: readonly ShardScan[];
  /** Shard → the node that answered for it. */
  readonly nodes: ReadonlyMap<number, string>;
  /** Shard → why nobody answered for it. */
  readonly missing: ReadonlyMap<number, string>;
  /** Lists that were asked for and not scanned. */
  readonly listsMissing: readonly number[];
}

type ScatterParts = Pick<SearchParts, 'peers' | 'fanOut'> & {
  readonly required: Required;
  readonly deadline: Deadline;
};

/** What every shard of the plan found, and which did not answer. */
export async function scatter(
  plan: Plan,
  question: Question,
  wire: WireQuestion,
  parts: ScatterParts,
): Promise<Scattered> {
  const first = await scan(plan, question, wire, parts);
  if (!isTooNarrow(first, question)) return first;
  const rest = await scan(routeRest(plan), question, wire, parts);
  return {
    plan: united(plan, rest.plan),
    answers: [...first.answers, ...rest.answers],
    nodes: new Map([...rest.nodes, ...first.nodes]),
    missing: new Map([...rest.missing, ...first.missing]),
    listsMissing: [...first.listsMissing, ...rest.listsMissing],
  };
}

/** What a replica must have applied to know the candidates of `scans` too. */
export function seenMarks(
  placement: ShardPlacement,
  scans: Pick<Scattered, 'answers'>,
  required: Pick<Required, 'marks'>,
): SubjectMark[] {
  const applied = scans.answers.filter(({ shard }) => shard === placement.shard).map((answer) => answer.applied);
  const sequence = applied.reduce((largest, each) => (each > largest ? each : largest), 0n);
  return sequence === 0n ? marksFor(placement, required) : [{ subject: subjectOf(placement), sequence }];
}

/** Documents are missing in the answer though there are lists that were not looked at. */
function isTooNarrow({ plan, answers, missing }: Scattered, question: Question): boolean {
  if (!question.dense || plan.lists.length === plan.listsTotal) return false;
  const wanted = question.offset + question.k;
  if (question.filter !== null) {
    const matching = answers.reduce((sum, answer) => sum + (answer.matching ?? 0n), 0n);
    return matching < BigInt(wanted);
  }
  // Who says how many lists to read gets what is in them; and what a hole swallowed is in no other list.
  if (question.nprobe > 0 || missing.size > 0) return false;
  const found = answers.reduce((sum, { dense }) => sum + (dense?.docIds.length ?? 0) / docIdBytes, 0);
  return found < wanted;
}

async function scan(plan: Plan, question: Question, wire: WireQuestion, parts: ScatterParts): Promise<Scattered> {
  const { required, peers } = parts;
  if (required.unknown !== null) return nothing(plan, required.unknown);
  const planned = new Map(plan.shards.map((shard) => [shard.placement.shard, shard]));
  const { answers, missing } = await fanOut(
    plan.shards.map(({ placement }) => placement),
    async (address, placements, deadline) => {
      const request: ScanRequest = {
        uid: question.settings.uid,
        shards: placements.map((placement) => {
          const { shard, generation } = placement;
          const { lists, dense, sparse } = present(planned.get(shard), 'the plan of a shard');
          const marks = marksFor(placement, required);
          return { ref: { shard, generation }, lists: bufferOf(lists), dense, sparse, required: marks };
        }),
        dense: wire.dense,
        sparse: wire.sparse,
        k: question.candidates,
        filter: question.filter ?? undefined,
        structureVersion: plan.structureVersion,
        parametersVersion: plan.parametersVersion,
        exact: question.exact,
      };
      return (await peers.scan(address, request, deadline)).shards;
    },
    parts.fanOut,
    parts.deadline,
  );
  return {
    plan,
    answers: [...answers.values()].map(({ part }) => part),
    nodes: new Map([...answers].map(([shard, { node }]) => [shard, node])),
    missing,
    listsMissing: listsOf(plan, missing),
  };
}

/** The lists that `plan` asks the shards of `missing` for. */
export function listsOf(plan: Plan, missing: ReadonlyMap<number, string>): readonly number[] {
  return plan.shards.flatMap(({ placement, lists }) => (missing.has(placement.shard) ? [...lists] : []));
}

function nothing(plan: Plan, why: string): Scattered {
  const missing = new Map(plan.shards.map(({ placement: { shard } }) => [shard, `shard ${shard}: ${why}`]));
  return { plan, answers: [], nodes: new Map(), missing, listsMissing: listsOf(plan, missing) };
}
