import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { byteSize, colours, printable, snippet, table } from '../../../../client/cli/format.js';

const plain = colours({ stdout: new PassThrough(), env: {} });

describe('what people read', () => {
  it('is coloured on a terminal only, and never with NO_COLOR', () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    assert.equal(colours({ stdout: terminal, env: {} }).red('x'), '\x1b[31mx\x1b[39m');
    assert.equal(colours({ stdout: terminal, env: { NO_COLOR: '1' } }).red('x'), 'x');
    assert.equal(plain.red('x'), 'x');
  });

  it('has numbers to the right and no lines', () => {
    const rows = [
      ['a', 5],
      ['long', 1234],
    ] as const;
    assert.equal(table(['name', 'n'], rows, plain), 'name      n\na         5\nlong  1,234');
  });

  it('measures and cuts', () => {
    assert.deepEqual([byteSize(512), byteSize(1536), byteSize(3 * 2 ** 40)], ['512 B', '1.5 KiB', '3.0 TiB']);
    assert.equal(snippet('  a\n\tb  c ', 5), 'a b c');
    assert.equal(snippet('abcdef', 4), 'abc…');
    assert.equal(snippet('👟👟👟', 2), '👟…');
  });

  it('never steers the terminal', () => {
    assert.equal(printable('a\x1b[31m\x07\x9b\r\n\tb'), 'a\ufffd[31m\ufffd\ufffd\r\n\tb');
    assert.equal(snippet('a\x1b]0;x\x07', 9), 'a\ufffd]0;x\ufffd');
  });
});
