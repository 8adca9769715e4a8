/** The passages of a document go to the shards of their lists, the primary one with what they share. */
import assert from 'node:assert/strict';
import { partsOf } from '../../../../cluster/log/passages.js';
import { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';

const attributes = { year: { int64Value: 1990n } };

function passage(number: number, list: number): LogDocument {
  return LogDocument.fromPartial({ id: 'a', passage: number, list, home: 0, start: number * 10, end: number * 10 + 5 });
}

function document(further: LogDocument[]): LogDocument {
  return LogDocument.fromPartial({ id: 'a', text: 'words', attributes, list: 0, home: 0, further });
}

const subjectOf = (list: number): string => `s${list % 3}`;

describe('the parts of a document', () => {
  it('are one where it has one passage', () => {
    const only = document([]);
    assert.deepEqual(partsOf(only, subjectOf), { subject: 's0', primary: only, others: new Map() });
  });

  it('are one for each shard, with its passages in order', () => {
    const whole = document([passage(1, 3), passage(2, 1), passage(3, 2), passage(4, 4), passage(5, 0)]);
    const before = LogDocument.fromPartial(whole);
    const { subject, primary, others } = partsOf(whole, subjectOf);
    assert.equal(subject, 's0');
    assert.deepEqual(
      primary.further.map((each) => each.passage),
      [1, 5],
    );
    assert.equal(primary.text, 'words');
    const numbers = [...others].map(([there, part]) => [there, part.passage, part.further.map((each) => each.passage)]);
    assert.deepEqual(numbers, [
      ['s1', 2, [4]],
      ['s2', 3, []],
    ]);
    assert.deepEqual(whole, before);
  });

  it('elsewhere know the document and its home, not its text', () => {
    const there = partsOf({ ...document([passage(1, 1)]), list: 6, home: 6 }, subjectOf).others.get('s1')!;
    assert.deepEqual([there.id, there.home, there.text, there.start], ['a', 6, '', 10]);
    assert.equal(there.attributes['year']?.int64Value, 1990n);
  });
});
