import assert from 'node:assert/strict';

// Awaited, so that the test is loaded as the module that it is: only modules can resolve names.
const { workerEntry } = await import('../../../base/worker-entry.js');

describe('a worker thread is started', () => {
  const compiled = new URL('file:///product/thread/worker.js');

  it('with the compiled module where its parent is compiled', () => {
    assert.deepEqual(workerEntry(compiled, 'file:///product/thread/parent.js'), { start: compiled, options: {} });
  });

  it('with the source beside it, and a loader for it, where its parent is a source', () => {
    const { start, options } = workerEntry(compiled, 'file:///product/thread/parent.ts');
    assert.match(String(start), /import\("file:\/\/\/product\/thread\/worker\.ts"\)/);
    assert.equal(options.eval, true);
  });
});
