/**
 * The data of a replica, taken from another node that serves the same shard: the sealed files of one instant, after which the log says the
 * rest.
 *
 * What was in the folder before is kept aside, since what a node takes for damage may be worth something. While a mark lies in the folder a copy is
 * under way in it, or was broken off by a crash.
 */
import { join } from 'node:path';
import { Deadline } from '../../base/deadline.js';
import { sleep, type Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { Logger } from '../../base/logger.js';
import { memberName } from '../../cluster/archive/check-manifest.js';
import type { Method } from '../../cluster/rpc/method.js';
import type { Connections } from '../../cluster/rpc/transport.js';
import { TransferService, type OpenSnapshotResponse } from '../../proto/generated/shoal/v1/backup.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import { diskError, writeDurably } from '../../vector-index/durable-file.js';
import type { Files } from '../../vector-index/files.js';
import { verifyDirectory } from '../../vector-index/verify.js';

/** Bytes asked for at once. */
const pieceBytes = 1024 * 1024;

export interface CopyParts {
  /** To other nodes. */
  readonly connections: Pick<Connections, 'unary'>;
  readonly files: Files;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Bytes a second that a copy takes of the peer's network and of this node's disk. */
  readonly bytesPerSecondMax: number;
}

export interface CopyOrder {
  readonly placement: Pick<ShardPlacement, 'uid' | 'shard' | 'generation'>;
  /** HOST:PORT of a node with a ready replica. */
  readonly address: string;
  /** The replica's folder. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

const markName = 'copying';

/** Where what was found in a replica's folder is kept when another node's data takes its place. */
export function asideOf(directory: string): string {
  return `${directory}.damaged`;
}

/** Empties the folder of a replica that is not open if a copy into it was broken off. */
export async function discardUnfinished(directory: string, files: Files): Promise<void> {
  await files.makeDirectory(directory);
  if ((await files.list(directory)).includes(markName)) await files.removeDirectory(directory);
}

/**
 * Fills the folder of a replica that is not open; gives the bytes copied. Errors are those of the peer (UNAVAILABLE, FAILED_PRECONDITION, DATA_LOSS
 * where what it has is damaged) and of the disk (RESOURCE_EXHAUSTED); CANCELLED by the signal. After an error the folder holds no index.
 */
export async function copyReplica(order: CopyOrder, parts: CopyParts): Promise<number> {
  const { uid, shard, generation } = order.placement;
  const snapshot = await ask(order, parts, TransferService.openSnapshot, { uid, ref: { shard, generation } });
  try {
    await setAside(order.directory, parts.files);
    return await fill(snapshot, order, parts);
  } catch (error) {
    throw diskError(error, order.directory);
  } finally {
    await release(snapshot, order, parts);
  }
}

async function setAside(directory: string, files: Files): Promise<void> {
  await files.makeDirectory(directory);
  await writeDurably(files, join(directory, markName), new Uint8Array(0));
  const names = (await files.list(directory)).filter((name) => name !== markName);
  if (names.length === 0) return;
  const aside = asideOf(directory);
  await files.removeDirectory(aside);
  await files.makeDirectory(aside);
  for (const name of names) await files.rename(join(directory, name), join(aside, name));
  await files.syncDirectory(aside);
  await files.syncDirectory(directory);
}

/** What cannot be finished takes no room. */
async function fill(snapshot: OpenSnapshotResponse, order: CopyOrder, parts: CopyParts): Promise<number> {
  try {
    const bytes = await copyFiles(snapshot, order, parts);
    await check(order, parts);
    await parts.files.remove(join(order.directory, markName));
    await parts.files.syncDirectory(order.directory);
    return bytes;
  } catch (error) {
    await parts.files.removeDirectory(order.directory);
    throw error;
  }
}

async function copyFiles(snapshot: OpenSnapshotResponse, order: CopyOrder, parts: CopyParts): Promise<number> {
  const { directory } = order;
  const { files, clock, bytesPerSecondMax } = parts;
  const beginMs = clock.monotonicMs();
  let copied = 0;
  for (const [number, { name, bytes }] of snapshot.files.entries()) {
    memberName(name, 'a file of a replica');
    const file = await files.create(join(directory, name));
    try {
      for (let offset = 0n; offset < bytes;) {
        const data = await pieceOf(snapshot, { number, offset }, order, parts);
        await file.write(data);
        offset += BigInt(data.length);
        copied += data.length;
        const aheadMs = (1_000 * copied) / bytesPerSecondMax - (clock.monotonicMs() - beginMs);
        if (aheadMs > 0) await sleep(clock, aheadMs, order.signal);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  }
  await files.syncDirectory(directory);
  return copied;
}

async function pieceOf(
  { snapshot, files }: OpenSnapshotResponse,
  { number, offset }: { readonly number: number; readonly offset: bigint },
  order: CopyOrder,
  parts: CopyParts,
): Promise<Uint8Array> {
  const request = { snapshot, file: number, offset, limit: pieceBytes };
  const { data } = await ask(order, parts, TransferService.readSnapshot, request);
  if (data.length > 0) return data;
  const what = `file '${files[number]!.name}' at ${order.address} ends after ${offset} of ${files[number]!.bytes} bytes`;
  throw new ShoalError('DATA_LOSS', `${what}; run \`shoal verify\` on that node's data`);
}

async function check({ address, directory }: CopyOrder, { files, clock }: CopyParts): Promise<void> {
  const [problem] = await verifyDirectory(directory, { files, clock });
  if (problem === undefined) return;
  throw new ShoalError('DATA_LOSS', `what ${address} sent is damaged: ${problem}; run \`shoal verify\` on its data`);
}

async function ask<Request, Response>(
  { address, signal }: Pick<CopyOrder, 'address' | 'signal'>,
  { connections, clock }: CopyParts,
  method: Method<Request, Response>,
  request: Request,
): Promise<Response> {
  const deadline = Deadline.after(clock, limits.writeDeadlineMs, signal);
  try {
    return await connections.unary(address, method, request, deadline);
  } catch (thrown) {
    const error = ShoalError.from(thrown);
    // A defect of the other node is not one of this.
    if (error.code !== 'INTERNAL') throw error;
    throw new ShoalError('UNAVAILABLE', `the node at ${address} cannot give it: ${error.message}`, { cause: error });
  } finally {
    deadline.close();
  }
}

/** A peer that cannot be reached gives the snapshot up by itself. */
async function release({ snapshot }: OpenSnapshotResponse, { address }: CopyOrder, parts: CopyParts): Promise<void> {
  const order = { address, signal: new AbortController().signal };
  await ask(order, parts, TransferService.closeSnapshot, { snapshot }).catch((error: unknown) =>
    parts.logger.debug({ err: error, address }, 'a snapshot could not be released'),
  );
}
