import assert from 'node:assert/strict';
import { History } from './history.js';

/** A history of one document, acknowledged in state 'v2' as docId 20. */
function written(): History {
  const history = new History();
  for (const [state, docId] of [
    ['v1', 10n],
    ['v2', 20n],
  ] as const) {
    history.begin('a', state);
    history.acknowledge('a', state, docId);
  }
  return history;
}

const clean = { lost: 0, resurrected: 0, duplicates: 0 };
const found = (state: string, docId = 20n) => ({ id: 'a', state, docId });

describe('a history of writes', () => {
  it('finds nothing where the store holds what was acknowledged', () => {
    const history = written();
    history.observe([found('v2')], 'a scroll');
    assert.deepEqual(history.verdict, clean);
    assert.equal(history.acknowledged, 2);
  });

  it('finds a document that is gone', () => {
    const history = written();
    history.observe([], 'a scroll');
    assert.deepEqual(history.verdict, { ...clean, lost: 1 });
    assert.match(history.problems[0] ?? '', /a is null in a scroll, possible is v2/);
  });

  it('finds a document that went back to an older version', () => {
    const history = written();
    history.observe([found('v1', 10n)], 'a scroll');
    assert.deepEqual(history.verdict, { ...clean, lost: 1 });
  });

  it('finds a deleted document that returned', () => {
    const history = written();
    history.begin('a', null);
    history.acknowledge('a', null, 0n);
    history.observe([found('v2')], 'a scroll');
    assert.deepEqual(history.verdict, { ...clean, resurrected: 1 });
  });

  it('finds a document that no one wrote, and one that stands twice', () => {
    const history = written();
    history.observe([found('v2'), found('v2'), { id: 'b', state: 'v1', docId: 3n }], 'a search');
    assert.deepEqual(history.verdict, { ...clean, duplicates: 1, resurrected: 1 });
  });

  it('takes either outcome of a write that was under way, and holds on to the one it saw', () => {
    for (const [seen, then] of [
      ['v2', 'v3'],
      ['v3', 'v2'],
    ] as const) {
      const history = written();
      history.begin('a', 'v3');
      history.observe([found(seen)], 'a scroll');
      assert.deepEqual(history.verdict, clean);
      history.observe([found(then)], 'a second scroll');
      assert.deepEqual(history.verdict, { ...clean, lost: 1 });
    }
  });

  it('knows which documents may lack a part until they are written again', () => {
    const history = written();
    history.begin('a', 'v3');
    history.observe([found('v3', 30n)], 'a scroll');
    history.observe([found('v3', 30n)], 'a search');
    assert.ok(history.isPartial('a'));
    history.begin('a', 'v4');
    history.acknowledge('a', 'v4', 40n);
    assert.ok(!history.isPartial('a'));
  });

  it('takes both outcomes of a delete that was under way', () => {
    for (const left of [[], [found('v2')]]) {
      const history = written();
      history.begin('a', null);
      history.observe(left, 'a scroll');
      assert.deepEqual(history.verdict, clean);
    }
  });

  it('finds the effect of a write that was refused', () => {
    const history = written();
    history.begin('a', 'v3');
    history.refuse('a', 'v2');
    history.observe([found('v3')], 'a scroll');
    assert.deepEqual(history.verdict, { ...clean, lost: 1 });
  });

  it('finds verdicts that contradict what was acknowledged', () => {
    const history = written();
    history.wrongVerdict('a', true);
    history.wrongVerdict('a', false);
    assert.deepEqual(history.verdict, { ...clean, lost: 1, resurrected: 1 });
  });

  it('finds docIds that run backwards', () => {
    const history = written();
    history.begin('a', 'v3');
    history.acknowledge('a', 'v3', 15n);
    assert.equal(history.verdict.lost, 1);
  });
});
