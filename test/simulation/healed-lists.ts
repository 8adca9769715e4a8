/**
 * After healing: trainings have ended, and replicas of a trained collection have every document in the same list, which is the right one, and none
 * in no list.
 */
import { bufferOf, uint64From } from '../../base/bytes.js';
import { keys } from '../../cluster/keys.js';
import { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { TrainingRecord } from '../../proto/generated/shoal/v1/training.js';
import { ScanRequest, ShardService } from '../../proto/generated/shoal/v1/shard.js';
import type { SimClient } from './client.js';
import { drawVector } from './content.js';
import type { Machine } from './machine.js';
import { wrongList } from './right-lists.js';
import type { Session } from './session.js';

const settleMs = 60_000;
/** Claims of coordinators that died lapse, and attempts that fail are repeated a few times. */
const endMs = 240_000;

/** After every fault a training is carried out by somebody until it has an outcome. */
export async function checkTraining({ collection, cluster }: Session): Promise<void> {
  const current = (): TrainingRecord | null => {
    const entry = cluster.world.registry.get(keys.trainingRecord(collection.uid));
    return entry === null ? null : TrainingRecord.decode(entry.value);
  };
  const isOver = (): boolean => {
    const record = current();
    return record === null || record.outcome !== undefined;
  };
  await cluster.until(isOver, endMs, () => `training ${current()?.number} to end`);
}

export async function checkLists(session: Session, client: SimClient): Promise<void> {
  if (!session.collection.isTrained) return;
  const { cluster } = session;
  let problem: string | null = null;
  // Rows of an older structure are in all lists until they are rewritten.
  await cluster.until(
    async () => {
      problem = await problemOf(session, client);
      return problem === null;
    },
    settleMs,
    () => `replicas whose lists agree: ${problem}`,
  );
}

async function problemOf(session: Session, client: SimClient): Promise<string | null> {
  const { registry } = session.cluster.world;
  const [entry] = registry.list(keys.placementsOf(session.collection.uid));
  const setting = registry.get(keys.setting(session.collection.uid));
  if (entry === undefined || setting === null) return 'the collection is not there';
  const placement = ShardPlacement.decode(entry.value);
  const { structureVersion } = CollectionSettings.decode(setting.value);
  const count = placement.lists.length / 4;
  const vector = drawVector(session.random);
  let first: string | null = null;
  for (const node of placement.nodes) {
    const machine = session.cluster.shardNodes.find(({ name }) => name === node)!;
    const ask = (lists: readonly number[]): Promise<readonly bigint[] | null> =>
      inLists(client, machine, placement, { vector, lists, structureVersion });
    const all = await ask(Array.from({ length: count }, (_, list) => list));
    const each: (readonly bigint[] | null)[] = [];
    for (let list = 0; list < count; list += 1) each.push(await ask([list]));
    if (all === null || each.includes(null)) return `${node} does not answer`;
    const found = each.flatMap((own) => own!);
    const seen = new Set(found);
    const lost = all.find((docId) => !seen.has(docId));
    if (lost !== undefined) return `${node} has ${lost} in no list`;
    const content = each.map((own) => own!.join(' ')).join('; ');
    first ??= content;
    const wrong = await wrongList(
      session,
      each.map((own) => own!),
      structureVersion,
    );
    if (wrong !== null) return `on ${node} ${wrong}`;
    if (content !== first) return `${placement.nodes[0]} has '${first}' in its lists, ${node} '${content}'`;
  }
  return null;
}

/** docIds of what the machine has in `lists`, ascending; null when it does not answer. */
async function inLists(
  client: SimClient,
  machine: Machine,
  { uid, shard, generation }: ShardPlacement,
  {
    vector,
    lists,
    structureVersion,
  }: { readonly vector: Float32Array; readonly lists: readonly number[]; readonly structureVersion: number },
): Promise<readonly bigint[] | null> {
  const request = ScanRequest.fromPartial({
    uid,
    shards: [{ ref: { shard, generation }, lists: bufferOf(Uint32Array.from(lists)), dense: true, sparse: false }],
    dense: bufferOf(vector),
    k: 1_000,
    structureVersion,
  });
  const { answer } = await client.call(machine, ShardService.scan, request, 5_000);
  const [found] = answer?.shards ?? [];
  if (found === undefined || found.status !== 0) return null;
  const docIds = [...uint64From(found.dense?.docIds ?? Buffer.alloc(0), 'doc_ids')];
  return docIds.sort((left, right) => (left < right ? -1 : 1));
}
