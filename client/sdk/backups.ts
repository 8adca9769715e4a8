/** Backups: a collection as a stream of archive members, and back. Files are the caller's business. */
import { Metadata } from '@grpc/grpc-js';
import { bufferOf } from '../../base/bytes.js';
import { errorOfCall } from './errors.js';
import type { BackupPart, BackupsClient, RestorePart, RestoreResponse } from '../../proto/generated/shoal/v1/backup.js';
import { upload } from './upload.js';
import type { Target } from './call.js';

/** One piece of an archive on its way: a member begins, its next bytes follow. */
export type MemberPart =
  { readonly kind: 'member'; readonly name: string } | { readonly kind: 'data'; readonly bytes: Uint8Array };

/** What a backup gives: members one after another, and last the manifest. */
export type ArchivePart = MemberPart | { readonly kind: 'manifest'; readonly bytes: Uint8Array };

export interface RestoreTask {
  /** Name of the collection to make. */
  readonly collection: string;
  readonly manifest: Uint8Array;
  /** Every member, in the manifest's order. */
  readonly members: AsyncIterable<MemberPart>;
  /** As many as the archived collection had unless given. */
  readonly replicas?: number;
}

export interface RestoreResult {
  readonly uid: string;
  readonly documents: number;
  readonly sequence: bigint;
}

export interface BackupCalls {
  /** Everything that was acknowledged before the call, as of one instant after it; leaving the loop ends the backup. */
  backup(collection: string): AsyncGenerator<ArchivePart>;
  /**
   * Makes the collection of an archive. ALREADY_EXISTS for a name that is taken, DATA_LOSS for a damaged member, FAILED_PRECONDITION
   * for an archive of a newer Shoal. What fails leaves nothing behind.
   */
  restore(task: RestoreTask): Promise<RestoreResult>;
}

/** The calls about backups over `client`. */
export function backupCalls(target: Target, client: BackupsClient): BackupCalls {
  return {
    backup: (collection) => backup(target, client, collection),
    restore: (task) => restore(target, client, task),
  };
}

async function* backup(target: Target, client: BackupsClient, collection: string): AsyncGenerator<ArchivePart> {
  const call = client.backup({ collection }, new Metadata());
  try {
    for await (const message of call) {
      const { member, data, manifest } = message as BackupPart;
      if (member !== undefined) yield { kind: 'member', name: member };
      else if (data !== undefined) yield { kind: 'data', bytes: data };
      else if (manifest !== undefined) yield { kind: 'manifest', bytes: manifest };
    }
  } catch (error) {
    throw errorOfCall(error, target.address);
  } finally {
    call.cancel();
  }
}

async function restore(target: Target, client: BackupsClient, task: RestoreTask): Promise<RestoreResult> {
  const { collection, replicas = 0, manifest, members } = task;
  const answer = await upload<RestorePart, RestoreResponse>(target, client.restore.bind(client), async (write) => {
    if (!(await write({ start: { collection, replicas, manifest: bufferOf(manifest) } }))) return;
    for await (const part of members) {
      if (!(await write(part.kind === 'member' ? { member: part.name } : { data: bufferOf(part.bytes) }))) return;
    }
  });
  return { uid: answer.uid, documents: Number(answer.documents), sequence: answer.sequence };
}
