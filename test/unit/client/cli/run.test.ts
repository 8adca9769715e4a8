import assert from 'node:assert/strict';
import { runShoal } from './run-shoal.js';

describe('a run of the command line', () => {
  it('ends with 0 for help and version', async () => {
    assert.match((await runShoal(['--help'])).stdout, /First steps:/);
    assert.match((await runShoal(['help', 'search'])).stdout, /Examples:\n {2}\$ shoal search/);
    assert.match((await runShoal(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
    assert.equal((await runShoal(['collections', '--help'])).exitCode, 0);
  });

  it('ends with 2 for wrong usage, and says where help is', async () => {
    const cases: [string[], RegExp][] = [
      [[], /Usage: shoal/],
      [['serch'], /unknown command 'serch'\n\(Did you mean search\?\)\n\nsee: shoal --help/],
      [['search'], /missing required argument 'name'\n\nsee: shoal search --help/],
      [['collections'], /a command is missing\n\nsee: shoal collections --help/],
      [['collections', 'create'], /see: shoal collections create --help/],
      [['count', 'a', 'b'], /too many arguments/],
      [['count', 'a', '--wrong'], /unknown option '--wrong'/],
    ];
    for (const [words, message] of cases) {
      const result = await runShoal(words);
      assert.equal(result.exitCode, 2, words.join(' '));
      assert.match(result.stderr, message);
      assert.equal(result.stdout, '');
    }
  });

  it('says errors as JSON where JSON was asked for', async () => {
    const usage = await runShoal(['count', '--json']);
    assert.equal(usage.exitCode, 2);
    assert.deepEqual(JSON.parse(usage.stderr), {
      error: { code: 'INVALID_ARGUMENT', message: "missing required argument 'name'" },
    });
    const nobody = await runShoal(['status', '--json', '--address', '127.0.0.1:1']);
    assert.equal(nobody.exitCode, 1);
    assert.equal((JSON.parse(nobody.stderr) as { error: { code: string } }).error.code, 'UNAVAILABLE');
  });
});
