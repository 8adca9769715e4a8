/** A bulk import keeps the order of its documents, counts what became of them, and holds its source back. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { docIdOf } from '../../../../cluster/log/records.js';
import type { Appenders } from '../../../../coordinator/ingest/appenders.js';
import type { AttributeTypeRegistry } from '../../../../coordinator/ingest/attribute-types.js';
import { importDocuments } from '../../../../coordinator/ingest/import.js';
import type { IngestParts } from '../../../../coordinator/ingest/ingest.js';
import type { TokenCodecs } from '../../../../coordinator/ingest/token-codecs.js';
import { Document } from '../../../../proto/generated/shoal/v1/document.js';
import type { ImportResponse } from '../../../../proto/generated/shoal/v1/documents.js';
import { bareSettings, deadlineOf, encodersOf, floats } from '../fixtures.js';

type Batches = readonly (readonly string[])[];

interface Rig {
  readonly parts: IngestParts;
  readonly appended: string[];
  /** Batches that were taken from the source. */
  taken: number;
  /** Preparing waits for it. */
  gate: Promise<void>;
  failure: ShoalError | null;
}

function rig(): Rig {
  const appended: string[] = [];
  const append = async ({ document: { id } }: { document: { id: string } }): Promise<bigint> =>
    docIdOf(BigInt(appended.push(id)), 0);
  const state = { taken: 0, gate: Promise.resolve(), failure: null as ShoalError | null };
  const fix: AttributeTypeRegistry['fix'] = async (_, accepted) => {
    await each.gate;
    if (each.failure !== null) throw each.failure;
    return accepted.map(() => null);
  };
  const parts: IngestParts = {
    appenders: { of: () => ({ append }), noteWritten: () => undefined } as unknown as Appenders,
    types: { fix } as unknown as AttributeTypeRegistry,
    codecs: {} as TokenCodecs,
    encoders: encodersOf({}),
  };
  const each: Rig = Object.assign(state, { parts, appended });
  return each;
}

async function* source(each: Rig, batches: Batches): AsyncGenerator<readonly Document[]> {
  for (const batch of batches) {
    each.taken += 1;
    yield batch.map((id) => Document.fromPartial({ id, vector: floats(1, 2) }));
  }
}

function run(each: Rig, batches: Batches): Promise<ImportResponse> {
  return importDocuments(source(each, batches), bareSettings(), each.parts, deadlineOf());
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('a bulk import', () => {
  it('writes all batches in their order and counts', async () => {
    const each = rig();
    const answer = await run(each, [['a', 'b'], [], ['c'], ['a'], ['d', 'a']]);
    assert.deepEqual(each.appended, ['a', 'b', 'c', 'a', 'd', 'a']);
    assert.deepEqual(answer, {
      uid: 'u1',
      sequence: 6n,
      read: 6n,
      written: 6n,
      unchanged: 0n,
      rejected: 0n,
      rejects: [],
    });
  });

  it('names what it refused by its position in the stream, and goes on', async () => {
    const { read, written, rejected, rejects } = await run(rig(), [['a', ''], ['b'], ['', 'c']]);
    assert.deepEqual([read, written, rejected], [5n, 3n, 2n]);
    assert.deepEqual(
      rejects.map(({ position, result }) => [position, result?.status]),
      [
        [1n, 3],
        [3n, 3],
      ],
    );
  });

  it('gives the reasons of 1,000 refused ones, and the places of all, so that each can be kept', async () => {
    const { rejected, rejects } = await run(rig(), [Array.from({ length: 1_500 }, () => '')]);
    assert.deepEqual([rejected, rejects.length], [1_500n, 1_500]);
    assert.equal(rejects.filter(({ result }) => result?.message !== '').length, 1_000);
    assert.deepEqual([rejects[1_499]?.position, rejects[1_499]?.result?.status], [1_499n, 3]);
  });

  it('takes an id twice in one batch, since batches are an accident: the later one wins', async () => {
    const each = rig();
    assert.equal((await run(each, [['a', 'a']])).written, 2n);
    assert.deepEqual(each.appended, ['a', 'a']);
  });

  it('takes no more batches than four ahead of the log', async () => {
    const each = rig();
    const opening: { open: () => void } = { open: () => undefined };
    each.gate = new Promise((resolve) => (opening.open = resolve));
    const running = run(
      each,
      Array.from({ length: 10 }, (_, i) => [String(i)]),
    );
    await turns();
    assert.equal(each.taken, 4);
    opening.open();
    assert.equal((await running).written, 10n);
  });

  it('ends with what hits all documents alike, and takes no further batch', async () => {
    const each = rig();
    each.failure = new ShoalError('UNAVAILABLE', 'no encoder');
    await assert.rejects(
      run(
        each,
        Array.from({ length: 10 }, (_, i) => [String(i)]),
      ),
      { code: 'UNAVAILABLE', message: 'no encoder' },
    );
    assert.ok(each.taken <= 4);
  });

  it('of nothing is an answer of zeros', async () => {
    const { read, sequence } = await run(rig(), []);
    assert.deepEqual([read, sequence], [0n, 0n]);
  });
});
