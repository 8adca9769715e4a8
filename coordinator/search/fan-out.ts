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
    const rounds = await Promise.all(
      [...groups].map(([node, group]) => askOne(node, group.address, group.placements, { ask, deadline })),
    );
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
    open = deadline.signal.aborted ? [] : failed;
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

/** Each shard to the least busy ready replica that was not tried; a shard that has none left stays in `missing`. */
function groupByReplica(
  placements: readonly ShardPlacement[],
  tried: ReadonlyMap<number, Set<string>>,
  parts: FanOutParts,
  missing: Map<number, string>,
): Map<string, { address: string; placements: ShardPlacement[] }> {
  const map = parts.map();
  const groups = new Map<string, { address: string; placements: ShardPlacement[] }>();
  for (const placement of placements) {
    const before = tried.get(placement.shard);
    const choice = leastBusy(map, placement, before, parts);
    if (choice === null) {
      if (!missing.has(placement.shard)) missing.set(placement.shard, `shard ${placement.shard} has no ready replica`);
      continue;
    }
    before?.add(choice.node);
    const group = groups.get(choice.node) ?? { address: choice.address, placements: [] };
    group.placements.push(placement);
    groups.set(choice.node, group);
  }
  return groups;
}

function leastBusy(
  map: ClusterMap,
  placement: ShardPlacement,
  before: ReadonlySet<string> | undefined,
  parts: FanOutParts,
): { node: string; address: string } | null {
  let best: { node: string; address: string; load: number } | null = null;
  for (const replica of replicasOf(map, placement)) {
    const address = map.nodes.get(replica.node)?.address;
    if (address === undefined || replica.state !== 'ready' || before?.has(replica.node) === true) continue;
    const load = parts.loadOf(address);
    if (best === null || load < best.load) best = { node: replica.node, address, load };
  }
  return best;
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
