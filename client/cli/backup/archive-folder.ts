/**
 * A backup as a folder on this machine: written whole or not at all, and read with mistrust.
 *
 * Members are flat files; nothing is followed out of the folder. What is sent to a cluster was checked here before, every byte.
 */
import { constants } from 'node:fs';
import { lstat, mkdir, mkdtemp, open, readdir, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ShoalError, type ErrorCode } from '../../../base/errors.js';
import type { ArchiveManifest, ArchiveMember } from '../../../cluster/archive/archive.js';
import { manifestName, parseManifest } from '../../../cluster/archive/archive-manifest.js';
import { memberName } from '../../../cluster/archive/check-manifest.js';
import { MemberSum } from '../../../cluster/archive/member-check.js';
import type { ArchivePart, MemberPart } from '../../sdk/backups.js';
import { telling, type SystemFailure } from '../system-failure.js';

/** Bytes read and sent at once. */
const chunkBytes = 256 * 1024;

/** An archive that was found sound, or what is wrong with it. */
export interface CheckedArchive {
  /** The manifest as it is stored. */
  readonly bytes: Buffer;
  readonly manifest: ArchiveManifest;
  /** In the order of names; empty when all is well. */
  readonly problems: readonly ShoalError[];
}

/**
 * Writes `parts` into the new folder `directory`, which appears when all is on disk. ALREADY_EXISTS when it is there; after an error
 * nothing is left.
 */
export async function writeArchive(directory: string, parts: AsyncIterable<ArchivePart>): Promise<ArchiveManifest> {
  if (await isThere(directory)) {
    throw new ShoalError('ALREADY_EXISTS', `${directory} exists already; name a folder that does not`);
  }
  const parent = dirname(resolve(directory));
  // Beside it, since only within a file system is a folder moved at once; in a new one, since no name is certain to be free.
  const holder = await telling(refusalAt(directory), async () => {
    await mkdir(parent, { recursive: true });
    return await mkdtemp(join(parent, '.shoal-backup-'));
  });
  try {
    const partial = join(holder, 'partial');
    return await telling(refusalAt(directory), async () => {
      await mkdir(partial);
      const manifest = await writeMembers(partial, parts);
      await syncFolder(partial);
      await rename(partial, directory);
      await syncFolder(parent);
      return manifest;
    });
  } finally {
    await rm(holder, { recursive: true, force: true });
  }
}

async function writeMembers(folder: string, parts: AsyncIterable<ArchivePart>): Promise<ArchiveManifest> {
  const written: ArchiveMember[] = [];
  let current: { file: FileHandle; sum: MemberSum } | null = null;
  const finish = async (): Promise<void> => {
    if (current === null) return;
    const { file, sum } = current;
    current = null;
    written.push(sum.finish());
    await file.sync();
    await file.close();
  };
  try {
    for await (const part of parts) {
      if (part.kind === 'data') {
        if (current === null)
          throw new ShoalError('UNKNOWN', 'the cluster sent bytes of no member; are versions equal?');
        current.sum.add(part.bytes);
        // All of it, however much the system takes at once.
        await current.file.writeFile(part.bytes);
        continue;
      }
      await finish();
      if (part.kind === 'manifest') return await writeManifest(folder, part.bytes, written);
      const name = memberName(part.name, 'a member');
      current = { file: await open(join(folder, name), 'wx'), sum: new MemberSum(name) };
    }
  } finally {
    await current?.file.close();
  }
  throw new ShoalError('UNAVAILABLE', 'the backup ended before its manifest; run it again');
}

async function writeManifest(
  folder: string,
  bytes: Uint8Array,
  written: readonly ArchiveMember[],
): Promise<ArchiveManifest> {
  const manifest = parseManifest(bytes);
  const came = JSON.stringify(written);
  if (came !== JSON.stringify(manifest.members)) {
    throw new ShoalError('DATA_LOSS', 'what came of the backup is not what its manifest says; run it again');
  }
  const file = await open(join(folder, manifestName), 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  return manifest;
}

/**
 * Reads every byte of the archive in `directory`. NOT_FOUND when there is none, INVALID_ARGUMENT for something else than a backup,
 * DATA_LOSS for a damaged manifest, FAILED_PRECONDITION for a newer one; what is wrong with members is in `problems`.
 */
export async function checkArchive(directory: string): Promise<CheckedArchive> {
  const names = await namesIn(directory);
  if (!names.includes(manifestName)) {
    const what = `${directory} has no ${manifestName}`;
    throw new ShoalError('INVALID_ARGUMENT', `${what}: it is no backup, or one that was not finished`);
  }
  await checkKind(directory, manifestName);
  const bytes = await readFile(join(directory, manifestName));
  const manifest = parseManifest(bytes);
  const problems: ShoalError[] = [];
  const known = new Set([manifestName, ...manifest.members.map(({ name }) => name)]);
  for (const name of names) {
    if (known.has(name)) continue;
    const what = `${JSON.stringify(name)} in ${directory} does not belong to the backup`;
    problems.push(new ShoalError('INVALID_ARGUMENT', `${what}; take it away`));
  }
  for (const member of manifest.members) {
    const problem = await problemOf(directory, member);
    if (problem !== null) problems.push(problem);
  }
  return { bytes, manifest, problems };
}

/** Every member of a checked archive, in the manifest's order. */
export async function* readMembers(directory: string, manifest: ArchiveManifest): AsyncGenerator<MemberPart> {
  for (const { name } of manifest.members) {
    yield { kind: 'member', name };
    for await (const bytes of chunksOf(join(directory, name))) yield { kind: 'data', bytes };
  }
}

async function problemOf(directory: string, member: ArchiveMember): Promise<ShoalError | null> {
  const { name } = member;
  try {
    await checkKind(directory, name);
    const sum = new MemberSum(name);
    for await (const bytes of chunksOf(join(directory, name))) {
      sum.add(bytes);
      if (sum.bytes > member.bytes) break;
    }
    if (sum.bytes !== member.bytes) throw damaged(name, `has not the ${member.bytes} bytes that it should have`);
    if (sum.finish().sha256 !== member.sha256) throw damaged(name, 'has another checksum than the manifest says');
    return null;
  } catch (error) {
    return ShoalError.from(error);
  }
}

function damaged(name: string, how: string): ShoalError {
  return new ShoalError('DATA_LOSS', `member '${name}' of the backup is damaged: it ${how}; use another backup`);
}

/** INVALID_ARGUMENT unless `name` is a plain file of `directory`: a link could name any file of this machine. */
async function checkKind(directory: string, name: string): Promise<void> {
  const found = await lstat(join(directory, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (found?.isFile() === true) return;
  const why = found === null ? 'is missing' : 'is no plain file';
  throw new ShoalError('INVALID_ARGUMENT', `member '${name}' of the backup in ${directory} ${why}; use a whole backup`);
}

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, null);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    throw new ShoalError('NOT_FOUND', `cannot read ${directory}: ${(error as Error).message}`, { cause: error });
  }
}

/** Whether `directory` is, or was meant to be, a backup. */
export async function isArchive(directory: string): Promise<boolean> {
  return isThere(join(directory, manifestName));
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** What is said where the file system refuses a backup to `directory`. */
function refusalAt(directory: string): (failure: SystemFailure) => readonly [ErrorCode, string] {
  return ({ code, syscall, message }) => {
    if (syscall === 'rename' && (code === 'ENOTEMPTY' || code === 'EEXIST'))
      return ['ALREADY_EXISTS', `${directory} came to exist during the backup; name a folder that does not`];
    const what = `cannot write a backup to ${directory}: ${message}`;
    if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code))
      return ['RESOURCE_EXHAUSTED', `${what}; make room and run it again`];
    return ['INVALID_ARGUMENT', `${what}; name another folder`];
  };
}
