/**
 * A collection from a backup, under a name that is free and a uid that is new.
 *
 * Members go to the nodes as they come, each held against the manifest; only when the last one was sound, and every replica is on
 * disk, is the collection published, in one write. Its log begins above everything in the archive, so docIds go on, and that write
 * says so: a node that has lost what it imported by then cannot open it, and the restore fails. The directory is built from the rows
 * of the shards. What fails on the way is taken back.
 */
import { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { MemberCheck } from '../../cluster/archive/member-check.js';
import { keys } from '../../cluster/keys.js';
import type { RestorePart, RestoreResponse, RestoreStart } from '../../proto/generated/shoal/v1/backup.js';
import { publishCollection } from '../collections/create.js';
import { dropCollection, type ManageParts } from '../collections/manage.js';
import { beginOpening, clearRemains } from '../collections/remains.js';
import { countDocuments } from '../documents/count.js';
import { checkCount } from './check-count.js';
import { HeldObjects } from './held-objects.js';
import type { BackupParts } from './parts.js';
import { planRestore, type Destination, type RestorePlan } from './restore-plan.js';
import { ShardImports } from './shard-imports.js';

export interface RestoreParts extends BackupParts, ManageParts {
  /** A name that was never given before. */
  readonly newUid: () => string;
}

/** Makes the collection that `messages` bring. ALREADY_EXISTS for a name that is taken; after an error nothing is left of it. */
export async function restoreCollection(
  messages: AsyncIterable<RestorePart>,
  parts: RestoreParts,
  deadline: Deadline,
): Promise<RestoreResponse> {
  const rest = messages[Symbol.asyncIterator]();
  const start = await startOf(rest);
  await checkFree(start.collection, parts);
  const plan = planRestore(start, parts.view.current(), { uid: parts.newUid(), wallMs: parts.clock.wallMs() });
  const imports = new ShardImports(plan, parts);
  const opening = await beginOpening(plan.settings.uid, parts);
  try {
    const objects = new HeldObjects(plan, parts);
    await receive({ rest, plan, imports, objects }, deadline);
    const imported = await imports.finish(deadline);
    const { settings, placed, manifest } = plan;
    const { sequence } = manifest;
    await publishCollection({ settings, placed, after: sequence, opening }, parts, deadline);
    await checkCount(settings, { documents: imported, sequence }, parts, deadline);
    const documents = await countDocuments({}, settings, parts, deadline);
    return { uid: settings.uid, documents, sequence };
  } catch (error) {
    await opening.end();
    await takeBack(plan, imports, parts);
    throw error;
  } finally {
    await opening.end();
  }
}

async function startOf(messages: AsyncIterator<RestorePart>): Promise<RestoreStart> {
  const first = await messages.next();
  if (first.done !== true && first.value.start !== undefined) return first.value.start;
  throw new ShoalError(
    'INVALID_ARGUMENT',
    'a restore begins with the name of the collection and the manifest of the backup',
  );
}

async function checkFree(name: string, { registry }: RestoreParts): Promise<void> {
  const [collection, alias] = await Promise.all([registry.get(keys.collection(name)), registry.get(keys.alias(name))]);
  if (collection === null && alias === null) return;
  const taken = alias === null ? `collection '${name}' exists already` : `'${name}' is an alias`;
  throw new ShoalError('ALREADY_EXISTS', `${taken}; drop it, or restore under another name`);
}

interface Receiving {
  readonly rest: AsyncIterator<RestorePart>;
  readonly plan: RestorePlan;
  readonly imports: ShardImports;
  readonly objects: HeldObjects;
}

/** Takes every member, in the manifest's order, to where it belongs. */
async function receive({ rest, plan, imports, objects }: Receiving, deadline: Deadline): Promise<void> {
  const check = new MemberCheck(plan.manifest.members);
  let to: Destination | undefined;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    const { member, data, start } = next.value;
    if (start !== undefined) throw new ShoalError('INVALID_ARGUMENT', 'a restore has one beginning only');
    if (member !== undefined) {
      to = plan.destinations.get(check.begin(member).name);
      // Nodes put what they import into the lists of the structure.
      if (to?.kind === 'file' || to?.kind === 'records') await objects.store();
      // A file of no bytes is a file.
      if (to?.kind === 'file') await imports.writeFile(to.shard, to.file, Buffer.alloc(0), deadline);
      continue;
    }
    const bytes = data ?? Buffer.alloc(0);
    check.data(bytes);
    if (to?.kind === 'file') await imports.writeFile(to.shard, to.file, bytes, deadline);
    else if (to?.kind === 'records') await imports.writeRecords(to.shard, bytes, deadline);
    else if (to !== undefined) objects.hold(to.kind, bytes);
  }
  check.finish();
  await objects.store();
}

/** Codecs stay: they are named by their content, and another collection may have begun to use one. */
async function takeBack({ settings }: RestorePlan, imports: ShardImports, parts: RestoreParts): Promise<void> {
  const { uid, name } = settings;
  const { registry, clock, logger } = parts;
  const deadline = Deadline.after(clock, limits.writeDeadlineMs);
  try {
    if ((await registry.get(keys.setting(uid))) !== null) {
      await parts.view.when((map) => (map.settings.has(uid) ? true : undefined), `collection '${name}'`, deadline);
      await dropCollection(name, parts, deadline);
    }
    await clearRemains(uid, parts);
  } catch (error) {
    logger.error({ err: error, uid }, 'a restore that failed could not be taken back');
  } finally {
    deadline.close();
  }
  await imports.discard();
}
