/** A folder of its own for each test of a suite. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Call in a `describe`; gives the present test's folder, which is removed after it. */
export function folderPerTest(): () => string {
  const state = { folder: '' };
  beforeEach(async () => {
    state.folder = await mkdtemp(join(tmpdir(), 'shoal-unit-'));
  });
  afterEach(async () => {
    await rm(state.folder, { recursive: true });
  });
  return () => state.folder;
}
