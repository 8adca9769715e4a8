/** The gRPC face of transfers: files of replicas out for backups, and in for restores. */
import type { Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { Logger } from '../../base/logger.js';
import { unaryHandler } from '../../cluster/rpc/handlers.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { Registry } from '../../cluster/registry.js';
import type { BeginImportRequest, TransferServer, WriteImportRequest } from '../../proto/generated/shoal/v1/backup.js';
import type { Files } from '../../vector-index/files.js';
import type { ReplicaSet } from '../replicas.js';
import { Imports } from './imports.js';
import type { ImportTask } from './replica-import.js';
import { Snapshots } from './snapshots.js';

export interface TransferParts {
  readonly replicas: Pick<ReplicaSet, 'replica'>;
  /** Folder of the replicas. */
  readonly dataDirectory: string;
  readonly registry: Registry;
  readonly objects: ObjectStore;
  readonly files: Files;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Transfers {
  readonly server: TransferServer;
  /** Lets snapshots go and removes what is half imported. Idempotent. */
  close(): Promise<void>;
}

/** The handlers of `shoal.v1.Transfer` over what they hold. */
export function openTransfers(parts: TransferParts): Transfers {
  const snapshots = new Snapshots(parts);
  const imports = new Imports(parts);
  return {
    server: transferService(parts, snapshots, imports),
    close: async () => {
      await imports.close();
      await snapshots.close();
    },
  };
}

function transferService(
  { replicas, clock, logger }: TransferParts,
  snapshots: Snapshots,
  imports: Imports,
): TransferServer {
  const options = { clock, logger, deadlineMsDefault: limits.writeDeadlineMs };
  return {
    openSnapshot: unaryHandler(async ({ uid, ref }) => {
      const { index } = replicas.replica(uid, ref);
      const { number, marks, files } = await snapshots.open(() => index.snapshot());
      return {
        snapshot: number,
        marks: [...marks].map(([subject, sequence]) => ({ subject, sequence })),
        files: files.map(({ name, bytes }) => ({ name, bytes: BigInt(bytes) })),
      };
    }, options),
    readSnapshot: unaryHandler(async ({ snapshot, file, offset, limit }) => {
      const bytes = snapshots.read(snapshot, { file, offset: Number(offset), limit });
      return { data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
    }, options),
    closeSnapshot: unaryHandler(async ({ snapshot }) => {
      await snapshots.release(snapshot);
      return {};
    }, options),
    beginImport: unaryHandler(async (request) => {
      await imports.begin(taskOf(request));
      return {};
    }, options),
    writeImport: unaryHandler(async (request) => {
      await write(request, imports);
      return {};
    }, options),
    finishImport: unaryHandler(
      async ({ uid, shard }) => ({ documents: BigInt(await imports.finish(uid, shard)) }),
      options,
    ),
    discardImport: unaryHandler(async ({ uid, shard }) => {
      await imports.discard(uid, shard);
      return {};
    }, options),
  };
}

function taskOf({ settings, placement, archivedUid, sequence, cut }: BeginImportRequest): ImportTask {
  if (settings !== undefined && placement !== undefined) return { settings, placement, archivedUid, sequence, cut };
  throw new ShoalError(
    'INVALID_ARGUMENT',
    'an import needs the settings of its collection and the placement of its shard',
  );
}

function write({ uid, shard, file, records, data }: WriteImportRequest, imports: Imports): Promise<void> {
  if (file !== undefined) return imports.writeFile(uid, shard, { name: file, bytes: data });
  if (records === true) return imports.writeRecords(uid, shard, data);
  throw new ShoalError('INVALID_ARGUMENT', 'the piece says neither of which file it is nor that it is of the records');
}
