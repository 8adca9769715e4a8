import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { refusal } from '../../../../coordinator/filter/refusal.js';

describe('the refusal of a filter', () => {
  it('counts lines and code points from 1 and draws a caret below', () => {
    const error = refusal('a &&\nü🙂 x', { start: 9 }, 'this is wrong');
    assert.equal(error.message, 'the filter is wrong at line 2, column 4: this is wrong\n  ü🙂 x\n     ^');
    assert.deepEqual(error.details, { line: '2', column: '4', offset: '9' });
  });

  it('points behind the text where it ends too soon', () => {
    assert.match(refusal('year', { start: 99 }, 'more').message, /column 5: more\n  year\n {6}\^$/);
  });

  it('cuts long lines on both sides', () => {
    const { message } = refusal('x'.repeat(200), { start: 100 }, 'here');
    assert.equal(message.split('\n')[1], `  …${'x'.repeat(80)}…`);
  });
});
