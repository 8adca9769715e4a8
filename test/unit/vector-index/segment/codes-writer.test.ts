import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '../../../../base/random.js';
import type { IndexDocument } from '../../../../vector-index/document.js';
import type { ListCoder } from '../../../../vector-index/lists/list-coder.js';
import { SealedSegment } from '../../../../vector-index/segment/sealed-segment.js';
import { parseLayout, type SegmentLayout } from '../../../../vector-index/segment/segment-layout.js';
import { writeSegment } from '../../../../vector-index/segment/write-segment.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { inFolder } from '../../../temporary-folder.js';
import { plainDocument, writingParts } from '../fixtures.js';
import { codedMutable, withCoded } from '../lists/coded-files.js';
import { toyCoder, toyDocuments, toyStructure } from '../lists/fixtures.js';

const shape = { dim: 4, lists: 7 };
const coder = toyCoder(shape);
const copied = toyCoder({ ...shape, hasCopies: true });

describe('the columns of lists and codes', () => {
  for (const of of [coder, copied]) itIsMerged(of);

  it('say by the version of the file whether rows lie in second lists, and are else those without', async () => {
    const documents = toyDocuments(seededRandom(2), toyStructure(shape), 60);
    const layouts: SegmentLayout[] = [];
    for (const of of [coder, copied])
      await withCoded(of, documents, async (_, __, path) => void layouts.push(parseLayout(path, await readFile(path))));
    const [once, twice] = layouts;
    assert.deepEqual([once!.version, twice!.version], [4, 5]);
    assert.deepEqual(twice!.codes, once!.codes);
    const names = new Set(once!.columns.map(({ name }) => name));
    assert.deepEqual(
      twice!.columns.map(({ name }) => name).filter((name) => !names.has(name)),
      ['copyNumber', 'copyFirst', 'copyRow', 'copyCodes', 'copyOffset'],
    );
  });

  it('say how they were made, and leave out an order of keys that is the order of rows', async () => {
    const namesOf = async (count: number): Promise<string[]> => {
      const documents = Array.from({ length: count }, (_, at) =>
        plainDocument(`id${at}`, BigInt(at + 1), { dense: Float32Array.of(at % 3, 1, -1, at % 2) }),
      );
      const names: string[] = [];
      await withCoded(coder, documents, async (_, __, path) => {
        const layout = parseLayout(path, await readFile(path));
        assert.deepEqual(layout.codes, { structureVersion: 1, subquantizers: 1, dsub: 4 });
        names.push(...layout.columns.map(({ name }) => name));
      });
      return names;
    };
    assert.ok(!(await namesOf(1)).includes('keyOrder'));
    assert.ok((await namesOf(50)).includes('keyOrder'));
  });
});

function itIsMerged(of: ListCoder): void {
  const times = of.hasCopies ? 'twice' : 'once';
  it(`are the same bytes for the same documents, ${times} in lists, written at once or merged from parts`, async () => {
    const documents = toyDocuments(seededRandom(1), toyStructure(shape), 300);
    await inFolder(async (directory) => {
      const write = async (name: string, readers: readonly SegmentParts[]): Promise<string> => {
        const sources = readers.map((reader) => ({ reader, rowCount: reader.rowCount, live: null }));
        await writeSegment(join(directory, name), sources, { dim: 4, tokenDim: 8 }, writingParts);
        return join(directory, name);
      };
      const [even, odd] = [0, 1].map((rest) => documents.filter(({ docId }) => Number(docId % 2n) === rest));
      const whole = await write('whole', [codedMutable(of, documents)]);
      const parts = [
        SealedSegment.open(systemFiles, await write('even', [codedMutable(of, even!)])),
        SealedSegment.open(systemFiles, await write('odd', [codedMutable(of, odd!.sort(backwards))])),
      ];
      const merged = await write('merged', parts);
      for (const part of parts) part.close();
      assert.ok((await readFile(merged)).equals(await readFile(whole)));
    });
  });
}

type SegmentParts = ReturnType<typeof codedMutable> | SealedSegment;

/** Documents from the last to the first, the passages of each in order. */
function backwards(left: IndexDocument, right: IndexDocument): number {
  return left.docId === right.docId ? left.passage - right.passage : left.docId < right.docId ? 1 : -1;
}
