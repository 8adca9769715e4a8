/**
 * What every change log must do, whichever system stores it. A twin is tested by calling `changeLogConformance` with a way
 * to open it; `reopen` closes one and opens the same data again.
 */
import assert from 'node:assert/strict';
import { systemClock } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { limits } from '../../base/limits.js';
import type { ChangeLog, LogConsumer, LogEntry, LogRecord } from '../../cluster/change-log.js';
import { rejectsWith } from './rejects.js';

export interface ChangeLogUnderTest {
  readonly log: ChangeLog;
  /** Closes the log and opens the same data again. */
  reopen(): Promise<ChangeLogUnderTest>;
  /** Closes the log and removes its data. */
  dispose(): Promise<void>;
}

const stream = 'shoal-test';

/** A record whose body is `text`. */
export function record(text: string, headers: Record<string, string> = {}): LogRecord {
  return { headers, body: Buffer.from(text) };
}

/** The first `count` entries of a consumer, which is closed then. */
export async function take(consumer: LogConsumer, count: number): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  if (count === 0) return entries;
  for await (const entry of consumer) {
    entries.push(entry);
    if (entries.length === count) break;
  }
  await consumer.close();
  return entries;
}

export function changeLogConformance(name: string, openLog: () => Promise<ChangeLogUnderTest>): void {
  describe(`${name} as a change log`, () => {
    let opened: ChangeLogUnderTest;
    let deadline: Deadline;
    const append = (subject: string, text: string): Promise<bigint> =>
      opened.log.append(stream, subject, record(text), deadline);

    beforeEach(async () => {
      deadline = Deadline.after(systemClock, 60_000);
      opened = await openLog();
      await opened.log.createStream(stream, 1n);
    });
    afterEach(async () => {
      deadline.close();
      await opened.dispose();
    });

    it('is raised above a position once, however often that is asked for', async () => {
      await append('s.1', 'a');
      const consumer = opened.log.consume(stream, { subjects: ['s.1'], after: 1n });
      const ended = (async () => {
        for await (const { sequence } of consumer) assert.fail(`${sequence} is no part of the old stream`);
      })();
      await Promise.all([opened.log.raiseStream(stream, 31n), opened.log.raiseStream(stream, 31n)]);
      await ended;
      assert.deepEqual(await opened.log.state(stream), { firstSequence: 31n, lastSequence: 30n, entries: 0, bytes: 0 });
      assert.equal(await append('s.1', 'b'), 31n);
      await opened.log.raiseStream(stream, 31n);
      await opened.log.raiseStream(stream, 20n);
      assert.equal(await append('s.1', 'c'), 32n);
      opened = await opened.reopen();
      const entries = await take(opened.log.consume(stream, { subjects: ['s.1'], after: 0n }), 2);
      assert.deepEqual(
        entries.map(({ sequence }) => sequence),
        [31n, 32n],
      );
    });

    it('is created where it is raised and missing', async () => {
      await opened.log.raiseStream('gone', 5n);
      assert.equal((await opened.log.state('gone')).lastSequence, 4n);
    });

    it('gives sequences from the first one, without gaps', async () => {
      await opened.log.createStream('late', 100n);
      const sequences = [];
      for (const text of ['a', 'b', 'c']) {
        sequences.push(await opened.log.append('late', 's.1', record(text), deadline));
      }
      assert.deepEqual(sequences, [100n, 101n, 102n]);
    });

    it('gives concurrent appends consecutive sequences in the order of asking', async () => {
      const sequences = await Promise.all(Array.from({ length: 200 }, (_, i) => append('s.1', String(i))));
      assert.deepEqual(
        sequences,
        Array.from({ length: 200 }, (_, i) => BigInt(i + 1)),
      );
    });

    it('reads back subject, headers, body and a time', async () => {
      const before = systemClock.wallMs();
      const sent = { headers: { id: 'ä', empty: '' }, body: Buffer.from([0, 255, 7]) };
      const sequence = await opened.log.append(stream, 's.1', sent, deadline);
      const entry = await opened.log.read(stream, sequence);
      assert.equal(entry?.subject, 's.1');
      assert.deepEqual({ ...entry.headers }, sent.headers);
      assert.deepEqual(Buffer.from(entry.body), sent.body);
      assert.ok(entry.timeMs >= before - 1_000 && entry.timeMs <= systemClock.wallMs() + 1_000);
    });

    it('keeps an empty body', async () => {
      const sequence = await append('s.1', '');
      assert.equal((await opened.log.read(stream, sequence))?.body.length, 0);
    });

    it('reads null for a sequence not yet given', async () => {
      assert.equal(await opened.log.read(stream, 1n), null);
    });

    it('creating a stream again changes nothing', async () => {
      await append('s.1', 'a');
      await opened.log.createStream(stream, 50n);
      assert.equal(await append('s.1', 'b'), 2n);
    });

    it('answers NOT_FOUND for an unknown stream', async () => {
      await rejectsWith(opened.log.state('nowhere'), 'NOT_FOUND', /nowhere/);
      await rejectsWith(opened.log.append('nowhere', 's', record(''), deadline), 'NOT_FOUND', /nowhere/);
    });

    it('refuses a body and headers above their limits, naming both sizes', async () => {
      const body = Buffer.alloc(limits.messageBytesMax + 1);
      const large = opened.log.append(stream, 's.1', { headers: {}, body }, deadline);
      await rejectsWith(large, 'INVALID_ARGUMENT', /8388609.*8388608/);
      const headers = { ids: 'x'.repeat(limits.recordHeaderBytesMax) };
      const wordy = opened.log.append(stream, 's.1', { headers, body: Buffer.alloc(0) }, deadline);
      await rejectsWith(wordy, 'INVALID_ARGUMENT', /headers.*49152/);
    });

    it('stores a body of the largest size', async () => {
      const body = Buffer.alloc(limits.messageBytesMax, 7);
      const sequence = await opened.log.append(stream, 's.1', { headers: {}, body }, deadline);
      assert.ok(Buffer.from((await opened.log.read(stream, sequence))?.body ?? []).equals(body));
    });

    it('appends nothing after the deadline', async () => {
      const over = Deadline.after(systemClock, 60_000);
      over.cancel();
      await rejectsWith(opened.log.append(stream, 's.1', record('x'), over), 'CANCELLED');
      assert.equal((await opened.log.state(stream)).entries, 0);
    });

    it('delivers what is there and then what comes, in order, once', async () => {
      await append('s.1', 'a');
      await append('s.2', 'b');
      const reading = take(opened.log.consume(stream, { subjects: ['s.1', 's.2'], after: 0n }), 4);
      await append('s.1', 'c');
      await append('s.2', 'd');
      assert.deepEqual(textsOf(await reading), ['a', 'b', 'c', 'd']);
    });

    it('delivers only larger sequences', async () => {
      for (const text of ['a', 'b', 'c']) await append('s.1', text);
      const entries = await take(opened.log.consume(stream, { subjects: ['s.1'], after: 2n }), 1);
      assert.deepEqual(textsOf(entries), ['c']);
    });

    it('delivers only the subjects asked for', async () => {
      for (const subject of ['s.1', 's.2', 's.10', 't.1', 's.1']) await append(subject, subject);
      const entries = await take(opened.log.consume(stream, { subjects: ['s.1', 't.1'], after: 0n }), 3);
      assert.deepEqual(textsOf(entries), ['s.1', 't.1', 's.1']);
    });

    it('takes a last token * for any one token', async () => {
      for (const subject of ['s.1', 's.1.x', 's', 't.1', 's.22']) await append(subject, subject);
      const entries = await take(opened.log.consume(stream, { subjects: ['s.*'], after: 0n }), 2);
      assert.deepEqual(textsOf(entries), ['s.1', 's.22']);
    });

    it('takes a last token > for one token or more', async () => {
      for (const subject of ['s.1', 's.1.x', 's', 't.1', 's.22.y.z', 'st.1']) await append(subject, subject);
      const entries = await take(opened.log.consume(stream, { subjects: ['s.>'], after: 0n }), 3);
      assert.deepEqual(textsOf(entries), ['s.1', 's.1.x', 's.22.y.z']);
    });

    it('delivers headers without bodies where asked', async () => {
      await opened.log.append(stream, 's.1', record('long', { id: 'x' }), deadline);
      const [entry] = await take(opened.log.consume(stream, { subjects: ['s.1'], after: 0n, headersOnly: true }), 1);
      assert.equal(entry?.body.length, 0);
      assert.deepEqual({ ...entry?.headers }, { id: 'x' });
    });

    it('gives several consumers the same', async () => {
      const consumers = [0, 1, 2].map(() => take(opened.log.consume(stream, { subjects: ['s.*'], after: 0n }), 50));
      await Promise.all(Array.from({ length: 50 }, (_, i) => append(`s.${i % 3}`, String(i))));
      const [first, ...others] = await Promise.all(consumers);
      for (const other of others) assert.deepEqual(other, first);
    });

    it('ends a consumer that is closed while it waits', async () => {
      const consumer = opened.log.consume(stream, { subjects: ['s.1'], after: 0n });
      const reading = collect(consumer);
      await append('s.1', 'a');
      await consumer.close();
      assert.ok((await reading).length <= 1);
    });

    it('ends consumers when the stream is dropped', async () => {
      const reading = collect(opened.log.consume(stream, { subjects: ['s.1'], after: 0n }));
      await opened.log.dropStream(stream);
      assert.deepEqual(await reading, []);
      await rejectsWith(opened.log.state(stream), 'NOT_FOUND');
    });

    it('dropping a stream twice is allowed, and it can be created anew', async () => {
      await append('s.1', 'a');
      await opened.log.dropStream(stream);
      await opened.log.dropStream(stream);
      await opened.log.createStream(stream, 7n);
      assert.equal(await append('s.1', 'b'), 7n);
    });

    it('purges one subject up to and including a sequence', async () => {
      for (const subject of ['s.1', 's.2', 's.1', 's.2', 's.1']) await append(subject, subject);
      await opened.log.purge(stream, 's.1', 3n);
      const entries = await take(opened.log.consume(stream, { subjects: ['s.*'], after: 0n }), 3);
      assert.deepEqual(
        entries.map(({ sequence }) => sequence),
        [2n, 4n, 5n],
      );
      assert.equal(await opened.log.read(stream, 3n), null);
      assert.equal((await opened.log.state(stream)).entries, 3);
    });

    it('purges nothing for 0', async () => {
      await append('s.1', 'a');
      await opened.log.purge(stream, 's.1', 0n);
      assert.equal((await opened.log.state(stream)).entries, 1);
    });

    it('remembers the last sequence of a purged subject and of the stream', async () => {
      for (const subject of ['s.1', 's.2', 's.1']) await append(subject, 'x');
      await opened.log.purge(stream, 's.1', 3n);
      await opened.log.purge(stream, 's.2', 2n);
      opened = await opened.reopen();
      assert.equal(await opened.log.lastSequence(stream, 's.1'), 3n);
      assert.equal(await opened.log.lastSequence(stream, 's.3'), 0n);
      const state = await opened.log.state(stream);
      assert.deepEqual([state.firstSequence, state.lastSequence, state.entries], [4n, 3n, 0]);
      assert.equal(await append('s.1', 'y'), 4n);
    });

    it('has everything after a restart', async () => {
      await Promise.all(Array.from({ length: 100 }, (_, i) => append(`s.${i % 2}`, String(i))));
      opened = await opened.reopen();
      const entries = await take(opened.log.consume(stream, { subjects: ['s.*'], after: 0n }), 100);
      assert.deepEqual(
        textsOf(entries),
        Array.from({ length: 100 }, (_, i) => String(i)),
      );
      assert.equal(await append('s.0', 'next'), 101n);
    });

    it('states first and last sequence and the number of entries', async () => {
      const empty = await opened.log.state(stream);
      assert.deepEqual([empty.firstSequence, empty.lastSequence, empty.entries], [1n, 0n, 0]);
      for (const text of ['a', 'b']) await append('s.1', text);
      const state = await opened.log.state(stream);
      assert.deepEqual([state.firstSequence, state.lastSequence, state.entries], [1n, 2n, 2]);
      assert.ok(state.bytes >= 2);
    });
  });
}

function textsOf(entries: readonly LogEntry[]): string[] {
  return entries.map(({ body }) => Buffer.from(body).toString());
}

async function collect(consumer: LogConsumer): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const entry of consumer) entries.push(entry);
  return entries;
}
