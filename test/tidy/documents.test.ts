/** The checks of documents find what is not there, not true, or not of the project. */
import assert from 'node:assert/strict';
import { checkErrorCodes, checkForeignWords, checkNamedPaths } from './documents.js';

const document = (text: string): { path: string; text: string } => ({ path: 'README.md', text });

describe('the check of named paths', () => {
  const missing = (text: string): string[] =>
    checkNamedPaths(document(text), (path) => ['base/errors.ts', 'base'].includes(path)).map(({ message }) => message);

  it('passes what exists, also with a line number', () => {
    assert.deepEqual(missing('see `base/errors.ts`, `base/errors.ts:12` and `base/`'), []);
  });
  it('finds what does not', () => {
    assert.deepEqual(missing('see `base/gone.ts`'), ['names base/gone.ts, which does not exist']);
    assert.deepEqual(missing('see `gone/`'), ['names gone/, which does not exist']);
  });
  it('does not take commands, patterns, packages and subjects for paths', () => {
    assert.deepEqual(
      missing('`npm test` `<family>/<isa>.cc` `@grpc/grpc-js` `shoal.<uid>.directory` `google.rpc.Code` `a/b`'),
      [],
    );
  });
});

describe('the check of error codes', () => {
  const codes = { NOT_FOUND: { status: 5, meaning: 'it is not there' }, INTERNAL: { status: 13, meaning: 'a defect' } };
  const good = '| `NOT_FOUND` | 5 | it is not there | caller |\n| `INTERNAL` | 13 | a defect | shoal |';
  const found = (text: string): string[] => checkErrorCodes(document(text), codes).map(({ message }) => message);

  it('passes the table that is true', () => assert.deepEqual(found(good), []));
  it('finds a code that is missing, unknown, or described otherwise', () => {
    assert.deepEqual(found('| `NOT_FOUND` | 5 | it is not there | caller |'), ['does not document INTERNAL']);
    assert.match(found(`${good}\n| \`GONE\` | 3 | x | y |`)[0] ?? '', /GONE, which is no error code/);
    assert.match(found(good.replace('a defect', 'bad luck'))[0] ?? '', /says otherwise/);
    assert.match(found(good.replace('13', '12'))[0] ?? '', /says otherwise/);
  });
});

describe('the check of foreign words', () => {
  const count = (text: string): number => checkForeignWords(document(text)).length;
  it('finds paths of one machine, registries, and references to how it is made', () => {
    assert.equal(count('data in /home/' + 'someone/data'), 1);
    assert.equal(count('from registry.npm' + 'js.org'), 1);
    assert.equal(count('see issue ' + '#12'), 1);
    assert.equal(count('as in the last ' + 'session'), 1);
  });
  it('passes relative paths and the words of the trade', () => {
    assert.equal(count('an ONNX session reads ../data/x; an open issue; /metrics; /usr/include'), 0);
  });
});
