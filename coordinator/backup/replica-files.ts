/** The files of one replica of a shard, as of the moment at which it sealed them for the backup. */
import { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import {
  TransferService,
  type BackupPart,
  type OpenSnapshotResponse,
  type SnapshotFile,
} from '../../proto/generated/shoal/v1/backup.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import { onOneReplica } from '../documents/shards.js';
import type { ArchivedShard } from '../../cluster/archive/archive.js';
import type { ArchiveWriter } from './archive-writer.js';
import type { BackupParts } from './parts.js';

/** Bytes asked for at once. */
const pieceBytes = 1024 * 1024;

/** What one replica gave of its shard. */
export type ReplicaFiles = Pick<ArchivedShard, 'marks' | 'files'>;

interface Source {
  readonly address: string;
  readonly snapshot: OpenSnapshotResponse;
}

/**
 * Sends the files of a ready replica. UNAVAILABLE when there is none, or when it goes away meanwhile, RESOURCE_EXHAUSTED when its disk
 * is full, DATA_LOSS when one of its files is shorter than it says.
 */
export async function* sendReplica(
  placement: ShardPlacement,
  writer: ArchiveWriter,
  parts: BackupParts,
  deadline: Deadline,
): AsyncGenerator<BackupPart, ReplicaFiles> {
  const { uid } = placement;
  const source = await onOneReplica(placement, parts.view, deadline, async ({ shard, generation }, address) => {
    const request = { uid, ref: { shard, generation } };
    return { address, snapshot: await parts.peers.transfer(address, TransferService.openSnapshot, request, deadline) };
  }).catch((error: unknown) => Promise.reject(fullDisk(error)));
  try {
    const files: { file: string; member: string }[] = [];
    for (const [number, file] of source.snapshot.files.entries()) {
      const pieces = piecesOf(source, { number, file }, parts, deadline);
      files.push({ file: file.name, member: yield* writer.member(`shard-${placement.shard}.${file.name}`, pieces) });
    }
    return {
      marks: Object.fromEntries(source.snapshot.marks.map(({ subject, sequence }) => [subject, sequence])),
      files,
    };
  } finally {
    await release(source, parts);
  }
}

async function* piecesOf(
  { address, snapshot }: Source,
  { number, file }: { readonly number: number; readonly file: SnapshotFile },
  parts: BackupParts,
  deadline: Deadline,
): AsyncGenerator<Uint8Array> {
  for (let offset = 0n; offset < file.bytes;) {
    const request = { snapshot: snapshot.snapshot, file: number, offset, limit: pieceBytes };
    const { data } = await parts.peers.transfer(address, TransferService.readSnapshot, request, deadline);
    yield data;
    if (data.length === 0) {
      const what = `file '${file.name}' of the replica at ${address} ends after ${offset} of ${file.bytes} bytes`;
      throw new ShoalError('DATA_LOSS', `${what}; run \`shoal verify\` on that node's data`);
    }
    offset += BigInt(data.length);
  }
}

/** `error`, or what it comes from where that is a node that has no room to seal what is to be backed up. */
function fullDisk(error: unknown): unknown {
  const { cause } = error as Error;
  return cause instanceof ShoalError && cause.code === 'RESOURCE_EXHAUSTED' ? cause : error;
}

/** The caller may be gone, and its deadline with it. What cannot be reached gives the snapshot up by itself. */
async function release({ address, snapshot }: Source, { peers, clock, logger }: BackupParts): Promise<void> {
  const deadline = Deadline.after(clock, limits.writeDeadlineMs);
  try {
    await peers.transfer(address, TransferService.closeSnapshot, { snapshot: snapshot.snapshot }, deadline);
  } catch (error) {
    logger.warn({ err: error, address }, 'a snapshot could not be released');
  } finally {
    deadline.close();
  }
}
