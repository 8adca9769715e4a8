import assert from 'node:assert/strict';
import { subjectFilter } from '../../../../cluster/embedded/log-consumer.js';

describe('a subject filter', () => {
  it('takes exact subjects', () => {
    const isWanted = subjectFilter(['a.1', 'b']);
    assert.deepEqual(['a.1', 'b', 'a', 'a.10', 'b.1'].map(isWanted), [true, true, false, false, false]);
  });

  it('takes one token, which is not empty, for a last *', () => {
    const isWanted = subjectFilter(['a.b.*']);
    assert.deepEqual(['a.b.1', 'a.b.', 'a.b', 'a.b.1.2', 'x.b.1'].map(isWanted), [true, false, false, false, false]);
  });

  it('takes one token or more, none empty, for a last >', () => {
    const isWanted = subjectFilter(['a.b.>']);
    const subjects = ['a.b.1', 'a.b.1.2', 'a.b.', 'a.b', 'a.b.1.', 'a.b..1', 'x.b.1'];
    assert.deepEqual(subjects.map(isWanted), [true, true, false, false, false, false, false]);
  });

  it('takes nothing when it has no subjects', () => {
    assert.equal(subjectFilter([])('a'), false);
  });

  for (const pattern of ['*', '>', 'a.*.b', 'a.>.b', 'a*', 'a>', '*.a', 'a.*>']) {
    it(`refuses ${pattern}`, () => {
      assert.throws(() => subjectFilter([pattern]), { code: 'INVALID_ARGUMENT' });
    });
  }
});
