import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readQueries } from '../../../../client/cli/queries-file.js';
import { folderOfSuite } from '../../../temporary-folder.js';

describe('a file of queries', () => {
  const folder = folderOfSuite();

  function fileOf(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  it('has a text a line', async () => {
    assert.deepEqual(await readQueries(fileOf('texts', 'who mends shoes\r\n\n  small rooms \n')), [
      'who mends shoes',
      'small rooms',
    ]);
  });

  it('has JSON lines as evaluation collections do', async () => {
    const path = fileOf('lines.jsonl', '{"_id":"1","text":"a wing"}\n{"_id":"2","text":"a plate"}\n');
    assert.deepEqual(await readQueries(path), ['a wing', 'a plate']);
  });

  it('is refused where it is missing, empty, or a line is wrong', async () => {
    await assert.rejects(readQueries(join(folder, 'none')), { code: 'NOT_FOUND' });
    await assert.rejects(readQueries(fileOf('empty', '\n')), { code: 'INVALID_ARGUMENT', message: /no queries/ });
    await assert.rejects(readQueries(fileOf('bare', 'a\n{"id":"1"}')), { code: 'INVALID_ARGUMENT', message: /bare:2/ });
    await assert.rejects(readQueries(fileOf('bad', '{"text":')), { code: 'INVALID_ARGUMENT', message: /bad:1/ });
  });
});
