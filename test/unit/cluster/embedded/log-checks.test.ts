import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { checkStore } from '../../../../cluster/embedded/lmdb-store.js';
import { checksOf } from '../../../../cluster/embedded/log-checks.js';
import { LogChunk } from '../../../../cluster/embedded/log-chunk.js';
import { damage } from '../../../flip.js';
import { folderPerTest } from '../../../temporary-folder.js';

describe('the checks of log records', () => {
  const folder = folderPerTest();
  const path = (): string => join(folder(), '1.mdb');
  const check = (isDeep: boolean): Promise<void> => checkStore(path(), { own: checksOf(path(), isDeep) });

  beforeEach(async () => {
    const chunk = await LogChunk.open({ stream: 's', path: path(), first: 1n, mapBytes: 1024 * 1024 });
    const body = Buffer.alloc(10_000, 7);
    await chunk.append(
      [1n, 2n].map((sequence) => ({ sequence, subject: 'a', timeMs: 1, headers: { id: 'xyz' }, body })),
    );
    await chunk.close();
  });

  it('pass whole records', async () => {
    await check(false);
    await check(true);
  });

  it('find damaged headers by the sequence', async () => {
    damage(path(), { kind: 'flip', byte: readFileSync(path()).lastIndexOf('xyz'), bit: 0 });
    await assert.rejects(check(false), { code: 'DATA_LOSS', message: /sequence \d in .*headers are damaged/ });
  });

  it('find damaged bodies where they are asked to read them', async () => {
    damage(path(), { kind: 'flip', byte: readFileSync(path()).indexOf(Buffer.alloc(64, 7)) + 100, bit: 0 });
    await check(false);
    await assert.rejects(check(true), { code: 'DATA_LOSS', message: /sequence \d in .*body is damaged/ });
  });
});
