/**
 * The file system as an index uses it, so that tests can crash it at any write. `systemFiles` in `system-files.ts` is the real one.
 *
 * Errors are those of Node (`code` ENOENT, ENOSPC …). What was written is safe from a crash only after `sync` of the file, what was
 * created, renamed or removed only after `syncDirectory`.
 */
import type { MappedFile } from '../kernels/kernels.js';

/** A file that is being written from its beginning to its end. The creator closes it. */
export interface WritableFile {
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface Files {
  /** Made with its parents unless it exists. */
  makeDirectory(path: string): Promise<void>;
  /** Names in the directory `path`, in any order. */
  list(path: string): Promise<readonly string[]>;
  read(path: string): Promise<Buffer>;
  /** Opens `path` for writing, empty whether it existed or not. */
  create(path: string): Promise<WritableFile>;
  /** Replaces `to`. */
  rename(from: string, to: string): Promise<void>;
  /** Nothing when it does not exist. */
  remove(path: string): Promise<void>;
  /** With all that is in it; nothing when it does not exist. */
  removeDirectory(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
  /** A read-only view of a whole file that is never changed again; NOT_FOUND when it does not exist. */
  map(path: string): MappedFile;
}
