import assert from 'node:assert/strict';
import { digestOf } from '../../../../cluster/archive/archive-manifest.js';
import { ArchiveWriter } from '../../../../coordinator/backup/archive-writer.js';
import type { BackupPart } from '../../../../proto/generated/shoal/v1/backup.js';

describe('members that go out', () => {
  it('are named, sent in pieces, and counted for the manifest', async () => {
    const writer = new ArchiveWriter();
    const parts: BackupPart[] = [];
    async function* all(): AsyncGenerator<BackupPart, string> {
      yield* writer.member('empty', []);
      return yield* writer.member('two', [Buffer.from('ab'), Buffer.from('c')]);
    }
    for await (const part of all()) parts.push(part);
    assert.deepEqual(parts, [
      { member: 'empty' },
      { member: 'two' },
      { data: Buffer.from('ab') },
      { data: Buffer.from('c') },
    ]);
    assert.deepEqual(writer.members, [
      { name: 'empty', bytes: 0, sha256: digestOf(Buffer.alloc(0)) },
      { name: 'two', bytes: 3, sha256: digestOf(Buffer.from('abc')) },
    ]);
  });
});
