/** A node says that it is there: its description in the registry, for as long as its lease lives. */
import { keys } from '../keys.js';
import type { Lease, Registry } from '../registry.js';
import { Node } from '../../proto/generated/shoal/v1/cluster.js';

/** How long a dead node, and all it said under its lease, stays listed. */
export const memberLeaseMs = 10_000;

/** Lists `node` under `lease`. Replaces an entry of the same id, as a restarted node does. */
export async function announce(registry: Registry, node: Node, lease: Lease): Promise<void> {
  const value = Node.encode(node).finish();
  await registry.transact([], [{ operation: 'put', key: keys.node(node.id), value, lease }]);
}
