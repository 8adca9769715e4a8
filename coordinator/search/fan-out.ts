/**
 * Asks several shards at once: one message a node, each shard at one replica, a failed one at once at another replica.
 *
 * A shard that nobody can answer for is a hole with a reason, never an exception.
 */
import { codeOfStatus, ShoalError } from '../../base/errors.js';
import type { Deadline } from '../../base/deadline.js';
import { replicasOf, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';

/** The part of a node's answer that belongs to one shard. */
export interface ShardPart {
  readonly shard: number;
  readonly status: number;
  readonly message: string;
}

export interface FanOutParts {
  /** The newest picture of the cluster. */
  readonly map: () => ClusterMap;
  /** Requests under way at an address. */
  readonly loadOf: (address: string) => number;
  /** Shard → the node that is asked first: another one may not have what that one was heard to have. */
  readonly prefer?: ReadonlyMap<number, string>;
}

export interface FanOutResult<Part> {
  /** Shard → its answer and the node that gave it. */
  readonly answers: ReadonlyMap<number, { readonly part: Part; readonly node: string }>;
  /** Shard → why nobody answered. */
  readonly missing: ReadonlyMap<number, string>;
}

/** Sends one message to the node at `address` for `placements`; gives a part for each. */
export type AskNode<Part> = (
  address: string,
  placements: readonly ShardPlacement[],
  deadline: Deadline,
) => Promise<readonly Part[]>;

/** Asks for every shard of `placements` until each is answered or out of replicas. */
export async function fanOut<Part extends ShardPart>(
  placements: readonly ShardPlacement[],
  ask: AskNode<Part>,
  parts: FanOutParts,
  deadline: Deadline,
): Promise<FanOutResult<Part>> {
  const answers = new Map<number, { part: Part; node: string }>();
  const missing = new Map<number, string>();
  const tried = new Map<number, Set<string>>(placements.map(({ shard }) => [shard, new Set<string>()]));
  let open = placements;
  while (open.length > 0) {
    const groups = groupByReplica(open, tried, parts, missing);
    const rounds = await Promise.all([...groups.values()].map((group) => askInTime(group, ask, deadline)));
    const failed: ShardPlacement[] = [];
    for (const round of rounds) {
      for (const outcome of round) {
        const { shard } = outcome.placement;
        if (outcome.part !== null) answers.set(shard, { part: outcome.part, node: outcome.node });
        else {
          missing.set(shard, outcome.reason);
          failed.push(outcome.placement);
        }
      }
    }
    open = deadline.ended === null ? failed : [];
  }
  for (const shard of answers.keys()) missing.delete(shard);
  return { answers, missing };
}

interface Outcome<Part> {
  readonly placement: ShardPlacement;
  readonly node: string;
  readonly part: Part | null;
  readonly reason: string;
}

/** Shards that one message to a node asks for, all with as many replicas left to try after it. */
interface Group {
  readonly node: string;
  readonly address: string;
  readonly left: number;
  readonly placements: ShardPlacement[];
}

/** Each shard to the least busy ready replica that was not tried; a shard that has none left stays in `missing`. */
function groupByReplica(
  placements: readonly ShardPlacement[],
  tried: ReadonlyMap<number, Set<string>>,
  parts: FanOutParts,
  missing: Map<number, string>,
): Map<string, Group> {
  const map = parts.map();
  const groups = new Map<string, Group>();
  for (const placement of placements) {
    const before = tried.get(placement.shard);
    const choice = leastBusy(map, placement, before, parts);
    if (choice === null) {
      if (!missing.has(placement.shard)) missing.set(placement.shard, `shard ${placement.shard} has no ready replica`);
      continue;
    }
    before?.add(choice.node);
    const key = `${choice.node}/${choice.left}`;
    const group = groups.get(key) ?? { ...choice, placements: [] };
    group.placements.push(placement);
    groups.set(key, group);
  }
  return groups;
}

function leastBusy(
  map: ClusterMap,
  placement: ShardPlacement,
  before: ReadonlySet<string> | undefined,
  parts: FanOutParts,
): Omit<Group, 'placements'> | null {
  const preferred = parts.prefer?.get(placement.shard);
  let best: { node: string; address: string; load: number } | null = null;
  let untried = 0;
  for (const replica of replicasOf(map, placement)) {
    const address = map.nodes.get(replica.node)?.address;
    if (address === undefined || replica.state !== 'ready' || before?.has(replica.node) === true) continue;
    untried += 1;
    const load = replica.node === preferred ? -1 : parts.loadOf(address);
    if (best === null || load < best.load) best = { node: replica.node, address, load };
  }
  return best === null ? null : { node: best.node, address: best.address, left: untried - 1 };
}

/** A replica that does not answer leaves time for those that are left: one may be behind while another is not. */
async function askInTime<Part extends ShardPart>(
  { node, address, left, placements }: Group,
  ask: AskNode<Part>,
  deadline: Deadline,
): Promise<readonly Outcome<Part>[]> {
  if (left === 0) return askOne(node, address, placements, { ask, deadline });
  const share = deadline.within(deadline.remainingMs() / (left + 1));
  try {
    return await askOne(node, address, placements, { ask, deadline: share });
  } finally {
    share.close();
  }
}

async function askOne<Part extends ShardPart>(
  node: string,
  address: string,
  placements: readonly ShardPlacement[],
  how: { readonly ask: AskNode<Part>; readonly deadline: Deadline },
): Promise<readonly Outcome<Part>[]> {
  try {
    const parts = await how.ask(address, placements, how.deadline);
    return placements.map((placement) => {
      const part = parts.find(({ shard }) => shard === placement.shard);
      if (part === undefined)
        return { placement, node, part: null, reason: `node ${node} left out shard ${placement.shard}` };
      // The caller's own mistake is the same on every replica.
      if (codeOfStatus(part.status) === 'INVALID_ARGUMENT') throw new ShoalError('INVALID_ARGUMENT', part.message);
      return part.status === 0
        ? { placement, node, part, reason: '' }
        : { placement, node, part: null, reason: `node ${node}: ${part.message}` };
    });
  } catch (thrown) {
    const error = ShoalError.from(thrown);
    if (error.code === 'INVALID_ARGUMENT' || error.code === 'CANCELLED') throw error;
    return placements.map((placement) => ({ placement, node, part: null, reason: `node ${node}: ${error.message}` }));
  }
}
