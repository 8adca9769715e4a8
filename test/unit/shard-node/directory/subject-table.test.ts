/** Subjects by code. */
import assert from 'node:assert/strict';
import { SubjectTable } from '../../../../shard-node/directory/subject-table.js';

describe('the table of subjects', () => {
  it('gives each subject a code of its own, and keeps it over a restart', () => {
    const table = new SubjectTable([]);
    const [a, b] = [table.codeOf('a'), table.codeOf('b')];
    assert.notEqual(a, b);
    assert.equal(table.codeOf('a'), a);
    assert.deepEqual([table.subjectOf(b), table.onlyPlace(b)], ['b', [b]]);
    assert.equal(table.onlyPlace(b), table.onlyPlace(b));
    table.settle(b, 7n);
    const after = new SubjectTable(table.settledRows());
    assert.deepEqual([after.codeOf('b'), after.lastOn('b'), after.lastOn('a')], [b, 7n, null]);
  });

  it('tells what was heard from what is settled', () => {
    const table = new SubjectTable([]);
    const code = table.codeOf('a');
    table.note(code, 5n);
    table.note(code, 3n);
    assert.deepEqual([table.lastOf(code), table.lastOn('a'), table.lastOn('b')], [5n, 5n, null]);
    assert.deepEqual(table.settledRows(), [{ subject: 'a', last: 0n }]);
    table.settle(code, 4n);
    assert.deepEqual(table.settledRows(), [{ subject: 'a', last: 4n }]);
  });
});
