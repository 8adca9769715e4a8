import assert from 'node:assert/strict';
import { MemberCheck, MemberSum } from '../../../../cluster/archive/member-check.js';
import { smallArchive } from './small-archive.js';

const { manifest, members } = smallArchive();
const first = members['shard-0.manifest']!;

/** What is said of a member whose bytes are `bytes`, and that is followed by the other one. */
function check(bytes: Uint8Array): void {
  const checked = new MemberCheck(manifest.members);
  checked.begin('shard-0.manifest');
  checked.data(bytes.subarray(0, 5));
  checked.data(bytes.subarray(5));
  checked.begin('shard-0.log');
  checked.finish();
}

describe('members of a backup on their way', () => {
  it('are sound when bytes, sizes and order are those of the manifest', () => {
    check(first);
    const sum = new MemberSum('shard-0.manifest');
    sum.add(first);
    assert.deepEqual(sum.finish(), manifest.members[0]);
  });

  it('are damaged when they are longer, shorter or changed', () => {
    const flipped = Buffer.from(first);
    flipped[3]! ^= 4;
    for (const [bytes, how] of [
      [Buffer.concat([first, Buffer.from('x')]), /has more than 24 bytes/],
      [first.subarray(1), /has 23 bytes instead of 24/],
      [flipped, /another checksum/],
    ] as const)
      assert.throws(() => check(bytes), { code: 'DATA_LOSS', message: how });
  });

  it('are refused in another order, when one is missing or too many come', () => {
    const checked = (): MemberCheck => new MemberCheck(manifest.members);
    assert.throws(() => checked().begin('shard-0.log'), {
      code: 'INVALID_ARGUMENT',
      message: /'shard-0.manifest' is next/,
    });
    assert.throws(() => checked().data(first), { code: 'INVALID_ARGUMENT', message: /before the name/ });
    assert.throws(() => checked().finish(), { code: 'INVALID_ARGUMENT', message: /'shard-0.manifest' is missing/ });
    const all = checked();
    all.begin('shard-0.manifest');
    all.data(first);
    all.begin('shard-0.log');
    assert.throws(() => all.begin('more'), { code: 'INVALID_ARGUMENT', message: /no further member/ });
  });
});
