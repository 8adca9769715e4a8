/**
 * What is put into a cluster whose files are then damaged, so that every kind of file is there, and the questions that tell whether
 * anything in them has changed.
 */
import type { ShoalClient } from '../../client/sdk/connect.js';
import type { Document, SearchAnswer, StoredDocument } from '../../client/sdk/types.js';
import { vocabulary } from '../cluster/toy-encoder.js';

export const vectorsOnly = 'vectors';
export const encoded = 'encoded';
const dim = 4;
const lists = 4;
const rounds = [0, 1, 2, 3];

/** Two collections: one of several lists, shards and partitions, one with text, postings and coded tokens. Sealed files and a log. */
export async function fill(client: ShoalClient): Promise<void> {
  const centroids = new Float32Array(lists * dim);
  for (let list = 0; list < lists; list += 1) centroids[list * dim + list] = 1;
  await client.collections.create(vectorsOnly, { model: 'none', dim, shards: 2, centroids, directoryPartitions: 2 });
  await client.collections.create(encoded, { model: 'toy' });
  await client.collections.setAlias('other', encoded);
  for (const round of rounds) {
    await client.documents.upsert(
      vectorsOnly,
      numbers(60).map((number) => vectorDocument(number, round)),
    );
    await client.documents.upsert(
      encoded,
      numbers(40).map((number) => textDocument(number, round)),
    );
    await client.documents.delete(
      vectorsOnly,
      numbers(60)
        .filter((number) => number % 7 === round)
        .map(idOf),
    );
    await client.documents.delete(
      encoded,
      numbers(40)
        .filter((number) => number % 5 === round)
        .map(idOf),
    );
    // What follows the last flush stays in the log.
    if (round < rounds.length - 1) for (const name of [vectorsOnly, encoded]) await client.cluster.flush(name);
  }
}

/** The answers to all questions, as lines that are equal where the answers are. Throws what a question fails with. */
export async function ask(client: ShoalClient): Promise<string[]> {
  const lines: string[] = [];
  for (const name of [vectorsOnly, encoded]) {
    for await (const stored of client.documents.scroll(name, { withVectors: true })) lines.push(lineOf(stored));
    lines.push(`${name} has ${(await client.documents.count(name)).documents}`);
    lines.push(`of them ${(await client.documents.count(name, { filter: 'number >= 10 && tag == "odd"' })).documents}`);
    for (const number of [1, 8, 30]) lines.push(await got(client, name, idOf(number)));
  }
  for (const query of [
    [1, 0, 0, 0.5],
    [0, 1, 0.2, 0],
    [0.1, 0, 1, 1],
  ]) {
    lines.push(answerOf(await client.search(vectorsOnly, Float32Array.from(query), { k: 10, requireFull: true })));
  }
  for (const query of ['cobbler mends shoes', 'the bread', 'baker']) {
    lines.push(answerOf(await client.search('other', query, { k: 10, requireFull: true })));
    lines.push(answerOf(await client.search(encoded, query, { k: 5, mode: 'sparse', requireFull: true })));
  }
  return lines;
}

/** Changes documents and reads them back: damage must not spread either. Equal lines on equal contents. */
export async function change(client: ShoalClient): Promise<string[]> {
  await client.documents.upsert(
    vectorsOnly,
    numbers(20).map((number) => vectorDocument(number, 9)),
  );
  await client.documents.delete(vectorsOnly, [idOf(40), idOf(41)]);
  // Words and their number stay as they are: how rare a word is may be a second old in a search.
  const last = rounds.length - 1;
  const present = numbers(10).filter((number) => number % 5 !== last);
  await client.documents.upsert(
    encoded,
    present.map((number) => ({ ...textDocument(number, last), attributes: { number: BigInt(number), tag: 'new' } })),
  );
  for (const name of [vectorsOnly, encoded]) await client.cluster.flush(name);
  return await ask(client);
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

function idOf(number: number): string {
  return `document-${number}`;
}

function vectorDocument(number: number, round: number): Document {
  const vector = new Float32Array(dim);
  vector[(number + round) % lists] = 1;
  vector[number % lists]! += (number % 16) / 32;
  return { id: idOf(number), text: `text ${number} of round ${round}`, vector, attributes: attributesOf(number) };
}

function textDocument(number: number, round: number): Document {
  const words = numbers(3 + (number % 5)).map(
    (word) => vocabulary[(number * 3 + word * 5 + round) % vocabulary.length],
  );
  return { id: idOf(number), title: `the ${number}`, text: words.join(' '), attributes: attributesOf(number) };
}

function attributesOf(number: number): NonNullable<Document['attributes']> {
  return { number: BigInt(number), tag: number % 2 === 0 ? 'even' : 'odd', weights: [number / 2, 1] };
}

async function got(client: ShoalClient, name: string, id: string): Promise<string> {
  try {
    return lineOf(await client.documents.get(name, id, { withVectors: true }));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'NOT_FOUND') return `${id} is not there`;
    throw error;
  }
}

/** docIds are left out: they depend on how requests were grouped. */
function lineOf({ docId: _docId, ...document }: StoredDocument): string {
  return JSON.stringify(document, plain);
}

function answerOf({ hits, coverage }: SearchAnswer): string {
  const seen = hits.map(({ id, score, text, attributes, passage }) => ({ id, score, text, attributes, passage }));
  return JSON.stringify({ seen, isFull: coverage.full }, plain);
}

/** For JSON: bytes as digits, the names of an object in their order. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
