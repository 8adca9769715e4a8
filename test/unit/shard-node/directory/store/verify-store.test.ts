import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../../../base/clock.js';
import { noMarks } from '../../../../../shard-node/directory/store/directory-entry.js';
import { RunDirectoryStore } from '../../../../../shard-node/directory/store/run-directory-store.js';
import { verifyDirectoryStore } from '../../../../../shard-node/directory/store/verify-store.js';
import { systemFiles } from '../../../../../vector-index/system-files.js';
import { damage } from '../../../../flip.js';
import { folderPerTest } from '../../../../temporary-folder.js';

describe('the check of a directory partition', () => {
  const folder = folderPerTest();
  const problems = (): Promise<readonly string[]> => verifyDirectoryStore(systemFiles, folder());

  beforeEach(async () => {
    const store = await RunDirectoryStore.open({ directory: folder(), files: systemFiles, clock: systemClock });
    const entries = new Map(
      Array.from({ length: 500 }, (_, i) => [
        `id-${i}`,
        { docId: BigInt(i + 4_096), contentHash: 7n, places: [0], unheard: [] },
      ]),
    );
    await store.commit({ marks: { ...noMarks, subjects: [{ subject: 's', last: 1n }] }, entries, verdicts: [] });
    await store.close();
  });

  it('finds nothing in whole files', async () => {
    assert.deepEqual(await problems(), []);
  });

  for (const [name, byte] of [
    ['directory', 5],
    ['run', 900],
  ] as const) {
    it(`names a damaged ${name}`, async () => {
      const file = readdirSync(folder()).find((each) => each.startsWith(name)) ?? '';
      damage(join(folder(), file), { kind: 'flip', byte, bit: 2 });
      const found = await problems();
      assert.equal(found.length, 1);
      assert.match(found[0] ?? '', new RegExp(file));
    });
  }
});
