import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beirFile, openSources } from '../../../../../client/cli/import/sources.js';
import type { LineFile } from '../../../../../client/cli/import/lines.js';
import { folderOfSuite } from '../../../../temporary-folder.js';

async function texts(file: LineFile | undefined): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of file?.lines() ?? []) lines.push(line.bytes?.toString() ?? '');
  return lines;
}

describe('sources of an import', () => {
  const folder = folderOfSuite();

  it('prefer the plain corpus of a BEIR directory, and say what is missing', () => {
    const beir = join(folder, 'beir');
    mkdirSync(beir);
    assert.throws(() => beirFile(beir, 'corpus'), {
      code: 'NOT_FOUND',
      message: /neither corpus\.jsonl nor corpus\.jsonl\.gz/,
    });
    writeFileSync(join(beir, 'corpus.jsonl.gz'), '');
    assert.equal(beirFile(beir, 'corpus'), join(beir, 'corpus.jsonl.gz'));
    writeFileSync(join(beir, 'corpus.jsonl'), '');
    assert.equal(beirFile(beir, 'corpus'), join(beir, 'corpus.jsonl'));
  });

  it('give standard input twice where it is spooled', async () => {
    const spool = join(folder, 'spool');
    const [file] = await openSources(['-'], { stdin: Readable.from([Buffer.from('a\nb\n')]), spool });
    assert.equal(file?.canReread, true);
    assert.deepEqual(await texts(file), ['a', 'b']);
    assert.deepEqual(await texts(file), ['a', 'b']);
  });
});
