/** Each document of a request has its own result, in order; one refusal holds up no other. */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { ShoalError } from '../../../../base/errors.js';
import type { Deadline } from '../../../../base/deadline.js';
import { keys } from '../../../../cluster/keys.js';
import { docIdOf } from '../../../../cluster/log/doc-id.js';
import { headersOf } from '../../../../cluster/log/record-headers.js';
import { ingest, type Ingested } from '../../../../coordinator/ingest/ingest.js';
import { Document } from '../../../../proto/generated/shoal/v1/document.js';
import type { UpsertRequest } from '../../../../proto/generated/shoal/v1/documents.js';
import { FakeClock } from '../../../fake-clock.js';
import { deadlineOf, encodersOf, floats, settings } from '../fixtures.js';
import { writeRig, type WriteRig } from '../write-rig.js';

type Fields = Parameters<typeof Document.fromPartial>[0];

const vector = floats(1, 2);

function write(
  each: WriteRig,
  documents: readonly Fields[],
  options: Partial<Pick<UpsertRequest, 'conditions' | 'writeId'>> & { deadline?: Deadline } = {},
): Promise<Ingested> {
  const { deadline = deadlineOf(), conditions = [], writeId = '' } = options;
  const given = documents.map((fields) =>
    Document.fromPartial({ ...('passages' in fields ? {} : { vector }), ...fields }),
  );
  return ingest({ documents: given, conditions, writeId }, each.settings, each.parts, deadline);
}

const statuses = ({ results }: Ingested): number[] => results.map(({ status }) => status);

describe('ingesting', () => {
  it('gives each document its docId or its refusal, in order', async () => {
    const each = writeRig({ settings: { attributes: { year: 2 } } });
    const { results, sequence } = await write(each, [
      { id: 'a' },
      { id: '' },
      { id: 'typed', attributes: { year: { stringValue: 'x' } } },
      { id: 'b', vector: floats(1, NaN) },
      { id: 'c' },
    ]);
    assert.deepEqual(
      results.map(({ id, docId, status }) => [id, docId, status]),
      [
        ['a', docIdOf(1n, 0), 0],
        ['', 0n, 3],
        ['typed', 0n, 3],
        ['b', 0n, 3],
        ['c', docIdOf(1n, 1), 0],
      ],
    );
    assert.equal(results[1]?.message, 'a document has an empty id; give each a unique one');
    assert.match(results[2]!.message, /attribute 'year' is string, but the collection has it as int64/);
    assert.equal(sequence, 1n);
    assert.deepEqual(each.log.said(), [['shoal.u1.1.0', ['a', 'c']]]);
    assert.equal(each.parts.appenders.writtenUpTo('u1'), 1n);
  });

  it('refuses every document of an id that stands twice in a request', async () => {
    const each = writeRig();
    const ingested = await write(each, [{ id: 'a' }, { id: 'b' }, { id: 'a' }]);
    assert.deepEqual(statuses(ingested), [3, 0, 3]);
    const message = "document 'a' stands more than once in one request; send one version of it";
    assert.equal(ingested.results[2]?.message, message);
    assert.deepEqual(each.log.said(), [['shoal.u1.1.0', ['b']]]);
  });

  it('tells of a full disk where it hits, shard by shard', async () => {
    const each = writeRig({ structure: { dim: 2, centroids: Float32Array.of(1, 0, 0, 1) } });
    each.log.hindrance = (subject) => {
      if (subject.endsWith('.1')) throw new ShoalError('RESOURCE_EXHAUSTED', 'the disk is full');
    };
    const ingested = await write(each, [
      { id: 'full', vector: floats(0, 1) },
      { id: 'a', vector: floats(1, 0) },
    ]);
    assert.deepEqual(statuses(ingested), [8, 0]);
    assert.equal(ingested.sequence, 1n);
  });

  it('says DEADLINE_EXCEEDED of what the log does not answer in time, and the truth of the rest', async () => {
    const clock = new FakeClock();
    const each = writeRig({ structure: { dim: 2, centroids: Float32Array.of(1, 0, 0, 1) } });
    each.log.hindrance = (subject) => (subject.endsWith('.1') ? new Promise(() => undefined) : undefined);
    const writing = write(
      each,
      [
        { id: 'late', vector: floats(0, 1) },
        { id: 'a', vector: floats(1, 0) },
      ],
      {
        deadline: deadlineOf(100, clock),
      },
    );
    for (let turn = 0; each.log.entries.length === 0 && turn < 100; turn += 1) await wait(1);
    await clock.advance(100);
    assert.deepEqual(statuses(await writing), [4, 0]);
  });

  it('of nothing writes nothing', async () => {
    assert.deepEqual(await write(writeRig(), []), { results: [], sequence: 0n });
  });

  it('fails as a whole when the encoder does', async () => {
    const each = writeRig();
    const encoders = encodersOf({ encode: async () => Promise.reject(new ShoalError('UNAVAILABLE', 'no encoder')) });
    const request = { documents: [Document.fromPartial({ id: 'a', text: 'x' })], conditions: [], writeId: '' };
    const writing = ingest(request, settings(), { ...each.parts, encoders }, deadlineOf());
    await assert.rejects(writing, { code: 'UNAVAILABLE', message: 'no encoder' });
  });
});

describe('ingesting what is there already', () => {
  it('writes nothing, and answers with the version that is there', async () => {
    const each = writeRig({ partitions: 3 });
    const documents = ['a', 'b', 'c', 'd'].map((id) => ({ id, text: `of ${id}` }));
    await write(each, documents);
    const changed = [...documents.slice(0, 3), { id: 'd', text: 'new' }];
    const { results, sequence } = await write(each, changed);
    assert.deepEqual(
      results.map(({ docId, unchanged }) => [docId, unchanged]),
      [
        [docIdOf(1n, 0), true],
        [docIdOf(1n, 1), true],
        [docIdOf(1n, 2), true],
        [docIdOf(2n, 0), false],
      ],
    );
    assert.equal(sequence, 2n);
    assert.deepEqual(each.log.said().at(-1), ['shoal.u1.1.0', ['d']]);
  });

  it('answers with a position that shows it, though nothing was written', async () => {
    const each = writeRig();
    await write(each, [{ id: 'a' }]);
    assert.equal((await write(each, [{ id: 'a' }])).sequence, 1n);
    assert.equal(each.log.entries.length, 1);
  });

  it('writes it again when the directory cannot say', async () => {
    const peers = { findUnchanged: () => Promise.reject(new ShoalError('UNAVAILABLE', 'restarting')) };
    const each = writeRig({ peers });
    await write(each, [{ id: 'a' }]);
    assert.deepEqual((await write(each, [{ id: 'a' }])).results[0]?.docId, docIdOf(2n, 0));
  });
});

describe('ingesting under conditions', () => {
  it('writes what its condition lets through, and says what is there for the rest', async () => {
    const each = writeRig({ partitions: 2 });
    const first = await write(each, [{ id: 'a' }, { id: 'b' }]);
    const { results, sequence } = await write(each, [{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' }, { id: 'e' }], {
      conditions: [{ ifDocId: first.results[0]!.docId }, { ifAbsent: true }, { ifAbsent: true }, { ifDocId: 99n }, {}],
    });
    assert.deepEqual(
      results.map(({ status }) => status),
      [0, 9, 0, 9, 0],
    );
    assert.match(results[1]!.message, new RegExp(`is there with docId ${first.results[1]!.docId}; read it again`));
    assert.match(results[3]!.message, /document 'd' was to have docId 99, but it does not exist/);
    const decision = each.log.entries.find(({ subject }) => subject === 'shoal.u1.directory')!;
    assert.equal(results[0]!.docId, docIdOf(decision.sequence, 0));
    assert.equal(sequence, 3n);
    assert.deepEqual(headersOf(decision).ids, ['a', 'b', 'c', 'd']);
    assert.deepEqual(each.asked, ['e']);
  });

  it('carries the write id, and waits for a verdict that was given before', async () => {
    const each = writeRig();
    await write(each, [{ id: 'a' }], { conditions: [{ ifAbsent: true }], writeId: 'w-1' });
    const headers = headersOf(each.log.entries[0]!);
    assert.ok(headers.operation === 'write');
    assert.match(headers.writeId, /^w-1\/[0-9a-f]+$/);
  });

  it('refuses conditions that are not as many as documents', async () => {
    const bad = write(writeRig(), [{ id: 'a' }], { conditions: [{}, {}] });
    await assert.rejects(bad, { code: 'INVALID_ARGUMENT', message: /2 conditions for 1 documents/ });
  });
});

describe('ingesting into a collection of several shards', () => {
  const structure = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1, -1, 0) };

  it('leads each document to the shard of its nearest list', async () => {
    const each = writeRig({ structure });
    await write(each, [
      { id: 'east', vector: floats(3, 1) },
      { id: 'north', vector: floats(1, 3) },
      { id: 'west', vector: floats(-3, 1) },
      { id: 'east too', vector: floats(3, -1) },
    ]);
    assert.deepEqual(
      new Map(each.log.said()),
      new Map([
        ['shoal.u1.1.0', ['east', 'east too']],
        ['shoal.u1.1.1', ['north']],
        ['shoal.u1.1.2', ['west']],
      ]),
    );
    const headers = headersOf(each.log.entries[0]!);
    assert.ok(headers.operation === 'upsert');
    assert.deepEqual([headers.structure, headers.epoch], [1, 1n]);
  });

  it('stores the passages of other shards under the docId of the first, and is done when all are on disk', async () => {
    const each = writeRig({ structure });
    const passages = [floats(1, 0), floats(0, 1), floats(1, 0), floats(-1, 0)].map((of) => ({ vector: of }));
    const { results, sequence } = await write(each, [{ id: 'a', text: 'words', passages }]);
    const [first, ...others] = each.log.entries.map((entry) => headersOf(entry));
    assert.ok(first?.operation === 'upsert');
    const subjects = ['shoal.u1.1.0', 'shoal.u1.1.1', 'shoal.u1.1.2'];
    assert.deepEqual(first.places, new Map([[0, subjects]]));
    assert.equal(results[0]?.docId, docIdOf(1n, 0));
    assert.equal(others.length, 2);
    for (const other of others) {
      assert.ok(other.operation === 'upsert');
      assert.deepEqual([other.isAs, other.docIds[0]], [true, docIdOf(1n, 0)]);
    }
    assert.equal(sequence, 3n);
  });
});

describe('ingesting into a collection that is dropped meanwhile', () => {
  it('is NOT_FOUND, whatever failed', async () => {
    for (const conditions of [[], [{ ifAbsent: true }]]) {
      const each = writeRig();
      each.log.hindrance = () => {
        each.registry.delete(keys.setting('u1'));
        throw new ShoalError('NOT_FOUND', 'the log has no stream "u1"');
      };
      await assert.rejects(write(each, [{ id: 'a' }], { conditions }), {
        code: 'NOT_FOUND',
        message: "collection 'notes' was dropped meanwhile; create it again and send the documents anew",
      });
    }
  });
});
