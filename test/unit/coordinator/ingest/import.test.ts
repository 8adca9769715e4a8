/** A bulk import keeps the order of its documents, counts what became of them, and holds its source back. */
import assert from 'node:assert/strict';
import { Deadline } from '../../../../base/deadline.js';
import { ShoalError } from '../../../../base/errors.js';
import { keys } from '../../../../cluster/keys.js';
import { importDocuments } from '../../../../coordinator/ingest/import.js';
import type { IngestParts } from '../../../../coordinator/ingest/ingest.js';
import { Document } from '../../../../proto/generated/shoal/v1/document.js';
import type { ImportResponse } from '../../../../proto/generated/shoal/v1/documents.js';
import type { Peers } from '../../../../coordinator/peers.js';
import { deadlineOf, encodersOf, floats, longs, settings } from '../fixtures.js';
import { decided, writeRig, type WriteRig, type WriteRigOptions } from '../write-rig.js';

type Fields = Parameters<typeof Document.fromPartial>[0];
type Batches = readonly (readonly (string | Fields)[])[];

interface Rig extends WriteRig {
  /** Batches that were taken from the source. */
  taken: number;
}

function rig(options: WriteRigOptions = {}): Rig {
  return Object.assign(writeRig(options), { taken: 0 });
}

async function* source(each: Rig, batches: Batches): AsyncGenerator<readonly Document[]> {
  for (const batch of batches) {
    each.taken += 1;
    yield batch.map((one) =>
      Document.fromPartial({ vector: floats(1, 2), ...(typeof one === 'string' ? { id: one } : one) }),
    );
  }
}

function run(each: Rig, batches: Batches, changes: Partial<IngestParts> = {}): Promise<ImportResponse> {
  return importDocuments(source(each, batches), each.settings, { ...each.parts, ...changes }, deadlineOf());
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

const ids = (count: number): string[][] => Array.from({ length: count }, (_, i) => [String(i)]);
const said = (each: Rig): string[] => each.log.said().flatMap(([, some]) => some);

describe('a bulk import', () => {
  it('writes all batches in their order and counts', async () => {
    const each = rig();
    const { sequence, ...answer } = await run(each, [['a', 'b'], [], ['c'], ['a'], ['d', 'a']]);
    assert.deepEqual(said(each), ['a', 'b', 'c', 'a', 'd', 'a']);
    assert.deepEqual(answer, { uid: 'u1', read: 6n, written: 6n, unchanged: 0n, rejected: 0n, rejects: [] });
    assert.equal(sequence, BigInt(each.log.entries.length));
  });

  it('is patient with the directory at first, and as long as it meets documents that are there', async () => {
    const waits = async (isThere: boolean): Promise<number[]> => {
      const asked: number[] = [];
      const findUnchanged: Peers['findUnchanged'] = async (_, { ids: some }, deadline) => {
        asked.push(deadline.remainingMs());
        return { docIds: longs(...some.map(() => (isThere ? 4_096n : 0n))) };
      };
      const each = rig({ peers: { findUnchanged } });
      await each.log.append('u1', 'shoal.u1.1.0', { headers: {}, body: new Uint8Array() });
      // More than are taken at once, so that the last ones come after the answers to the first.
      const patient = Deadline.after(each.clock, 60_000);
      await importDocuments(source(each, ids(40)), each.settings, each.parts, patient);
      return [asked[0]!, asked.at(-1)!];
    };
    assert.deepEqual(await waits(true), [2_000, 2_000]);
    assert.deepEqual(await waits(false), [2_000, 50]);
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

  it('skips what is there already, also what an interrupted import has left', async () => {
    const each = rig({ partitions: 2 });
    await run(each, ids(3));
    const { written, unchanged, sequence } = await run(each, ids(5));
    assert.deepEqual([written, unchanged], [2n, 3n]);
    assert.equal(sequence, BigInt(each.log.entries.length));
    assert.deepEqual(said(each).slice(3), ['3', '4']);
  });

  it('takes no more batches than sixteen ahead of the log, or four ahead of the encoder', async () => {
    const cases: [Partial<WriteRigOptions>, number][] = [
      [{}, 16],
      [{ settings: settings({ tokenDim: 0 }) }, 4],
    ];
    for (const [options, room] of cases) {
      const each = rig(options);
      const gate: { open: () => void } = { open: () => undefined };
      const opened = new Promise<void>((resolve) => (gate.open = resolve));
      each.log.hindrance = () => opened;
      const running = run(
        each,
        Array.from({ length: 40 }, (_, i) => [{ id: String(i) }]),
      );
      await turns();
      assert.equal(each.taken, room);
      gate.open();
      assert.equal((await running).written, 40n);
    }
  });

  it('ends with what hits all documents alike, and takes no further batch', async () => {
    const each = rig({ settings: settings() });
    const encoders = encodersOf({ encode: async () => Promise.reject(new ShoalError('UNAVAILABLE', 'no encoder')) });
    await assert.rejects(
      run(
        each,
        Array.from({ length: 10 }, (_, i) => [{ id: String(i), vector: undefined, text: 'x' }]),
        { encoders },
      ),
      { code: 'UNAVAILABLE', message: 'no encoder' },
    );
    assert.ok(each.taken <= 4);
  });

  it('of nothing is an answer of zeros', async () => {
    const { read, sequence } = await run(rig(), []);
    assert.deepEqual([read, sequence], [0n, 0n]);
  });

  it('into a collection that is dropped meanwhile is NOT_FOUND', async () => {
    const each = rig();
    each.log.hindrance = () => {
      if (each.log.entries.length === 0) return;
      each.registry.delete(keys.setting('u1'));
      throw new ShoalError('NOT_FOUND', 'the log has no stream "u1"');
    };
    await assert.rejects(run(each, ids(40)), {
      code: 'NOT_FOUND',
      message: /^collection 'notes' was dropped meanwhile/,
    });
  });
});

describe('an id that comes several times in a bulk import', () => {
  const structure = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1) };
  const [east, north] = [floats(1, 0), floats(0, 1)];

  it('is there in the version that came last, also when versions belong to different shards', async () => {
    for (const batches of [
      [
        [
          { id: 'y', vector: north },
          { id: 'x', vector: east },
          { id: 'x', vector: north, text: 'last' },
        ],
      ],
      [[{ id: 'y', vector: north }], [{ id: 'x', vector: east }], [{ id: 'x', vector: north, text: 'last' }]],
    ]) {
      const each = rig({ structure });
      // The shard of the first version is the slower one.
      each.log.hindrance = (subject) => (subject.endsWith('.0') ? turns() : undefined);
      assert.equal((await run(each, batches)).written, 3n);
      const last = each.log.entries.at(-1)!;
      assert.equal(last.subject, 'shoal.u1.1.1');
      assert.equal(decided(each.log).there.get('x')?.docId, last.sequence * 4_096n);
    }
  });

  it('is written though an equal version is there, when another is on its way before it', async () => {
    const each = rig();
    await run(each, [[{ id: 'x', text: 'one' }]]);
    const { written, unchanged } = await run(each, [[{ id: 'x', text: 'two' }], [{ id: 'x', text: 'one' }]]);
    assert.deepEqual([written, unchanged], [2n, 0n]);
    const again = await run(each, [
      [
        { id: 'x', text: 'two' },
        { id: 'x', text: 'one' },
      ],
    ]);
    assert.deepEqual([again.written, again.unchanged], [2n, 0n]);
  });
});
