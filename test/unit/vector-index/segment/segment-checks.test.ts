import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { seededRandom } from '../../../../base/random.js';
import { hasDense, type SegmentChecks } from '../../../../vector-index/segment/segment-reader.js';
import { ColumnFile } from '../../../../vector-index/segment/column-file.js';
import { SealedSegment } from '../../../../vector-index/segment/sealed-segment.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { randomDocuments, withSealed } from '../fixtures.js';
import { withCoded } from '../lists/coded-files.js';
import { toyCoder, toyDocuments, toyStructure } from '../lists/fixtures.js';

const shape = { dim: 64, lists: 6 };
const documents = toyDocuments(seededRandom(1), toyStructure(shape), 2_500);

/** Turns over a bit of byte `at` of column `name`, opens the file and calls `work` with its checks. */
async function withDamage(
  path: string,
  { name, at }: { readonly name: string; readonly at: number },
  work: (checks: SegmentChecks, segment: SealedSegment) => Promise<void>,
): Promise<void> {
  const whole = await readFile(path);
  const { columns } = new ColumnFile(path, new Uint8Array(whole)).layout;
  const damaged = Buffer.from(whole);
  damaged[columns.find((column) => column.name === name)!.offset + at]! ^= 8;
  await writeFile(path, damaged);
  const segment = SealedSegment.open(systemFiles, path);
  await work(segment.checks!, segment);
  segment.close();
  await writeFile(path, whole);
}

function lossIn(column: string) {
  return { code: 'DATA_LOSS', message: new RegExp(`column ${column} in .*one\\.segment`) };
}

describe('the checks of a segment', () => {
  for (const hasCopies of [false, true]) {
    it(`read what a search of lists reads, vectors ${hasCopies ? 'in two lists' : 'in one list'}`, async () => {
      await withCoded(toyCoder({ ...shape, hasCopies }), documents, async (_mutable, sealed, path) => {
        const coding = sealed.coding!;
        const [first, last] = [coding.numbers.at(0)!, coding.numbers.at(-1)!];
        for (const name of hasCopies ? ['codes', 'second', 'copyCodes'] : ['codes', 'second']) {
          await withDamage(path, { name, at: 0 }, async (checks) => {
            await checks.vectors(null);
            await checks.codes(new Uint32Array(0));
            await assert.rejects(checks.codes(Uint32Array.of(first)), lossIn(name));
            // What a row's second list led to is scored by its first, which may be any.
            if (hasCopies) return assert.rejects(checks.codes(Uint32Array.of(last)), lossIn(name));
            // The records of the last list lie in another block.
            if (name === 'second') await checks.codes(Uint32Array.of(last));
          });
        }
      });
    });
  }

  it('read the vectors of the rows that are asked for, and no others', async () => {
    await withCoded(toyCoder(shape), documents, async (_mutable, sealed, path) => {
      const row = [600, 601, 602, 603].find((each) => hasDense(sealed, each))!;
      await withDamage(path, { name: 'dense', at: 2 * shape.dim * row }, async (checks, segment) => {
        await checks.vectors([0, 511, sealed.rowCount - 1]);
        await assert.rejects(checks.vectors([0, row]), lossIn('dense'));
        await assert.rejects(checks.vectors(null), lossIn('dense'));
        assert.throws(() => segment.document(row), lossIn('dense'));
      });
    });
  });

  it('read the postings of terms, and the token vectors of rows', async () => {
    const plain = randomDocuments(seededRandom(2), 50);
    const withTokens = plain.findIndex(({ tokens }) => (tokens?.count ?? 0) > 0);
    const term = plain.find(({ terms }) => (terms?.termIds.length ?? 0) > 0)!.terms!.termIds[0]!;
    await withSealed(plain, async (_segment, path) => {
      for (const name of ['postRow', 'postWeight'])
        await withDamage(path, { name, at: 0 }, async (checks) => {
          await checks.postings(Uint32Array.of(999));
          await assert.rejects(checks.postings(Uint32Array.of(term)), lossIn(name));
        });
      await withDamage(path, { name: 'token', at: 0 }, async (checks, segment) => {
        await checks.tokens([]);
        await assert.rejects(checks.tokens([withTokens]), lossIn('token'));
        assert.throws(() => segment.document(withTokens), lossIn('token'));
      });
      await withDamage(path, { name: 'rowTermWeight', at: 0 }, (_checks, segment) => {
        const row = plain.findIndex(({ terms }) => (terms?.termIds.length ?? 0) > 0);
        assert.throws(() => segment.terms(row), lossIn('rowTermWeight'));
        return Promise.resolve();
      });
    });
  });
});
