/** What records cause: grouped by subject, repeated until the log has it, writes held back until the log was heard. */
import assert from 'node:assert/strict';
import type { Deadline } from '../../../../base/deadline.js';
import { ShoalError } from '../../../../base/errors.js';
import type { LogRecord } from '../../../../cluster/change-log.js';
import { partsOf } from '../../../../cluster/log/passages.js';
import { headersOf, type RecordHeaders } from '../../../../cluster/log/record-headers.js';
import { Effects, writeEffects, type WriteEffect } from '../../../../shard-node/directory/effects.js';
import type { OpenRecord } from '../../../../shard-node/directory/partition-state.js';
import { FakeClock } from '../../../fake-clock.js';
import { logDocument, subjectOf, writeOf } from './fixtures.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class Rig {
  readonly clock = new FakeClock();
  readonly appended: { readonly subject: string; readonly headers: RecordHeaders }[] = [];
  readonly done: (readonly [number, bigint])[] = [];
  readonly hindrances: (string | null)[] = [];
  readonly failures: string[] = [];
  refusals: ShoalError[] = [];
  isWanted = true;
  readonly effects = new Effects({
    append: (subject, record, deadline) => this.#append(subject, record, deadline),
    subjectOf,
    isWanted: () => this.isWanted,
    onDone: (_, code, sequence) => this.done.push([code, sequence]),
    onHindrance: (error) => this.hindrances.push(error?.message ?? null),
    onFailure: (error) => this.failures.push(error.code),
    clock: this.clock,
  });

  async #append(subject: string, record: LogRecord, deadline: Deadline): Promise<bigint> {
    deadline.check();
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
    await turn();
    const sequence = BigInt(this.appended.length + 1);
    this.appended.push({ subject, headers: headersOf({ ...record, subject, sequence }) });
    return sequence;
  }
}

function cause(): OpenRecord {
  const decision = { changes: new Map(), superseded: [], accepted: [], verdicts: null };
  return { sequence: 1n, code: 0, decision, open: 0, caused: 0n };
}

function write(id: string, docId: bigint, open = cause()): WriteEffect {
  const parts = partsOf(logDocument(id, 0), subjectOf);
  const headers = headersOf({ ...writeOf(logDocument(id, 0)), sequence: 1n, subject: 's' });
  assert.ok(headers.operation === 'write');
  return writeEffects(open, { position: 0, id, docId, contentHash: 3n, places: [0] }, parts, headers)[0]!;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

describe('what records cause', () => {
  it('shares records on each subject', async () => {
    const rig = new Rig();
    for (let i = 0; i < 5_000; i += 1) rig.effects.supersede(i % 2, `id${i}`, BigInt(i), cause());
    assert.equal(rig.effects.waiting, 5_000);
    await until(() => rig.effects.waiting === 0);
    assert.equal(rig.done.length, 5_000);
    assert.ok(rig.appended.length < 12, String(rig.appended.length));
    const said = rig.appended
      .filter(({ subject }) => subject === subjectOf(1))
      .flatMap(({ headers }) => [...headers.docIds]);
    assert.deepEqual(
      said,
      Array.from({ length: 2_500 }, (_, i) => BigInt(i * 2 + 1)),
    );
  });

  it('is repeated until the log has it', async () => {
    const rig = new Rig();
    rig.refusals = ['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'NOT_FOUND'].map(
      (code) => new ShoalError(code as 'UNAVAILABLE', code),
    );
    rig.effects.supersede(0, 'a', 1n, cause());
    for (let i = 0; i < 5; i += 1) {
      await turn();
      await rig.clock.advance(10_000);
    }
    await until(() => rig.done.length === 1);
    assert.deepEqual(rig.hindrances, ['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'NOT_FOUND', null]);
    assert.deepEqual(rig.failures, []);
  });

  it('fails where the log will never take it', async () => {
    const rig = new Rig();
    rig.refusals = [new ShoalError('INVALID_ARGUMENT', 'too large')];
    rig.effects.supersede(0, 'a', 1n, cause());
    await until(() => rig.failures.length > 0);
    assert.deepEqual([rig.failures, rig.done], [['INVALID_ARGUMENT'], []]);
  });

  it('ends with the partition', async () => {
    const rig = new Rig();
    rig.refusals = [new ShoalError('UNAVAILABLE', 'away')];
    rig.effects.supersede(0, 'a', 1n, cause());
    await turn();
    rig.effects.close();
    await turn();
    rig.effects.supersede(0, 'b', 1n, cause());
    await turn();
    assert.deepEqual([rig.appended, rig.failures, rig.done], [[], [], []]);
    assert.equal(rig.clock.pending, 0);
  });
});

describe('an accepted write', () => {
  it('waits until what the log held was heard, and goes under its docId then', async () => {
    const rig = new Rig();
    rig.effects.write(0, write('a', 9n));
    await turn();
    assert.deepEqual([rig.appended.length, rig.effects.held, rig.effects.waiting], [0, 1, 1]);
    rig.effects.release();
    await until(() => rig.done.length === 1);
    const { headers } = rig.appended[0]!;
    assert.ok(headers.operation === 'upsert' && headers.isAs);
    assert.deepEqual([headers.ids, [...headers.docIds], [...headers.contentHashes]], [['a'], [9n], [3n]]);
  });

  it('that is heard before that is not appended again', async () => {
    const rig = new Rig();
    rig.effects.write(0, write('a', 9n));
    rig.effects.heard(1, 9n, 4n);
    rig.effects.heard(0, 8n, 4n);
    assert.equal(rig.effects.held, 1);
    rig.effects.heard(0, 9n, 4n);
    rig.effects.release();
    await turn();
    assert.deepEqual([rig.done, rig.appended.length, rig.effects.waiting], [[[0, 4n]], 0, 0]);
  });

  it('that is not wanted any more still ends what it was to replace', async () => {
    const rig = new Rig();
    rig.isWanted = false;
    rig.effects.release();
    rig.effects.write(0, write('a', 9n));
    await until(() => rig.done.length === 1);
    const [{ headers } = { headers: null }] = rig.appended;
    assert.deepEqual([headers?.operation, headers?.ids, [...(headers?.docIds ?? [])]], ['superseded', ['a'], [9n]]);
    assert.deepEqual([rig.done, rig.effects.waiting], [[[0, 1n]], 0]);
  });

  it('shares a record with those of its own record only, and with no superseded', async () => {
    const rig = new Rig();
    rig.effects.release();
    const open = cause();
    rig.effects.write(0, write('a', 9n, open));
    rig.effects.write(0, write('b', 10n, open));
    rig.effects.write(0, write('a', 11n));
    rig.effects.supersede(0, 'x', 1n, cause());
    await until(() => rig.done.length === 4);
    assert.deepEqual(
      rig.appended.map(({ headers }) => headers.ids),
      [['a', 'b'], ['a'], ['x']],
    );
  });
});
