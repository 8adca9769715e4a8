/** Each document of a request has its own result, in order; one refusal holds up no other. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import type { Deadline } from '../../../../base/deadline.js';
import { docIdOf } from '../../../../cluster/log/records.js';
import type { Appender } from '../../../../coordinator/ingest/appender.js';
import type { Appenders } from '../../../../coordinator/ingest/appenders.js';
import type { AttributeTypeRegistry } from '../../../../coordinator/ingest/attribute-types.js';
import { ingest, type Ingested, type IngestParts } from '../../../../coordinator/ingest/ingest.js';
import type { TokenCodecs } from '../../../../coordinator/ingest/token-codecs.js';
import { Document } from '../../../../proto/generated/shoal/v1/document.js';
import { FakeClock } from '../../../fake-clock.js';
import { bareSettings, deadlineOf, encodersOf, floats, settings } from '../fixtures.js';

interface Rig {
  readonly parts: IngestParts;
  readonly appended: string[];
  readonly written: bigint[];
}

/** The log gives every document a record of its own; ids that begin with "full" find the disk full, with "late" no answer. */
function rig(): Rig {
  const appended: string[] = [];
  const written: bigint[] = [];
  const append: Appender['append'] = async ({ document: { id } }) => {
    if (id.startsWith('full')) throw new ShoalError('RESOURCE_EXHAUSTED', 'the disk is full');
    if (id.startsWith('late')) return new Promise(() => undefined);
    appended.push(id);
    return docIdOf(BigInt(appended.length), 0);
  };
  const appenders = { of: () => ({ append }), noteWritten: (_: string, sequence: bigint) => written.push(sequence) };
  const fix: AttributeTypeRegistry['fix'] = async (_, accepted) =>
    accepted.map(({ document }) =>
      document.id.startsWith('typed') ? new ShoalError('INVALID_ARGUMENT', 'another type') : null,
    );
  const parts = {
    appenders: appenders as unknown as Appenders,
    types: { fix } as unknown as AttributeTypeRegistry,
    codecs: {} as TokenCodecs,
    encoders: encodersOf({}),
  };
  return { parts, appended, written };
}

const vector = floats(1, 2);

function write(
  each: Rig,
  documents: readonly Parameters<typeof Document.fromPartial>[0][],
  deadline: Deadline = deadlineOf(),
): Promise<Ingested> {
  return ingest(
    documents.map((fields) => Document.fromPartial({ vector, ...fields })),
    bareSettings(),
    each.parts,
    deadline,
  );
}

describe('ingesting', () => {
  it('gives each document its docId or its refusal, in order', async () => {
    const each = rig();
    const { results, sequence } = await write(each, [
      { id: 'a' },
      { id: '' },
      { id: 'typed' },
      { id: 'b', vector: floats(1, NaN) },
      { id: 'c' },
    ]);
    assert.deepEqual(
      results.map(({ id, docId, status, message }) => [id, docId, status, message]),
      [
        ['a', docIdOf(1n, 0), 0, ''],
        ['', 0n, 3, 'a document has an empty id; give each a unique one'],
        ['typed', 0n, 3, 'another type'],
        ['b', 0n, 3, "document 'b': its vector has a number that is not finite; clean the input"],
        ['c', docIdOf(2n, 0), 0, ''],
      ],
    );
    assert.equal(sequence, 2n);
    assert.deepEqual([each.appended, each.written], [['a', 'c'], [2n]]);
  });

  it('refuses every document of an id that stands twice in a request', async () => {
    const each = rig();
    const { results } = await write(each, [{ id: 'a' }, { id: 'b' }, { id: 'a' }]);
    assert.deepEqual(
      results.map(({ status }) => status),
      [3, 0, 3],
    );
    assert.equal(results[2]?.message, "document 'a' stands more than once in one request; send one version of it");
    assert.deepEqual(each.appended, ['b']);
  });

  it('tells of a full disk where it hits', async () => {
    const { results, sequence } = await write(rig(), [{ id: 'full' }, { id: 'a' }]);
    assert.deepEqual(
      results.map(({ status }) => status),
      [8, 0],
    );
    assert.equal(sequence, 1n);
  });

  it('says DEADLINE_EXCEEDED when the log does not answer in time', async () => {
    const clock = new FakeClock();
    const writing = write(rig(), [{ id: 'late' }, { id: 'a' }], deadlineOf(100, clock));
    // A turn, so that both are on their way to the log.
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(100);
    const { results } = await writing;
    assert.deepEqual(
      results.map(({ status }) => status),
      [4, 0],
    );
  });

  it('of nothing writes nothing', async () => {
    assert.deepEqual(await write(rig(), []), { results: [], sequence: 0n });
  });

  it('fails as a whole when the encoder does', async () => {
    const { parts } = rig();
    const encoders = encodersOf({ encode: async () => Promise.reject(new ShoalError('UNAVAILABLE', 'no encoder')) });
    const writing = ingest(
      [Document.fromPartial({ id: 'a', text: 'x' })],
      settings(),
      { ...parts, encoders },
      deadlineOf(),
    );
    await assert.rejects(writing, { code: 'UNAVAILABLE', message: 'no encoder' });
  });
});
