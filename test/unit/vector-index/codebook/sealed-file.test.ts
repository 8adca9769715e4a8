import assert from 'node:assert/strict';
import { openSealedFile, sealFile, type FileKind } from '../../../../vector-index/codebook/sealed-file.js';

const kind: FileKind = { magic: 'TEST', format: 3, headBytes: 16, name: 'the table', remedy: 'make it again' };

function sealed(): Uint8Array {
  return sealFile(kind, (view) => view.setUint32(8, 7, true), [Uint8Array.of(1, 2, 3), Uint16Array.of(0x0504)]);
}

describe('a sealed file', () => {
  it('has its head, its tables one after the other, and nothing else', () => {
    const { view, tables } = openSealedFile(kind, sealed());
    assert.equal(view.getUint32(8, true), 7);
    assert.deepEqual([...tables], [1, 2, 3, 4, 5]);
    assert.equal(view.byteLength, 16 + 5 + 8);
  });

  it('is damaged when any bit is another one or any byte of its end is missing', () => {
    const whole = sealed();
    for (let bit = 0; bit < 8 * whole.length; bit += 1) {
      const bytes = whole.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      assert.throws(() => openSealedFile(kind, bytes), { code: /DATA_LOSS|FAILED_PRECONDITION/ });
    }
    for (let length = 0; length < whole.length; length += 1) {
      assert.throws(() => openSealedFile(kind, whole.subarray(0, length)), {
        code: 'DATA_LOSS',
        message: /^the table is damaged: .*; make it again$/,
      });
    }
  });

  it('is refused by an older version', () => {
    assert.throws(() => openSealedFile({ ...kind, format: 2 }, sealed()), {
      code: 'FAILED_PRECONDITION',
      message: /format 3, this version reads up to 2/,
    });
  });
});
