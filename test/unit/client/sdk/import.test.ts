import assert from 'node:assert/strict';
import { status } from '@grpc/grpc-js';
import { withClient } from '../with-client.js';
import type { Document } from '../../../../client/sdk/types.js';

function documents(count: number, text = 'x'): Document[] {
  return Array.from({ length: count }, (_, index) => ({ id: String(index), text }));
}

describe('bulk import of the client', () => {
  it('sends every document in batches of at most 256, and reports progress', () =>
    withClient(async (client, fake) => {
      await client.collections.create('notes');
      const progress: number[] = [];
      const result = await client.documents.import('notes', documents(600), {
        onProgress: (state) => progress.push(state.documents),
      });
      assert.equal(result.written, 600);
      assert.equal(result.sequence, 9n);
      assert.deepEqual(fake.importMessages, [0, 256, 256, 88]);
      assert.deepEqual(progress, [256, 512, 600]);
    }));

  it('keeps messages near 1 MiB, and sends a larger document alone', () =>
    withClient(async (client, fake) => {
      await client.collections.create('notes');
      const large = documents(5, 'x'.repeat(400 * 1024));
      await client.documents.import('notes', [...large, { id: 'huge', text: 'x'.repeat(3 * 1024 * 1024) }]);
      assert.deepEqual(fake.importMessages, [0, 2, 2, 1, 1]);
    }));

  it('tells which ones were refused, by their position', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      const result = await client.documents.import('notes', [...documents(2), { id: 'bad', text: 'x' }]);
      assert.equal(result.rejected, 1);
      assert.equal(result.rejects[0]?.position, 2);
      assert.equal(result.rejects[0]?.result.error?.message, 'the fake refuses it');
    }));

  // The fake takes nothing until its gate opens; a source without back-pressure would be read to its end meanwhile.
  it('asks the source for no more than the connection takes', () =>
    withClient(async (client, fake) => {
      await client.collections.create('notes');
      let open = (): void => undefined;
      fake.gate = new Promise((resolve) => (open = resolve));
      const state = { asked: 0, quiet: 0 };
      function* source(): Generator<Document> {
        for (; state.asked < 64; state.asked += 1) yield { id: String(state.asked), text: 'x'.repeat(1024 * 1024) };
      }
      const importing = client.documents.import('notes', source());
      for (let last = -1; state.quiet < 100; state.quiet = last === state.asked ? state.quiet + 1 : 0) {
        last = state.asked;
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.ok(state.asked < 64, `${state.asked} documents were taken from the source`);
      open();
      assert.equal((await importing).written, 64);
    }));

  it('ends with the error of the cluster', () =>
    withClient(async (client, fake) => {
      await client.collections.create('notes');
      fake.failImport = { code: status.RESOURCE_EXHAUSTED, details: 'the disk is full' };
      await assert.rejects(client.documents.import('notes', documents(5_000)), {
        code: 'RESOURCE_EXHAUSTED',
        message: 'the disk is full',
      });
    }));

  it('ends with the error of the source', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      function* source(): Generator<Document> {
        yield { id: '1', text: 'x' };
        throw new Error('the source is broken');
      }
      await assert.rejects(client.documents.import('notes', source()), { message: 'the source is broken' });
    }));

  it('refuses a document larger than a message, naming it and the limit', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      await assert.rejects(client.documents.import('notes', [{ id: 'whale', text: 'x'.repeat(9 * 1024 * 1024) }]), {
        code: 'INVALID_ARGUMENT',
        message: /whale.*8388608.*chunk it/,
      });
    }));
});
