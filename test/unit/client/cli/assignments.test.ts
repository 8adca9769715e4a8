import assert from 'node:assert/strict';
import { parseAssignments } from '../../../../client/cli/assignments.js';

describe('key=value words', () => {
  it('have the declared type', () => {
    const declared = { n: 'int64', d: 'double', b: 'bool', s: 'string', t: 'timestamp', l: 'int64[]' } as const;
    const words = ['n=-9223372036854775808', 'd=1e3', 'b=true', 's=true', 't=2026-01-31T12:00:00Z', 'l=[1,"2"]'];
    assert.deepEqual(parseAssignments(words, declared), {
      n: -(2n ** 63n),
      d: 1000,
      b: true,
      s: 'true',
      t: new Date('2026-01-31T12:00:00Z'),
      l: [1n, 2n],
    });
  });

  it('have the type that they look like where none is declared', () => {
    const words = ['d=2', 'b=false', 's=a=b', 'e=', 'l=["x"]'];
    assert.deepEqual(parseAssignments(words, {}), {
      d: 2,
      b: false,
      s: 'a=b',
      e: '',
      l: ['x'],
    });
  });

  it('are no text where they look like null or an object, unless text is declared', () => {
    const why = { code: 'INVALID_ARGUMENT', message: 'attribute y cannot be null; --remove y takes it away' };
    for (const declared of [{}, { y: 'int64' }, { y: 'timestamp' }, { y: 'double' }] as const)
      assert.throws(() => parseAssignments(['y=null'], declared), why);
    const object = { code: 'INVALID_ARGUMENT', message: /attribute y cannot be an object; give it a string, a number/ };
    assert.throws(() => parseAssignments(['y={"a":1}'], {}), object);
    assert.deepEqual(parseAssignments(['y=null', 'z={}'], { y: 'string', z: 'string' }), { y: 'null', z: '{}' });
  });

  it('are refused where they make no sense', () => {
    for (const words of [['n'], ['=1'], ['n=1', 'n=2']]) {
      assert.throws(() => parseAssignments(words, {}), { code: 'shoal.usage' });
    }
    assert.throws(() => parseAssignments(['n=1'], {}, ['n']), { code: 'shoal.usage' });
    assert.throws(() => parseAssignments(['n=1.5'], { n: 'int64' }), {
      code: 'INVALID_ARGUMENT',
      message: /must be int64/,
    });
    assert.throws(() => parseAssignments(['__proto__=1'], {}), { code: 'INVALID_ARGUMENT', message: /reserved/ });
  });
});
