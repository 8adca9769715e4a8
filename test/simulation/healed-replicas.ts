/** After healing: every replica holds exactly what the model says, replicas hold the same, and the log keeps nothing that all have. */
import { uint64From } from '../../base/bytes.js';
import { directorySubject, keys } from '../../cluster/keys.js';
import { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import { ClusterService } from '../../proto/generated/shoal/v1/cluster.js';
import { ShardService, type ListRowsResponse } from '../../proto/generated/shoal/v1/shard.js';
import type { SimClient } from './client.js';
import type { Machine } from './machine.js';
import type { Session } from './session.js';

const settleMs = 60_000;

export async function checkReplicas(session: Session, client: SimClient): Promise<void> {
  const { world } = session.cluster;
  const placements = world.registry
    .list(keys.placementsOf(session.collection.uid))
    .map(({ value }) => ShardPlacement.decode(value));
  let problem: string | null = null;
  // A copy may be behind for a moment.
  await session.cluster.until(
    async () => {
      problem = await problemOf(session, client, placements);
      return problem === null;
    },
    settleMs,
    () => `replicas that hold what they should: ${problem}`,
  );
}

async function problemOf(
  session: Session,
  client: SimClient,
  placements: readonly ShardPlacement[],
): Promise<string | null> {
  const primaries = new Map<string, bigint>();
  for (const { uid, shard, generation, nodes } of placements) {
    let first: string | null = null;
    for (const node of nodes) {
      const machine = session.cluster.shardNodes.find(({ name }) => name === node)!;
      const rows = await rowsOf(client, machine, { uid, ref: { shard, generation } });
      if (typeof rows === 'string') return `${node}: ${rows}`;
      const problem = take(session, rows, first === null ? primaries : null);
      if (problem !== null) return `shard ${shard} on ${node} ${problem}`;
      const content = rows.ids
        .flatMap((id, at) =>
          session.oracle.isInDoubt(id)
            ? []
            : `${id} ${rows.docIds.subarray(8 * at, 8 * at + 8).toString('hex')} ${rows.primary[at]}`,
        )
        .join();
      first ??= content;
      if (content !== first) return `replicas of shard ${shard} differ`;
    }
  }
  const missing = [...session.oracle.ids()].find(
    (id) => session.oracle.now(id) !== null && !primaries.has(id) && !session.oracle.isInDoubt(id),
  );
  return missing === undefined ? null : `no shard has '${missing}'`;
}

/** What is wrong with `rows`; notes where documents have their primary rows. */
function take(session: Session, rows: ListRowsResponse, primaries: Map<string, bigint> | null): string | null {
  const docIds = uint64From(rows.docIds, 'doc_ids');
  for (const [at, id] of rows.ids.entries()) {
    const now = session.oracle.now(id);
    const docId = docIds[at]!;
    if (now?.docId !== docId && !session.oracle.isInDoubt(id))
      return `has '${id}' as ${docId}; it is ${now?.docId ?? 'absent'}`;
    if (primaries === null || rows.primary[at] !== 1) continue;
    if (primaries.has(id) && !session.oracle.isInDoubt(id)) return `has '${id}', as another shard has`;
    primaries.set(id, docId);
  }
  return null;
}

async function rowsOf(
  client: SimClient,
  machine: Machine,
  { uid, ref }: { readonly uid: string; readonly ref: { readonly shard: number; readonly generation: bigint } },
): Promise<ListRowsResponse | string> {
  const request = { uid, ref, after: 0n, limit: 4_096, filter: undefined, required: [] };
  const { answer, error } = await client.call(machine, ShardService.listRows, request, 5_000);
  if (answer === null) return error.message;
  return answer.done ? answer : 'more rows than there are documents';
}

/** What all replicas and directories have on disk need not stay in the log, and does not; but decisions do for ten minutes. */
export async function checkTruncation(session: Session, client: SimClient): Promise<void> {
  const { cluster, collection } = session;
  const decisions = directorySubject(collection.uid);
  const held = (): number =>
    cluster.world.log.stream(collection.uid).entries.filter(({ subject }) => subject !== decisions).length;
  await cluster.until(
    async () => {
      const coordinator = cluster.coordinators[0]!;
      const { error } = await client.call(coordinator, ClusterService.flush, { collection: collection.name }, 30_000);
      if (error !== null) cluster.diary.say('checker', `flush: ${error.code}: ${error.message}`);
      await cluster.scheduler.sleep(500);
      return held() === 0;
    },
    settleMs,
    () => `the log to give up what everybody has: it holds ${held()} records`,
  );
}
