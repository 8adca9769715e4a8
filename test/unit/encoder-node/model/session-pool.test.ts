import assert from 'node:assert/strict';
import { present } from '../../../../base/assert.js';
import type { Sequence } from '../../../../encoder-node/batch/sequence.js';
import { loadModel } from '../../../../encoder-node/model/load-model.js';
import { SessionPool } from '../../../../encoder-node/model/session-pool.js';
import { withTinyModel } from '../tiny-model.js';

function sequence(length: number): Sequence {
  const ids = Int32Array.from({ length }, (_, i) => (i === 0 ? 2 : i === length - 1 ? 3 : 10));
  return { ids, attended: length, wantsDense: true, rows: null, isCoded: false, pooling: 1, side: 'documents' };
}

async function withPool<T>(
  threads: number,
  work: (pool: SessionPool) => Promise<T>,
  executionProvider: 'cpu' | 'cuda' = 'cpu',
): Promise<T> {
  return withTinyModel(async (folder) => {
    const model = await loadModel(folder);
    const pool = await SessionPool.start({ ...model, executionProvider, intraOpThreads: 1 }, threads);
    try {
      return await work(pool);
    } finally {
      await pool.close();
    }
  });
}

describe('the pool of sessions', () => {
  it('runs batches in threads and gives results in order', async () => {
    await withPool(1, async (pool) => {
      const done = await pool.slot()?.run([sequence(4), sequence(9)], false);
      assert.equal(done?.results.length, 2);
      assert.notDeepEqual(done.results[0], done.results[1]);
      assert.ok(done.runMs > 0);
    });
  });

  it('has a place for one batch that runs and one that waits, in every thread', async () => {
    await withPool(2, async (pool) => {
      const running = [1, 2, 3, 4].map(() => present(pool.slot(), 'a place').run([sequence(8)], false));
      assert.equal(pool.slot(), null);
      await Promise.all(running);
      assert.notEqual(pool.slot(), null);
    });
  });

  it('tells the failure of a batch to whoever sent it, and goes on', async () => {
    await withPool(1, async (pool) => {
      const wrong = { ...sequence(4), rows: Int32Array.of(0), ids: Int32Array.of(2, 99_999, 3) };
      await assert.rejects(pool.slot()?.run([wrong], false) ?? Promise.resolve(), { code: 'INTERNAL' });
      assert.equal((await pool.slot()?.run([sequence(4)], false))?.results.length, 1);
    });
  });

  it('starts whole or not at all', async () => {
    await assert.rejects(
      withPool(2, () => Promise.resolve(), 'cuda'),
      { code: 'FAILED_PRECONDITION', message: /cuda/ },
    );
  });

  it('finishes what runs when it is closed, and may be closed again', async () => {
    await withPool(1, async (pool) => {
      const running = pool.slot()?.run([sequence(8)], false);
      await pool.close();
      assert.equal((await running)?.results.length, 1);
      await pool.close();
      assert.throws(() => pool.slot(), { code: 'UNAVAILABLE' });
    });
  });
});
