/** Headers alone tell the directory all that it decides on; what they hold of whole records is tested with those. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeColumn, encodeIds, encodePlaces, headersOf, idsOf } from '../../../../cluster/log/record-headers.js';

describe('the headers of a log record', () => {
  it('keep any ids and any docIds', () => {
    const entry = fc.record({ id: fc.string({ unit: 'binary', minLength: 1 }), docId: fc.bigInt(1n, 2n ** 64n - 1n) });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 9 }), (entries) => {
        const headers = {
          'Shoal-Operation': 'superseded',
          'Shoal-Ids': encodeIds(entries),
          'Shoal-Doc-Ids': encodeColumn(BigUint64Array.from(entries, ({ docId }) => docId)),
        };
        const read = headersOf({ headers, sequence: 1n, subject: 's' });
        assert.deepEqual(
          read.ids,
          entries.map(({ id }) => Buffer.from(id, 'utf8').toString('utf8')),
        );
        assert.deepEqual(
          [...read.docIds],
          entries.map(({ docId }) => docId),
        );
      }),
    );
  });

  it('are read once for all who hear the same entry, and anew for another position', () => {
    const headers = {
      'Shoal-Operation': 'upsert',
      'Shoal-Ids': encodeIds([{ id: 'x'.repeat(2_000) }, { id: 'a' }]),
      'Shoal-Hashes': encodeColumn(BigUint64Array.of(1n, 2n)),
    };
    const entry = { headers, sequence: 1n, subject: 's' };
    assert.equal(headersOf({ ...entry }), headersOf(entry));
    assert.deepEqual(headersOf(entry).ids, ['x'.repeat(2_000), 'a']);
    assert.deepEqual([...headersOf({ ...entry, sequence: 2n }).docIds], [2n * 4_096n, 2n * 4_096n + 1n]);
  });

  it('of one record may have places for some documents only', () => {
    assert.equal(encodePlaces(new Map([[2, ['shoal.u.1.0', 'shoal.u.12.34']]])), '2=1.0+12.34');
  });

  it('that are absent name nothing', () => {
    assert.deepEqual(idsOf({ headers: {}, body: new Uint8Array(0) }), []);
    assert.throws(() => headersOf({ headers: {}, sequence: 9n, subject: 's' }), {
      code: 'DATA_LOSS',
      message: /9 of 's'/,
    });
  });
});
