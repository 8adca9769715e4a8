import assert from 'node:assert/strict';
import { copyFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../../../base/random.js';
import { ShoalError } from '../../../../base/errors.js';
import { checkStore, LmdbStore } from '../../../../cluster/embedded/lmdb-store.js';
import { damage, describeFault, drawFault, type Fault } from '../../../flip.js';
import { folderOfSuite } from '../../../temporary-folder.js';

const mapBytes = 1024 * 1024;
const seed = 4_711;
const trials = 400;
const pageBytes = 4_096;

describe('the check of an lmdb file', () => {
  const folder = folderOfSuite();
  const whole = join(folder, 'whole.mdb');
  const path = join(folder, 'damaged.mdb');
  let expected: Map<string, string>;

  before(async () => {
    expected = await fill(whole);
  });

  /** The whole file with one fault in it. */
  const damaged = (fault: Fault): string => {
    copyFileSync(whole, path);
    damage(path, fault);
    return path;
  };

  it('passes a file of many pages, values of many sizes and free pages', async () => {
    await checkStore(whole, {});
    assert.ok(statSync(whole).size > 100 * pageBytes);
  });

  it(`finds every damaged bit and lost end that matters (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    let found = 0;
    for (let trial = 0; trial < trials; trial += 1) {
      const fault = drawFault(random, whole);
      const outcome = await outcomeOf(damaged(fault), expected);
      assert.ok(outcome !== 'wrong', `${describeFault(fault)} is seen, or harmless`);
      if (outcome === 'found') found += 1;
    }
    assert.ok(found > trials / 20, `most flips hit values, but ${found} were found`);
  });

  it('finds every damaged bit of the meta pages that changes what they say', async () => {
    for (let byte = 0; byte < 168; byte += 1) {
      for (const start of [0, pageBytes]) {
        const fault: Fault = { kind: 'flip', byte: start + byte, bit: byte % 8 };
        assert.notEqual(await outcomeOf(damaged(fault), expected), 'wrong', describeFault(fault));
      }
    }
  });

  it('names the file and the page', async () => {
    await assert.rejects(LmdbStore.open(damaged({ kind: 'truncate', bytes: 3 * pageBytes }), { mapBytes }), (error) => {
      assert.ok(error instanceof ShoalError);
      assert.equal(error.code, 'DATA_LOSS');
      assert.match(error.message, /damaged\.mdb is damaged: page \d+ should end at byte \d+, but the file has 12288/);
      return true;
    });
  });

  it('refuses an empty file', async () => {
    copyFileSync(whole, path);
    truncateSync(path, 0);
    await assert.rejects(LmdbStore.open(path, { mapBytes }), { code: 'DATA_LOSS' });
  });

  it('sees that the last transaction went back', async () => {
    // The larger of the two transaction numbers becomes smaller than the other, as where one bit of it is lost.
    const outcomes = await Promise.all(
      [24 + 128, pageBytes + 24 + 128]
        .flatMap((byte) => Array.from({ length: 8 }, (_, bit) => ({ kind: 'flip', byte, bit }) as const))
        .map(async (fault, copy) => {
          const own = join(folder, `meta-${copy}.mdb`);
          copyFileSync(whole, own);
          damage(own, fault);
          return await outcomeOf(own, expected);
        }),
    );
    assert.deepEqual(new Set(outcomes), new Set(['found']));
  });
});

/** Keys of three families, rewritten, grown and removed in many transactions. */
async function fill(path: string): Promise<Map<string, string>> {
  const random = seededRandom(1);
  const expected = new Map<string, string>();
  const store = await LmdbStore.open(path, { mapBytes });
  for (let commit = 0; commit < 300; commit += 1) {
    const writes = Array.from({ length: 12 }, () => {
      const key = `${'abc'[random.below(3)]!}${random.below(700)}`;
      const value = random.below(6) === 0 ? null : Buffer.alloc(sizeOf(random.below(40)), commit);
      if (value === null) expected.delete(key);
      else expected.set(key, value.toString('latin1'));
      return { key: Buffer.from(key), value };
    });
    await store.commit(writes);
  }
  await store.close();
  return expected;
}

function sizeOf(draw: number): number {
  return draw === 0 ? 20_000 : draw * 5;
}

/** Opens, compares, writes and compares again, as a process that trusts the check. */
async function outcomeOf(path: string, expected: ReadonlyMap<string, string>): Promise<'found' | 'harmless' | 'wrong'> {
  let store: LmdbStore;
  try {
    store = await LmdbStore.open(path, { mapBytes });
  } catch (error) {
    return ShoalError.from(error).code === 'DATA_LOSS' ? 'found' : 'wrong';
  }
  try {
    const isEqual = equals(store, expected);
    await store.commit([{ key: Buffer.from('a1'), value: Buffer.alloc(9_000, 1) }]);
    const after = new Map([...expected, ['a1', Buffer.alloc(9_000, 1).toString('latin1')]]);
    return isEqual && equals(store, after) ? 'harmless' : 'wrong';
  } finally {
    await store.close();
  }
}

function equals(store: LmdbStore, expected: ReadonlyMap<string, string>): boolean {
  const keys = store.keys({ start: Buffer.from([1]), end: Buffer.from([255]) });
  if (keys.length !== expected.size) return false;
  return keys.every((key) => store.get(key)?.toString('latin1') === expected.get(key.toString()));
}
