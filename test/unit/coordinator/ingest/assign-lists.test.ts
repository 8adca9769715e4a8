/** Every passage gets the list of its own vector, and knows that of the primary one. */
import assert from 'node:assert/strict';
import { assignLists } from '../../../../coordinator/ingest/assign-lists.js';
import { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';
import { floats } from '../fixtures.js';

const structure = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1, -1, 0) };
const of = (dense: Buffer, further: LogDocument[] = []): LogDocument => LogDocument.fromPartial({ dense, further });

describe('assigning lists', () => {
  it('goes by the nearest centroid, passage by passage', async () => {
    const documents = [of(floats(0, 2), [of(floats(1, 0)), of(floats(-1, 0))]), of(floats(2, 1))];
    await assignLists(documents, structure);
    assert.deepEqual(
      documents.map(({ list, home, further }) => [list, home, further.map((each) => [each.list, each.home])]),
      [
        [
          1,
          1,
          [
            [0, 1],
            [2, 1],
          ],
        ],
        [0, 0, []],
      ],
    );
  });

  it('leaves list 0 to what has no vector, and to all where there is one list', async () => {
    const documents = [of(Buffer.alloc(0)), of(floats(0, 1))];
    await assignLists(documents, structure);
    assert.deepEqual(
      documents.map(({ list }) => list),
      [0, 1],
    );
    const alone = [of(floats(0, 1))];
    await assignLists(alone, null);
    assert.equal(alone[0]?.list, 0);
    await assignLists([], structure);
  });
});
