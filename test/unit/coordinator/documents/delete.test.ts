/** A delete is decided by the directory; only what existed is counted. */
import assert from 'node:assert/strict';
import { limits } from '../../../../base/limits.js';
import { condition, headersOf } from '../../../../cluster/log/record-headers.js';
import { deleteDocuments, type Deleted } from '../../../../coordinator/documents/delete.js';
import { ingest } from '../../../../coordinator/ingest/ingest.js';
import { AwaitVerdictsResponse, Verdict } from '../../../../proto/generated/shoal/v1/directory.js';
import { DeleteDocumentsRequest } from '../../../../proto/generated/shoal/v1/documents.js';
import { Document } from '../../../../proto/generated/shoal/v1/document.js';
import { deadlineOf, floats, longs } from '../fixtures.js';
import { writeRig, type WriteRig } from '../write-rig.js';

type Fields = Parameters<typeof DeleteDocumentsRequest.fromPartial>[0];

function run(each: WriteRig, fields: Fields): Promise<Deleted> {
  return deleteDocuments(DeleteDocumentsRequest.fromPartial(fields), each.settings, each.parts, deadlineOf());
}

async function withDocuments(...ids: string[]): Promise<WriteRig> {
  const each = writeRig();
  const documents = ids.map((id) => Document.fromPartial({ id, vector: floats(1, 2) }));
  await ingest({ documents, conditions: [], writeId: '' }, each.settings, each.parts, deadlineOf());
  return each;
}

describe('deleting by id', () => {
  it('asks the directory, and counts those that existed once each', async () => {
    const each = await withDocuments('a', 'b', 'c');
    const { count, sequence } = await run(each, { ids: ['a', 'x', 'c', 'a'] });
    assert.deepEqual([count, sequence], [2, 2n]);
    assert.deepEqual(each.log.said()[1], ['shoal.u1.directory', ['a', 'x', 'c']]);
    assert.equal(each.parts.appenders.writtenUpTo('u1'), 2n);
    assert.equal((await run(each, { ids: ['a'] })).count, 0);
  });

  it('under conditions counts those that held', async () => {
    const each = await withDocuments('a', 'b');
    const conditions = [{ ifDocId: 4_096n }, { ifDocId: 4_096n }];
    assert.equal((await run(each, { ids: ['a', 'b'], conditions, writeId: 'w' })).count, 1);
    const headers = headersOf(each.log.entries[1]!);
    assert.ok(headers.operation === 'delete');
    assert.deepEqual([...headers.conditions], [4_096n, 4_096n]);
    assert.match(headers.writeId, /^w\/[0-9a-f]+$/);
  });

  it('fails where the directory does not know any more how many there were', async () => {
    const verdicts = [Verdict.VERDICT_APPLIED, Verdict.VERDICT_UNKNOWN];
    const awaitVerdicts = async (): Promise<AwaitVerdictsResponse> =>
      AwaitVerdictsResponse.fromPartial({ verdicts, docIds: longs(0n, 0n) });
    const deleting = run(writeRig({ peers: { awaitVerdicts } }), { ids: ['a', 'b'] });
    await assert.rejects(deleting, { code: 'ABORTED', message: /not known any more.*read it again/ });
  });

  it('of none, and of ids that no document can have, asks nobody', async () => {
    for (const ids of [[], [''], ['x'.repeat(257), 'ü'.repeat(129)]]) {
      const each = writeRig();
      const { count, sequence } = await run(each, { ids });
      assert.deepEqual([count, sequence, each.log.entries.length], [0, 0n, 0]);
    }
  });

  it('fits many ids into records of bounded headers and numbers', async () => {
    const long = Array.from({ length: 400 }, (_, i) => String(i).padStart(256, '-'));
    const each = writeRig();
    await run(each, { ids: long });
    assert.ok(each.log.entries.length > 1);
    assert.deepEqual(
      each.log.said().flatMap(([, ids]) => ids),
      long,
    );
    for (const { headers } of each.log.entries) {
      const bytes = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
      assert.ok(bytes <= limits.recordHeaderBytesMax);
    }
  });

  it('refuses what makes no sense', async () => {
    const refusal = (fields: Fields, message: RegExp): Promise<void> =>
      assert.rejects(run(writeRig(), fields), { code: 'INVALID_ARGUMENT', message });
    await refusal({ ids: ['a'], filter: 'year > 1' }, /ids and a filter are both given/);
    await refusal({ ids: ['a'], conditions: [{}, {}] }, /2 conditions for 1 documents/);
    await refusal({ ids: ['a', 'a'], conditions: [{ ifDocId: 1n }, {}] }, /document 'a' stands more than once/);
    await refusal({ ids: ['a'], writeId: 'a b' }, /the write id 'a b'/);
  });
});

describe('deleting by a filter', () => {
  it('deletes each document in the version that the filter found', async () => {
    const rows = {
      ids: ['a', 'b'],
      docIds: longs(5n, 9n),
      primary: Buffer.of(1, 1),
      contentHashes: longs(0n, 0n),
      done: true,
    };
    const each = writeRig({ settings: { attributes: { year: 2 } }, peers: { listRows: async () => rows } });
    const { count, sequence } = await run(each, { filter: 'year > 1990' });
    const headers = headersOf(each.log.entries[0]!);
    assert.ok(headers.operation === 'delete');
    assert.deepEqual(
      [headers.ids, [...headers.conditions]],
      [
        ['a', 'b'],
        [5n, 9n],
      ],
    );
    assert.ok(headers.conditions.every((each) => each !== condition.none));
    assert.deepEqual([count, sequence], [0, 1n]);
  });

  it('that finds nothing writes nothing, and a bad one is refused', async () => {
    const none = { ids: [], docIds: longs(), primary: Buffer.of(), contentHashes: longs(), done: true };
    const each = writeRig({ settings: { attributes: { year: 2 } }, peers: { listRows: async () => none } });
    assert.deepEqual(await run(each, { filter: 'year > 1990' }), { count: 0, sequence: 0n });
    await assert.rejects(run(each, { filter: 'year >' }), { code: 'INVALID_ARGUMENT' });
    await assert.rejects(run(each, { filter: 'month > 3' }), { code: 'INVALID_ARGUMENT', message: /month/ });
  });
});
