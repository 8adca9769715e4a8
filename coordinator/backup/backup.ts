/**
 * A backup of a collection while it is written to.
 *
 * A hold keeps the log whole. One replica of every shard seals and gives its files, each as of a mark of its own. Then the log's last
 * position is read: that is the instant of the backup, the cut. Once the directory has carried out everything up to it, all that
 * follows from it is in the log, and the records between the marks and the log's end complete the files. What is above the cut and
 * does not follow from it is left out, so that the archive is the collection of one instant.
 */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { version } from '../../base/version.js';
import { archiveFormat, encodeManifest } from '../../cluster/archive/archive-manifest.js';
import type { ArchivedShard, ArchiveManifest } from '../../cluster/archive/archive.js';
import {
  codebookObject,
  codecObject,
  keys,
  parametersObject,
  shardSubject,
  streamOf,
  structureObject,
} from '../../cluster/keys.js';
import type { Lease, Registry } from '../../cluster/registry.js';
import { collectionNamed, placementsOf } from '../../cluster/shard-map/cluster-map.js';
import type { BackupPart } from '../../proto/generated/shoal/v1/backup.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { uint32From, bufferOf } from '../../base/bytes.js';
import { atPartition, partitionsOf } from '../directories.js';
import { placeHold } from '../placement/holds.js';
import { ArchiveWriter } from './archive-writer.js';
import type { BackupParts } from './parts.js';
import { sendReplica, type ReplicaFiles } from './replica-files.js';
import { tailOf } from './tail.js';

/** How long the hold of a coordinator that died keeps the log from being truncated. */
const holdMs = 30_000;

/** Sends the archive of the collection `name`, the manifest last. Every document acknowledged before the call is in it. */
export async function* backupCollection(
  name: string,
  parts: BackupParts,
  deadline: Deadline,
): AsyncGenerator<BackupPart> {
  const settings = collectionNamed(parts.view.current(), name);
  const lease = await parts.registry.lease(holdMs);
  try {
    await placeHold({ uid: settings.uid, name: `backup-${lease.id}`, lease }, 0n, parts.registry, deadline);
    for await (const part of archive(settings, parts, deadline)) {
      checkHeld(lease);
      yield part;
    }
  } finally {
    await lease.revoke();
  }
}

async function* archive(
  settings: CollectionSettings,
  parts: BackupParts,
  deadline: Deadline,
): AsyncGenerator<BackupPart> {
  const { log } = parts;
  const { uid } = settings;
  const writer = new ArchiveWriter();
  const objects = yield* sendObjects(settings, writer, parts);
  const replicas: { placement: ShardPlacement; sent: ReplicaFiles }[] = [];
  for (const placement of placementsOf(parts.view.current(), uid)) {
    replicas.push({ placement, sent: yield* sendReplica(placement, writer, parts, deadline) });
  }
  const cut = (await log.state(streamOf(uid))).lastSequence;
  await carriedOut(uid, cut, parts, deadline);
  const sequence = (await log.state(streamOf(uid))).lastSequence;
  const shards: ArchivedShard[] = [];
  for (const { placement, sent } of replicas) {
    const { shard, generation, lists } = placement;
    const subject = shardSubject(uid, generation, shard);
    const range = { uid, subject, after: sent.marks[subject] ?? 0n, upTo: sequence, cut };
    const member = yield* writer.member(`shard-${shard}.log`, tailOf(range, log));
    shards.push({ shard, generation, lists: uint32From(lists, 'the lists of a shard'), ...sent, log: member });
  }
  const stored = await settingsNow(settings, parts.registry);
  const directoryPartitions = partitionsOf(parts.view.current(), uid).length;
  const manifest: ArchiveManifest = {
    ...{ format: archiveFormat, writtenBy: version, collection: settings.name, uid },
    ...{ created: new Date(parts.clock.wallMs()).toISOString(), sequence, cut },
    ...{ settings: stored, directoryPartitions, ...objects, shards, members: writer.members },
  };
  yield { manifest: bufferOf(encodeManifest(manifest)) };
}

async function* sendObjects(
  { uid, structureVersion, codebookVersion, parametersVersion, tokenCodec }: CollectionSettings,
  writer: ArchiveWriter,
  { objects }: BackupParts,
): AsyncGenerator<BackupPart, Pick<ArchiveManifest, 'structure' | 'codebook' | 'parameters' | 'codec'>> {
  const read = async (name: string, remedy = ''): Promise<Uint8Array> => {
    const bytes = await objects.get(name).catch((thrown: unknown) => {
      const { code, message } = ShoalError.from(thrown);
      if (code !== 'DATA_LOSS' || remedy === '') throw thrown;
      throw new ShoalError(code, `${message}; ${remedy}`, { cause: thrown });
    });
    if (bytes !== null) return bytes;
    const why = remedy === '' ? 'was the collection dropped?' : remedy;
    throw new ShoalError('FAILED_PRECONDITION', `object '${name}' is not in the object store; ${why}`);
  };
  const without = `\`shoal codebooks NAME --activate ${codebookVersion}\` goes on without it`;
  const structure =
    structureVersion === 0
      ? null
      : yield* writer.member('structure', inPieces(await read(structureObject(uid, structureVersion))));
  const codebook =
    codebookVersion === 0
      ? null
      : yield* writer.member('codebook', inPieces(await read(codebookObject(uid, codebookVersion))));
  const parameters =
    parametersVersion === 0
      ? null
      : yield* writer.member('parameters', inPieces(await read(parametersObject(uid, parametersVersion), without)));
  const codec =
    tokenCodec === ''
      ? null
      : { version: tokenCodec, member: yield* writer.member('codec', inPieces(await read(codecObject(tokenCodec)))) };
  return { structure, codebook, parameters, codec };
}

const pieceBytes = 1024 * 1024;

function* inPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

/** Everything that records up to `position` cause is in the log. */
async function carriedOut(uid: string, position: bigint, parts: BackupParts, deadline: Deadline): Promise<void> {
  if (position === 0n) return;
  const { view, peers } = parts;
  const ask = { uid, sequence: position, subjects: [] };
  await Promise.all(
    partitionsOf(view.current(), uid).map((placement) =>
      atPartition(placement, view, deadline, (address, { partition }) =>
        peers.awaitCommitted(address, { ...ask, partition }, deadline),
      ),
    ),
  );
}

/** With the attribute types that every document up to now has, and the learned parameters that the backup has, whatever serves by now. */
async function settingsNow(
  { uid, name, structureVersion, parametersVersion }: CollectionSettings,
  registry: Registry,
): Promise<Uint8Array> {
  const entry = await registry.get(keys.setting(uid));
  if (entry === null) throw new ShoalError('NOT_FOUND', `collection '${name}' was dropped during the backup`);
  const now = CollectionSettings.decode(entry.value);
  if (now.structureVersion === structureVersion)
    return now.parametersVersion === parametersVersion
      ? entry.value
      : CollectionSettings.encode({ ...now, parametersVersion }).finish();
  const what = `collection '${name}' was trained during the backup, which has its lists of before`;
  throw new ShoalError('ABORTED', `${what}; run the backup again`);
}

function checkHeld(lease: Lease): void {
  if (!lease.lost.aborted) return;
  const what = 'the coordinator lost its lease during the backup, so the log may have been truncated';
  throw new ShoalError('UNAVAILABLE', `${what}; run the backup again`);
}
