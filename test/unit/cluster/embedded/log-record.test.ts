import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import type { LogEntry } from '../../../../cluster/change-log.js';
import {
  checkBody,
  checkRecord,
  decodeHeader,
  encodeHeader,
  logKeys,
} from '../../../../cluster/embedded/log-record.js';

const entry = (subject: string, timeMs: number): LogEntry => ({ sequence: 7n, subject, timeMs, ...record });
const record = { headers: { id: 'ä', many: 'x'.repeat(1_000) }, body: Buffer.from('body') };

function code(task: () => unknown): string {
  try {
    task();
  } catch (thrown) {
    return ShoalError.from(thrown).code;
  }
  return 'none';
}

describe('a log record on disk', () => {
  it('comes back with subject, time and headers', () => {
    const header = decodeHeader(7n, encodeHeader(entry('s.ä', 1_234.5)), 'here');
    assert.deepEqual([header.subject, header.timeMs, header.headers], ['s.ä', 1_234.5, record.headers]);
  });

  it('is refused when any byte of its header block is changed', () => {
    const block = encodeHeader(entry('s', 1));
    for (let position = 0; position < block.length; position += 7) {
      const changed = Buffer.from(block);
      changed[position] = (changed[position] ?? 0) ^ 1;
      // The stored body checksum is covered by the block's own.
      assert.equal(
        code(() => decodeHeader(7n, changed, 'here')),
        'DATA_LOSS',
        `byte ${position}`,
      );
    }
    assert.equal(
      code(() => decodeHeader(7n, block.subarray(0, 10), 'here')),
      'DATA_LOSS',
    );
  });

  it('is refused under another sequence', () => {
    const block = encodeHeader(entry('s', 1));
    assert.equal(
      code(() => decodeHeader(8n, block, 'here')),
      'DATA_LOSS',
    );
  });

  it('is refused when its body is changed or cut', () => {
    const header = decodeHeader(7n, encodeHeader(entry('s', 1)), 'here');
    checkBody(header, record.body, 'here');
    assert.equal(
      code(() => checkBody(header, Buffer.from('bodY'), 'here')),
      'DATA_LOSS',
    );
    assert.equal(
      code(() => checkBody(header, Buffer.from('bod'), 'here')),
      'DATA_LOSS',
    );
  });

  for (const subject of ['', 'a b', 's.*', 's.>', 'a\0b', 'x'.repeat(256)]) {
    it(`is refused under the subject ${JSON.stringify(subject.slice(0, 10))}`, () => {
      assert.equal(
        code(() => checkRecord(subject, record)),
        'INVALID_ARGUMENT',
      );
    });
  }

  it('has keys in the order of sequences', () => {
    const sequences = [0n, 1n, 255n, 256n, 65_536n, 2n ** 63n];
    const keys = sequences.map((sequence) => logKeys.index('s', sequence));
    assert.deepEqual([...keys].sort(Buffer.compare), keys);
    assert.deepEqual(keys.map(logKeys.sequenceOf), sequences);
  });

  it('has index keys that keep subjects apart which begin alike', () => {
    const last = logKeys.index('s.1', 2n ** 64n - 1n);
    assert.ok(Buffer.compare(last, logKeys.index('s.10', 0n)) < 0);
  });
});
