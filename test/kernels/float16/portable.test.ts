import assert from 'node:assert/strict';
import { bitsOf, normals, onBoth, testRandom } from '../pair.js';

const everyHalf = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);

async function halves(values: Float32Array) {
  return onBoth((kernels) => {
    const bits = new Uint16Array(values.length);
    kernels.toFloat16(values, bits);
    return bits;
  });
}

describe('float16', () => {
  it('reads every half as the reference does', async () => {
    const { expected, actual } = await onBoth((kernels) => {
      const values = new Float32Array(everyHalf.length);
      kernels.toFloat32(everyHalf, values);
      return values;
    });
    expected.forEach((value, bits) => assert.ok(Object.is(value, actual[bits]), `half ${bits}`));
  });

  it('writes every half back as it was', async () => {
    const { actual } = await onBoth((kernels) => {
      const values = new Float32Array(everyHalf.length);
      const bits = new Uint16Array(everyHalf.length);
      kernels.toFloat32(everyHalf, values);
      kernels.toFloat16(values, bits);
      return { values, bits };
    });
    everyHalf.forEach((half) =>
      assert.ok(Number.isNaN(actual.values[half]) || actual.bits[half] === half, `half ${half}`),
    );
  });

  it('rounds to nearest and ties to even, at every magnitude', async () => {
    const random = testRandom();
    const words = Uint32Array.from({ length: 100_003 }, () => random.below(2 ** 32));
    // Half of them just below, at or just above a tie, which random words hardly ever hit.
    for (let i = 0; i < words.length; i += 2) words[i] = ((words[i]! & 0xffffe000) | 0x1000) + (random.below(3) - 1);
    const values = new Float32Array(words.buffer);
    const { expected, actual } = await halves(values);
    expected.forEach((bits, i) => {
      assert.ok(bits === actual[i] || Number.isNaN(values[i]), `word ${words[i]!.toString(16)}`);
    });
  });

  for (const size of [0, 1, 7, 8, 9, 15, 16, 17, 100]) {
    it(`converts ${size} values and touches no other`, async () => {
      const values = normals(testRandom(), size);
      const { expected, actual } = await onBoth((kernels) => {
        const bits = new Uint16Array(size + 2).fill(0xabcd);
        kernels.toFloat16(values, bits.subarray(1, size + 1));
        const back = new Float32Array(size + 2).fill(7);
        kernels.toFloat32(bits.subarray(1, size + 1), back.subarray(1, size + 1));
        return { bits, back: bitsOf(back) };
      });
      assert.deepEqual(actual, expected);
      assert.equal(actual.bits[size + 1], 0xabcd);
    });
  }
});
