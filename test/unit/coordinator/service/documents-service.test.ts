/** Documents over the wire: what is acknowledged is there, what is refused says why. */
import assert from 'node:assert/strict';
import { credentials, Metadata } from '@grpc/grpc-js';
import { createBare, numberedDocuments, SmallCluster } from '../../../cluster/small-cluster.js';
import type { Document } from '../../../../proto/generated/shoal/v1/document.js';
import { DocumentsClient, ScrollRequest, type ImportResponse } from '../../../../proto/generated/shoal/v1/documents.js';

describe('the service of documents', () => {
  let cluster: SmallCluster;
  before(async () => {
    cluster = await SmallCluster.start();
    await createBare(cluster, 'notes');
  });
  after(() => cluster.close());

  it('writes, gives back, counts and deletes', async () => {
    const { documents } = cluster.client;
    const attributes = { year: 1999n, price: 1.5, is: true, at: new Date(0), tags: ['a', 'b'] };
    const given = { id: 'ü/1', title: 'T', text: 'tëxt', attributes, vector: Float32Array.of(1, 0.5) };
    const { uid, sequence, results } = await documents.upsert('notes', [given, ...numberedDocuments(3)]);
    assert.deepEqual(
      results.map(({ id, docId, error }) => [id, docId, error]),
      [
        ['ü/1', sequence * 4_096n, null],
        ['0', sequence * 4_096n + 1n, null],
        ['1', sequence * 4_096n + 2n, null],
        ['2', sequence * 4_096n + 3n, null],
      ],
    );
    const stored = await documents.get('notes', 'ü/1', { withVectors: true });
    assert.deepEqual({ ...stored }, { ...stored, ...given, uid, docId: sequence * 4_096n });
    assert.equal((await documents.get('notes', 'ü/1')).vector, undefined);
    assert.deepEqual(await documents.count('notes'), { uid, documents: 4 });
    const deleted = await documents.delete('notes', ['0', 'unknown', '0']);
    assert.deepEqual([deleted.uid, deleted.deleted], [uid, 1]);
    await assert.rejects(documents.get('notes', '0'), {
      code: 'NOT_FOUND',
      message: "document '0' does not exist in collection 'notes'",
    });
    assert.equal((await documents.count('notes')).documents, 3);
    assert.equal((await documents.delete('notes', ['0'])).deleted, 0);
  });

  it('shows the last version of an id, also after deleting and writing it again', async () => {
    const { documents } = cluster.client;
    const version = (text: string): Promise<unknown> =>
      documents.upsert('notes', [{ id: 'again', text, vector: Float32Array.of(1, 1) }]);
    await version('one');
    await version('two');
    assert.equal((await documents.get('notes', 'again')).text, 'two');
    await documents.delete('notes', ['again']);
    await version('three');
    assert.equal((await documents.get('notes', 'again')).text, 'three');
  });

  it('refuses documents one by one, with status and reason', async () => {
    const vector = Float32Array.of(1, 0);
    const { results } = await cluster.client.documents.upsert('notes', [
      { id: 'good', vector },
      { id: '', vector },
      { id: 'x'.repeat(257), vector },
      { id: 'twice', vector },
      { id: 'twice', vector },
      { id: 'bare', text: 'x' },
      { id: 'nothing' },
      { id: 'nan', vector: Float32Array.of(NaN, 0) },
      { id: 'long', vector: Float32Array.of(1, 2, 3) },
    ]);
    assert.deepEqual(
      results.map(({ error }) => error && [error.code, error.message.replace(/x{40}…/, 'x…')]),
      [
        null,
        ['INVALID_ARGUMENT', 'a document has an empty id; give each a unique one'],
        ['INVALID_ARGUMENT', "the id 'x…' has 257 bytes, the limit is 256; use a shorter one"],
        ['INVALID_ARGUMENT', "document 'twice' stands more than once in one request; send one version of it"],
        ['INVALID_ARGUMENT', "document 'twice' stands more than once in one request; send one version of it"],
        [
          'INVALID_ARGUMENT',
          "document 'bare': it has no vector, and collection 'notes' has no encoder model; give a vector",
        ],
        ['INVALID_ARGUMENT', "document 'nothing': it has no text; give text, or a vector in its place"],
        ['INVALID_ARGUMENT', "document 'nan': its vector has a number that is not finite; clean the input"],
        ['INVALID_ARGUMENT', "document 'long': its vector has 3 dimensions, the collection has 2"],
      ],
    );
  });

  it('refuses more than 4,096 documents at once, and unknown collections', async () => {
    const { documents } = cluster.client;
    await assert.rejects(documents.upsert('notes', numberedDocuments(4_097)), {
      code: 'INVALID_ARGUMENT',
      message: '4097 documents in one request, the limit is 4096; send less at once, or use the bulk import',
    });
    const unknown = { code: 'NOT_FOUND', message: "collection 'x' does not exist; create it or list those that do" };
    await assert.rejects(documents.upsert('x', numberedDocuments(1)), unknown);
    await assert.rejects(documents.get('x', '1'), unknown);
    await assert.rejects(documents.delete('x', ['1']), unknown);
    await assert.rejects(documents.count('x'), unknown);
    await assert.rejects(documents.scroll('x').next(), unknown);
    await assert.rejects(documents.import('x', numberedDocuments(1)), unknown);
  });

  it('refuses a message over the size limit and goes on', async () => {
    const huge = { id: 'huge', text: 'x'.repeat(10 * 1024 * 1024), vector: Float32Array.of(1, 0) };
    await assert.rejects(cluster.client.documents.upsert('notes', [huge]), { code: 'RESOURCE_EXHAUSTED' });
    assert.equal(
      (await cluster.client.documents.upsert('notes', [{ id: 'small', vector: Float32Array.of(1, 0) }])).results[0]
        ?.error,
      null,
    );
  });

  it('imports a stream and scrolls it back in the order of ids', async () => {
    const { documents } = cluster.client;
    await createBare(cluster, 'bulk');
    const all = numberedDocuments(3_000);
    const { read, written, rejected, rejects } = await documents.import('bulk', [
      ...all,
      { id: '', vector: Float32Array.of(1, 0) },
    ]);
    assert.deepEqual([read, written, rejected], [3_001, 3_000, 1]);
    assert.equal(rejects[0]?.position, 3_000);
    const ids: string[] = [];
    for await (const { id } of documents.scroll('bulk')) ids.push(id);
    assert.deepEqual(ids, all.map(({ id }) => id).sort());
  });

  it('wants a first message in an import', async () => {
    const client = new DocumentsClient(cluster.address, credentials.createInsecure());
    const answer = new Promise<ImportResponse>((resolve, reject) => {
      client.import(new Metadata(), (error, response) => (error === null ? resolve(response) : reject(error))).end();
    });
    await assert.rejects(answer, {
      code: 3,
      details: 'the import has no message; name the collection in the first one',
    });
    client.close();
  });

  it('gives scrolled batches of the size asked', async () => {
    const client = new DocumentsClient(cluster.address, credentials.createInsecure());
    const sizes: number[] = [];
    for await (const message of client.scroll(
      ScrollRequest.fromPartial({ collection: 'bulk', withVectors: true, batch: 2_000 }),
    )) {
      const { documents } = message as { documents: { document: Document }[] };
      assert.ok(documents.every(({ document }) => document.vector?.length === 8));
      sizes.push(documents.length);
    }
    assert.deepEqual(sizes, [2_000, 1_000]);
    client.close();
  });
});
