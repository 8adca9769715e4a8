/** A cluster is killed in the middle of writes, several times, and started again on the same data. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom, type Random } from '../../base/random.js';
import { connect, type ShoalClient } from '../../client/sdk/connect.js';
import type { Document, StoredDocument } from '../../client/sdk/types.js';
import { startDev, type DevProcess } from '../dev-process.js';
import { WriteHistory } from './write-history.js';

const collection = 'numbers';
const dim = 8;
const writers = 6;
const idsPerWriter = 12;
const rounds = 4;
/** Of every call: what is late is not lost, and a machine may be busy with other things. */
const deadlineMs = 120_000;

interface Running {
  readonly dev: DevProcess;
  readonly client: ShoalClient;
}

describe('a cluster that is killed while it is written to', () => {
  let directory: string;
  let running: Running | null = null;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'shoal-durability-'));
  });
  after(async () => {
    await running?.client.close();
    await running?.dev.end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  async function start(): Promise<Running> {
    const { process: dev, address } = await startDev(['--data', directory, '--port', '0', '--encoder-nodes', '0']);
    running = { dev, client: connect({ address, deadlineMs }) };
    return running;
  }

  it('has every acknowledged write after each restart, and nothing that was deleted', async function () {
    this.timeout(600_000);
    const history = new WriteHistory();
    const first = await start();
    await first.client.collections.create(collection, { model: 'none', dim });
    for (let round = 1; round <= rounds; round++) {
      const { dev, client } = running ?? (await start());
      await writeUntilKilled({ dev, client }, history, round);
      await client.close();
      running = null;
      await check((await start()).client, history);
    }
  });

  it('has everything after a regular end', async function () {
    this.timeout(300_000);
    const { dev, client } = running ?? (await start());
    const before = await contents(client);
    await client.documents.upsert(collection, [document(0, 2_047)]);
    await client.close();
    running = null;
    assert.equal((await dev.end('SIGTERM')).code, 0);
    const restarted = await start();
    assert.deepEqual(await contents(restarted.client), new Map([...before, [idOf(0), 2_047]]));
  });
});

/** Writers and a sealer run until a number of acknowledgements that depends on the round; then the process dies. */
async function writeUntilKilled({ dev, client }: Running, history: WriteHistory, round: number): Promise<void> {
  const random = seededRandom(round);
  const killAt = history.acknowledged + 60 + random.below(240);
  const state = { isKilled: false };
  const isOver = (): boolean => state.isKilled;
  const killWhenDue = (): void => {
    if (state.isKilled || history.acknowledged < killAt) return;
    state.isKilled = true;
    process.kill(dev.pid, 'SIGKILL');
  };
  const tolerant = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      // What was under way when the process died may fail; before that nothing may.
      if (!state.isKilled) throw error;
    }
  };
  await Promise.all([
    ...Array.from({ length: writers }, (_, writer) =>
      tolerant(write(client, { writer, history, isOver, killWhenDue, random: seededRandom(round * 100 + writer) })),
    ),
    tolerant(seal(client, isOver)),
  ]);
  await dev.exit;
}

interface Writer {
  readonly writer: number;
  readonly history: WriteHistory;
  readonly random: Random;
  readonly isOver: () => boolean;
  readonly killWhenDue: () => void;
}

/** One request after the other on ids of its own: mostly new versions of a few documents, sometimes deletes. */
async function write(client: ShoalClient, writer: Writer): Promise<void> {
  const { random, history, isOver, killWhenDue } = writer;
  while (!isOver()) {
    const first = random.below(idsPerWriter);
    const numbers = Array.from(
      { length: 1 + random.below(4) },
      (_, i) => writer.writer * idsPerWriter + ((first + i) % idsPerWriter),
    );
    if (random.unit() < 0.3) await remove(client, history, numbers.map(idOf));
    else await upsert(client, history, numbers);
    killWhenDue();
  }
}

async function upsert(client: ShoalClient, history: WriteHistory, numbers: readonly number[]): Promise<void> {
  const version = history.acknowledged % 2_000;
  const documents = numbers.map((number) => document(number, version));
  for (const { id } of documents) history.begin(id, version);
  const { results } = await client.documents.upsert(collection, documents);
  for (const { id, docId, error } of results) {
    assert.equal(error, null);
    history.acknowledge(id, version, docId);
  }
}

async function remove(client: ShoalClient, history: WriteHistory, ids: readonly string[]): Promise<void> {
  const existing = ids.filter((id) => history.certain(id) !== null);
  for (const id of ids) history.begin(id, null);
  const { deleted } = await client.documents.delete(collection, ids);
  assert.equal(deleted, existing.length);
  for (const id of ids) history.acknowledge(id, null, null);
}

/** Seals and truncates all the time, so that the process also dies between a segment, its manifest and a purge. */
async function seal(client: ShoalClient, isOver: () => boolean): Promise<void> {
  while (!isOver()) await client.cluster.flush(collection);
}

async function check(client: ShoalClient, history: WriteHistory): Promise<void> {
  const found = await contents(client);
  for (const id of history.ids) history.observe(id, found.get(id) ?? null);
  for (const id of found.keys()) assert.ok(history.ids.includes(id), `${id} was never written`);
  assert.equal((await client.documents.count(collection)).documents, found.size);
  const everything = Float32Array.from({ length: dim }, (_, i) => (i === 2 ? 1 : 0));
  // A write that was under way may be carried out by the directory just now: without a position, its old version may still show.
  const { uid, sequence } = await client.documents.delete(collection, ['nobody']);
  const options = { requireFull: true, minSequence: { uid, sequence }, deadlineMs };
  const { hits } = await client.search(collection, everything, { k: writers * idsPerWriter * 2, ...options });
  assert.deepEqual(hits.map(({ id }) => id).sort(), [...found.keys()].sort());
}

/** Id → version of every document; each must be whole and stand once. */
async function contents(client: ShoalClient): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for await (const stored of client.documents.scroll(collection, { withVectors: true })) {
    assert.ok(!found.has(stored.id), `${stored.id} stands twice`);
    found.set(stored.id, versionOf(stored));
  }
  return found;
}

function idOf(number: number): string {
  return `document-${number}`;
}

/** The version stands in the attributes, in the text and, exactly since it is below 2,048, in the vector. */
function document(number: number, version: number): Document {
  const vector = new Float32Array(dim);
  vector.set([number, version, 1]);
  return { id: idOf(number), text: `version ${version}`, vector, attributes: { version: BigInt(version) } };
}

function versionOf({ id, text, vector, attributes }: StoredDocument): number {
  const version = Number(attributes?.['version']);
  assert.equal(text, `version ${version}`);
  assert.deepEqual([...(vector ?? [])].slice(0, 3), [Number(id.split('-')[1]), version, 1]);
  return version;
}
