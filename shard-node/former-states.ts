/**
 * What an earlier life of this node said of its data, taken back when it starts: the disk may have been lost or replaced since, and
 * until the states' lease ends others would ask it, and purge the log, by what it does not have any more.
 */
import { keys } from '../cluster/keys.js';
import type { Registry } from '../cluster/registry.js';

/** Deletes every state of the node `id`; nothing may be opened yet. UNAVAILABLE when the registry cannot be reached. */
export async function withdrawFormerStates(registry: Registry, id: string): Promise<void> {
  const entries = (
    await Promise.all([keys.replicas, keys.directoryStates].map((prefix) => registry.list(prefix)))
  ).flat();
  const own = entries.map(({ key }) => key).filter((key) => key.endsWith(`/${id}`));
  if (own.length > 0)
    await registry.transact(
      [],
      own.map((key) => ({ operation: 'delete', key })),
    );
}
