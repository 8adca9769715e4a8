import assert from 'node:assert/strict';
import * as flags from '../../../../client/cli/flags.js';

describe('values of options', () => {
  it('are read', () => {
    assert.equal(flags.integer(1, 10)('10'), 10);
    assert.equal(flags.decimal(-1, 1)('-0.5'), -0.5);
    assert.equal(flags.probes('auto'), undefined);
    assert.equal(flags.probes('7'), 7);
    assert.equal(flags.truth('false'), false);
    assert.deepEqual(flags.fusionWeights('1,0,0.5'), { dense: 1, sparse: 0, multi: 0.5 });
    assert.deepEqual(flags.minSequence('abc:12'), { uid: 'abc', sequence: 12n });
    assert.deepEqual(flags.minSequence(`abc:${2n ** 64n - 1n}`).sequence, 2n ** 64n - 1n);
    assert.deepEqual(flags.attributeDeclarations('a.b-c:int64'), { 'a.b-c': 'int64' });
    assert.deepEqual(flags.attributeDeclarations('year:int64, tags:string[]'), { year: 'int64', tags: 'string[]' });
  });

  it('declare attributes named like members that every object has', () => {
    assert.deepEqual(flags.attributeDeclarations('constructor:string'), { constructor: 'string' });
  });

  it('are wrong usage when they make no sense', () => {
    const wrong: [(value: string) => unknown, string][] = [
      [flags.integer(1, 10), '0'],
      [flags.integer(1, 10), '1.5'],
      [flags.integer(1, 10), ''],
      [flags.decimal(0, 1), 'x'],
      [flags.decimal(0, 1), ''],
      [flags.decimal(0, 1), '2'],
      [flags.decimal(-Number.MAX_VALUE, Number.MAX_VALUE), 'Infinity'],
      [flags.probes, '0'],
      [flags.truth, 'yes'],
      [flags.fusionWeights, '1,,1'],
      [flags.fusionWeights, '1,-1,1'],
      [flags.minSequence, 'abc'],
      [flags.minSequence, `abc:${2n ** 64n}`],
      [flags.attributeDeclarations, 'year'],
      [flags.attributeDeclarations, 'year:toString'],
      [flags.attributeDeclarations, 'a:int64,a:string'],
      [flags.attributeDeclarations, '__proto__:int64'],
    ];
    for (const [parse, value] of wrong) assert.throws(() => parse(value), { code: 'commander.invalidArgument' }, value);
  });
});
