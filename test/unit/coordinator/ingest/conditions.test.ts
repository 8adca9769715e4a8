/** Conditions come one for each document, and a refusal says what is there. */
import assert from 'node:assert/strict';
import { condition } from '../../../../cluster/log/record-headers.js';
import {
  checkWriteId,
  conditionColumn,
  conditionRefusal,
  recordName,
} from '../../../../coordinator/ingest/conditions.js';

describe('the conditions of a write', () => {
  it('are none, absence, or a docId', () => {
    assert.deepEqual([...conditionColumn(2, [])], [condition.none, condition.none]);
    const given = [{}, { ifAbsent: true }, { ifDocId: 77n }];
    assert.deepEqual([...conditionColumn(3, given)], [condition.none, condition.absent, 77n]);
  });

  it('are refused where they make no sense', () => {
    const refusal = (count: number, given: Parameters<typeof conditionColumn>[1], message: RegExp): void => {
      assert.throws(() => conditionColumn(count, given), { code: 'INVALID_ARGUMENT', message });
    };
    refusal(2, [{ ifAbsent: true }], /there are 1 conditions for 2 documents; give one for each, or none/);
    refusal(0, [{}], /there are 1 conditions for 0 documents/);
    refusal(1, [{ ifAbsent: false }], /if_absent is false; leave the condition out instead/);
    refusal(1, [{ ifDocId: 0n }], /if_doc_id is 0, which no document has; use if_absent/);
    refusal(1, [{ ifDocId: 2n ** 64n - 1n }], /which no document has/);
  });

  it('that do not hold say what was wanted and what is there', () => {
    const says = (wanted: bigint, found: bigint): string => conditionRefusal('a', wanted, found).message;
    assert.equal(
      says(condition.absent, 5n),
      "document 'a' was to be absent, but it is there with docId 5; read it again and decide",
    );
    assert.equal(says(4n, 0n), "document 'a' was to have docId 4, but it does not exist; read it again and decide");
    assert.equal(conditionRefusal('a', 4n, 5n).code, 'FAILED_PRECONDITION');
    assert.deepEqual(conditionRefusal('a', 4n, 5n).details, { id: 'a', docId: '5' });
  });
});

describe('the id of a write', () => {
  it('is empty or fits a header', () => {
    for (const good of ['', 'w-1', 'x'.repeat(128), '!~']) checkWriteId(good);
    for (const bad of ['x'.repeat(129), 'a b', 'ü', 'a\r\nb']) {
      assert.throws(() => checkWriteId(bad), {
        code: 'INVALID_ARGUMENT',
        message: /1 to 128 visible ASCII characters/,
      });
    }
  });
});

describe('the name of a record', () => {
  const said = { operation: 'write', piece: 0, ids: ['a', 'b'], columns: [BigUint64Array.of(1n, 2n)] } as const;

  it('is the same for a repeat of the request, and empty where the request has none', () => {
    assert.equal(recordName('w', said), recordName('w', { ...said, ids: ['a', 'b'] }));
    assert.equal(recordName('', said), '');
  });

  it('is another for whatever else is said under the same write id', () => {
    const names = [
      said,
      { ...said, operation: 'delete' as const },
      { ...said, piece: 1 },
      { ...said, ids: ['b'] },
      { ...said, ids: ['b', 'a'] },
      { ...said, columns: [BigUint64Array.of(1n, 3n)] },
    ].map((each) => recordName('w', each));
    assert.equal(new Set([...names, recordName('v', said)]).size, 7);
  });
});
