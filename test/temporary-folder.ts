/** Folders under the system's temporary one, which are gone after the work, the test or the suite that they were made for. */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const prefix = join(tmpdir(), 'shoal-test-');

/** Calls `work` with a new folder that is removed afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await newFolder();
  try {
    return await work(folder);
  } finally {
    await removeFolder(folder);
  }
}

/** Call in a `describe`; gives the present test's folder, which is removed after it. */
export function folderPerTest(): () => string {
  const state = { folder: '' };
  beforeEach(async () => {
    state.folder = await newFolder();
  });
  afterEach(() => removeFolder(state.folder));
  return () => state.folder;
}

/** Call in a `describe`; a folder for all its tests, which is removed after the last one. */
export function folderOfSuite(): string {
  const folder = mkdtempSync(prefix);
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A new folder for a test that removes it itself, with `removeFolder`. */
export function newFolder(): Promise<string> {
  return mkdtemp(prefix);
}

export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}
