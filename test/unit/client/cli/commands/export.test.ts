import assert from 'node:assert/strict';
import { join } from 'node:path';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal export', () => {
  const { shoal, folder } = withFakeCoordinator();
  const lines =
    '{"_id":"1","title":"T","text":"x","attributes":{"year":1999,"big":"9007199254740993","at":"2026-01-31T12:00:00.000Z"},' +
    '"vector":[0.5,0.25,1],"sparse":{"terms":[3,9],"weights":[1,0.5]},"tokens":{"count":1,"codec":"r2","rows":"AQI="}}\n' +
    '{"_id":"2","text":""}\n';

  it('gives back what was imported, and importing that gives the same again', async () => {
    const create = ['--attributes', 'year:int64,big:int64,at:timestamp'];
    await shoal(['collections', 'create', 'one', ...create]);
    await shoal(['collections', 'create', 'two', ...create]);
    await shoal(['import', 'one', '-'], { stdin: lines });
    assert.equal((await shoal(['export', 'one', '--vectors'])).stdout, lines);
    const file = join(folder(), 'one.jsonl.gz');
    const summary = await shoal(['export', 'one', file, '--vectors', '--json']);
    assert.deepEqual(summary.json(), { collection: 'one', documents: 2, file });
    await shoal(['import', 'two', file]);
    assert.equal((await shoal(['export', 'two', '--vectors'])).stdout, lines);
  });

  it('says in its help that types are declared again, as they have to be', async () => {
    const { stdout } = await shoal(['export', '--help']);
    const text = stdout.replace(/\s+/g, ' ');
    assert.match(text, /Attribute types are not exported: .* declare its int64 and timestamp attributes again/);
  });

  it('needs a file for --json', async () => {
    assert.equal((await shoal(['export', 'one', '--json'])).exitCode, 2);
  });
});
