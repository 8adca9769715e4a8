/**
 * The process under which files are cut short: started with a folder, it says on standard output, as JSON, what came of it, and ends itself
 * by a SIGBUS that no file is the reason of. What it is tested for would end the tests.
 */
import { cpSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ShoalError } from '../../base/errors.js';
import { seededRandom } from '../../base/random.js';
import { mapFile, scanDense, type MappedFile } from '../../kernels/kernels.js';
import { SmallCluster } from '../cluster/small-cluster.js';
import { fillIndex, openIndex, questionsOf } from './first-questions.js';
import { askDirectory, type Asked } from './torn-runs.js';

const pageBytes = 16_384;
const pages = 200;

/** What the process says; the tests say what each is to be. */
export interface Told {
  readonly fromJavaScript: readonly unknown[];
  readonly fromThreads: readonly unknown[];
  readonly inLastPage: readonly unknown[];
  readonly mappedAgain: readonly unknown[];
  readonly unchecked: Asked;
  readonly checked: Asked;
  readonly meanwhile: Asked;
  readonly runsUnchecked: Asked;
  readonly runsChecked: Asked;
  readonly cluster: {
    readonly error: string;
    readonly others: number;
    readonly problems: readonly string[];
  };
}

const lying = 'in two lists';
const ones = new Uint8Array(pages * pageBytes).fill(1);

function mapped(folder: string, name: string): { readonly path: string; readonly file: MappedFile } {
  const path = join(folder, name);
  writeFileSync(path, ones);
  return { path, file: mapFile(path) };
}

function readHere(folder: string): unknown[] {
  const { path, file } = mapped(folder, 'here');
  const other = mapped(folder, 'other').file;
  const before = file.isTorn;
  truncateSync(path, pageBytes);
  const read = [0, pageBytes - 1, pageBytes, 150 * pageBytes].map((at) => file.bytes[at]);
  return [before, ...read, file.isTorn, other.isTorn, other.bytes[150 * pageBytes]];
}

/** More pages than are replaced one by one. The file is as before when it is asked, so that only the fault tells. */
async function readOnThreads(folder: string): Promise<unknown[]> {
  const { path, file } = mapped(folder, 'threads');
  truncateSync(path, pageBytes);
  const rows = new Uint16Array(file.bytes.buffer);
  const query = new Float32Array(64).fill(1);
  const best = await scanDense({ rows, dim: 64, query, live: null, k: 200 });
  file.advise('unneeded');
  writeFileSync(path, ones);
  return [best.scores[0]! > 0, best.scores[199], file.bytes[pageBytes * 150], file.isTorn];
}

function readLastPage(folder: string): unknown[] {
  const { path, file } = mapped(folder, 'last');
  truncateSync(path, pages * pageBytes - 5);
  return [file.bytes[pages * pageBytes - 6], file.bytes[pages * pageBytes - 1], file.isTorn];
}

function mapAgain(folder: string): unknown[] {
  const { path, file } = mapped(folder, 'again');
  truncateSync(path, 0);
  const torn = [file.bytes[0], file.isTorn];
  file.close();
  writeFileSync(path, ones);
  const next = mapFile(path);
  return [...torn, file.isTorn, next.bytes[100 * pageBytes], next.isTorn];
}

/** Asks everything of an index one of whose segments is cut at several places; `when`: before it is asked, or while it answers. */
async function askIndex(folder: string, { isChecked, when }: Cut): Promise<Asked> {
  const questions = questionsOf(seededRandom(3));
  const whole = join(folder, 'whole');
  const expected: unknown[] = [];
  const untouched = await openIndex(whole, lying);
  for (const [, ask] of questions) expected.push(await ask(untouched));
  const wrong: string[] = [];
  let answered = 0;
  for (const share of [0, 0.4, 0.8, 0.999]) {
    // Damage that was noticed once is told ever after: each question has to find it by itself.
    for (const [at, [name, ask]] of questions.entries()) {
      const directory = await mkdtemp(join(folder, 'cut-'));
      cpSync(whole, directory, { recursive: true });
      const index = await openIndex(directory, lying);
      if (isChecked) while (await index.maintain());
      if (when === 'before') cutSegment(directory, share);
      const answer = (async () => ask(index))();
      if (when === 'meanwhile') cutSegment(directory, share);
      const found = await answer.catch((error: unknown) => ShoalError.from(error));
      if (!(found instanceof ShoalError)) answered += 1;
      const isRefused = found instanceof ShoalError && found.code === 'DATA_LOSS' && found.message.includes('.segment');
      if (!isRefused && !isDeepStrictEqual(found, expected[at])) wrong.push(`${name}: ${String(found)}`);
      await index.close();
    }
  }
  await untouched.close();
  return { answered, wrong };
}

interface Cut {
  readonly isChecked: boolean;
  readonly when: 'before' | 'meanwhile';
}

function cutSegment(directory: string, share: number): void {
  const path = join(directory, readdirSync(directory).filter((name) => name.endsWith('.segment'))[0]!);
  truncateSync(path, Math.floor(statSync(path).size * share));
}

/** One collection of two loses the end of its files: what it and the other one answer then. */
async function askCluster(): Promise<Told['cluster']> {
  const cluster = await SmallCluster.start();
  try {
    const { client } = cluster;
    const query = Float32Array.of(1, 0, 0, 0);
    const fields = Array.from({ length: 500 }, (_, at) => ({ id: `d${at}`, vector: Float32Array.of(1, at, 2, 3) }));
    for (const name of ['cut', 'other']) {
      await client.collections.create(name, { model: 'none', dim: 4 });
      await client.documents.upsert(name, fields);
      await client.cluster.flush(name);
      await client.search(name, query, { k: 3, requireFull: true });
      if (name === 'cut') for (const folder of foldersWithSegments(cluster.directory)) cutSegment(folder, 0.1);
    }
    const error = await client.search('cut', query, { k: 3, requireFull: true }).then(() => null, ShoalError.from);
    const { hits } = await client.search('other', query, { k: 3, requireFull: true });
    const { problems } = await client.cluster.status();
    return {
      error: `${error?.code}: ${error?.message}`,
      others: hits.length,
      problems: problems.map(({ what, why }) => `${what}: ${why}`),
    };
  } finally {
    await cluster.close();
  }
}

function foldersWithSegments(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.segment')).map((name) => join(directory, dirname(name)));
}

async function main(folder: string): Promise<void> {
  await fillIndex(join(folder, 'whole'), lying);
  const told: Told = {
    fromJavaScript: readHere(folder),
    fromThreads: await readOnThreads(folder),
    inLastPage: readLastPage(folder),
    mappedAgain: mapAgain(folder),
    unchecked: await askIndex(folder, { isChecked: false, when: 'before' }),
    checked: await askIndex(folder, { isChecked: true, when: 'before' }),
    meanwhile: await askIndex(folder, { isChecked: true, when: 'meanwhile' }),
    runsUnchecked: await askDirectory(folder, { isChecked: false }),
    runsChecked: await askDirectory(folder, { isChecked: true }),
    cluster: await askCluster(),
  };
  process.stdout.write(JSON.stringify(told), () => process.kill(process.pid, 'SIGBUS'));
}

await main(process.argv[2]!);
