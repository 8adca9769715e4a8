import assert from 'node:assert/strict';
import { join } from 'node:path';
import { withFakeCoordinator } from '../run-shoal.js';

type Fields = Record<string, unknown>;

/** An export without its first line. */
function documentsOf(text: string): string {
  assert.match(text, /^\{"shoal":\{"format":1,/);
  return text.slice(text.indexOf('\n') + 1);
}

describe('shoal export', () => {
  const { shoal, folder, fake } = withFakeCoordinator();
  const describe = async (name: string): Promise<unknown> =>
    (await shoal(['collections', 'describe', name, '--json'])).json()['collection'];
  const lines =
    '{"_id":"1","title":"T","text":"x","attributes":{"year":1999,"big":"9007199254740993","at":"2026-01-31T12:00:00.000Z"},' +
    '"vector":[0.5,0.25,1],"sparse":{"terms":[3,9],"weights":[1,0.5]},"tokens":{"count":1,"codec":"r2","rows":"AQI="}}\n' +
    '{"_id":"2","text":""}\n';

  it('gives back what was imported, and importing that gives the same again', async () => {
    const create = ['--attributes', 'year:int64,big:int64,at:timestamp'];
    await shoal(['collections', 'create', 'one', ...create]);
    await shoal(['collections', 'create', 'two', ...create]);
    await shoal(['import', 'one', '-'], { stdin: lines });
    assert.equal(documentsOf((await shoal(['export', 'one', '--vectors'])).stdout), lines);
    const file = join(folder(), 'one.jsonl.gz');
    const summary = await shoal(['export', 'one', file, '--vectors', '--json']);
    assert.deepEqual(summary.json(), { collection: 'one', documents: 2, file });
    await shoal(['import', 'two', file]);
    assert.equal(documentsOf((await shoal(['export', 'two', '--vectors'])).stdout), lines);
  });

  it('says first how the collection was made, so that an import of it makes the same one', async () => {
    const words = ['--model', 'none', '--dim', '3', '--attributes', 'big:int64,at:timestamp', '--expires-by', 'at'];
    await shoal(['collections', 'create', 'one', ...words]);
    await shoal(['import', 'one', '-'], { stdin: lines.replace('"year":1999,', '"tags":[],') });
    const exported = (await shoal(['export', 'one'])).stdout;
    const made = await shoal(['import', 'two', '-'], { stdin: exported });
    assert.equal(made.exitCode, 0, made.stderr);
    const [one, two] = (await Promise.all(['one', 'two'].map(async (name) => describe(name)))) as [Fields, Fields];
    for (const field of ['model', 'dim', 'attributes', 'expiresBy', 'keepVectors', 'targetRecall'])
      assert.deepEqual(two[field], one[field], field);
    assert.equal((await shoal(['export', 'two'])).stdout, exported.replace('"collection":"one"', '"collection":"two"'));
  });

  it('declares types that the collection gets meanwhile, and a later import knows them', async () => {
    await shoal(['collections', 'create', 'one']);
    // The fake never learns types, as if each attribute were new to the collection while it is exported.
    await shoal(['collections', 'create', 'typed', '--attributes', 'n:int64']);
    await shoal(['import', 'typed', '-'], {
      stdin: '{"_id":"1","text":"x","attributes":{"n":"9007199254740993","s":"a"}}',
    });
    const { stdout } = await shoal(['export', 'typed']);
    assert.deepEqual(
      stdout
        .split('\n')
        .map((line) => line.slice(0, 60))
        .slice(1, 3),
      [
        '{"shoal":{"format":1,"attributes":{"s":"string"}}}',
        '{"_id":"1","text":"x","attributes":{"n":"9007199254740993","',
      ],
    );
    await shoal(['import', 'one', '-'], { stdin: stdout });
    const found = fake().documentsOf('one').get('1');
    assert.equal(found?.attributes['n']?.int64Value, 9007199254740993n);
  });

  it('of a newer format is not read as something else', async () => {
    const newer = await shoal(['import', 'x', '-'], { stdin: '{"shoal":{"format":2}}\n' });
    assert.deepEqual([newer.exitCode, /format 2, this program reads up to 1/.test(newer.stderr)], [1, true]);
    const broken = await shoal(['import', 'x', '-'], {
      stdin: '{"_id":"1","text":"x"}\n{"shoal":{"format":1,"attributes":7}}\n',
    });
    assert.deepEqual([broken.exitCode, /-:2: .*attributes are no object/.test(broken.stderr)], [1, true]);
  });

  it('needs a file for --json', async () => {
    assert.equal((await shoal(['export', 'one', '--json'])).exitCode, 2);
  });
});
