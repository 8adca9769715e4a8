/** What the benchmarks over vectors are built of: texts of glosses, right answers, files, tuning, interleaved runs. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import { inFolder } from '../temporary-folder.js';
import type { AnnSystem, BatchRun, Setting, SingleRun } from './support/ann/ann-system.js';
import { smallDataset } from './support/ann/dataset.js';
import { ownCodecs, ownLists } from './support/ann/own-lists.js';
import { trainingTexts } from './support/ann/training-queries.js';
import { definitionOf, sentencesOf, wordQueries } from './support/ann/glosses.js';
import { interleavedRuns } from './support/ann/interleaved-runs.js';
import { mixedRows, neighboursWanted } from './support/ann/million.js';
import { readFloatRows, readRowNumbers, writeFloatRows, writeRowNumbers } from './support/ann/npy-file.js';
import { recallOf, rightAnswers } from './support/ann/recall.js';
import { RecallStore } from './support/ann/recall-store.js';
import { ShoalExact } from './support/ann/shoal-exact.js';
import { halves, Tuner } from './support/ann/tune.js';
import { exactNeighbours } from './support/ann/truth.js';

const [rows, dim, queryCount] = [500, 32, 40];

describe('a gloss', () => {
  const gloss = 'scattering ("straw" is archaic); "strew toys all over the carpet"; "strewn toys"';

  it('is a definition up to its quoted examples', () => {
    assert.equal(definitionOf(gloss), 'scattering ("straw" is archaic)');
    assert.equal(definitionOf('a dog'), 'a dog');
  });

  it('has those examples as sentences that are long enough', () =>
    assert.deepEqual(sentencesOf(gloss), ['strew toys all over the carpet']));
});

describe('recall', () => {
  it('is 1 for the truth itself, and counts what is within the first k', async () => {
    const { base, querySets } = await smallDataset(rows, dim, queryCount);
    const { queries, truth } = querySets[0]!;
    const answers = rightAnswers(base, queries, truth, 10);
    const range = { first: 1, step: 2, count: 20 };
    const firstOf = (from: number, width: number): Int32Array =>
      Int32Array.from({ length: 20 * width }, (_, i) => {
        const query = 1 + 2 * Math.floor(i / width);
        return truth.values[query * truth.width + from + (i % width)]!;
      });
    assert.equal(recallOf(answers, range, firstOf(0, 10)), 1);
    assert.equal(recallOf(answers, range, firstOf(5, 10)), 0.5);
    assert.equal(recallOf(answers, range, firstOf(5, 20), 20), 0.5);
  });

  it('takes a twin of the last neighbour for as good', () => {
    const base = { count: 3, dim: 2, values: Float32Array.of(1, 0, 0.6, 0.8, 0.6, 0.8) };
    const queries = { count: 1, dim: 2, values: Float32Array.of(1, 0) };
    const truth = { count: 1, width: 3, values: Int32Array.of(0, 1, 2) };
    const answers = rightAnswers(base, queries, truth, 2);
    assert.equal(recallOf(answers, { first: 0, step: 1, count: 1 }, Int32Array.of(2, 0)), 1);
  });
});

describe('the exact neighbours', () => {
  it('are those of a plain loop in double precision', async () => {
    const { base, querySets } = await smallDataset(rows, dim, queryCount);
    const { queries } = querySets[0]!;
    const { values, width } = await exactNeighbours(base, queries, 7, () => undefined);
    const score = (row: number): number =>
      Array.from({ length: dim }, (_, j) => queries.values[j]! * base.values[row * dim + j]!).reduce(
        (a, b) => a + b,
        0,
      );
    const plain = Array.from({ length: rows }, (_, row) => row).sort((a, b) => score(b) - score(a));
    assert.deepEqual([...values.subarray(0, width)], plain.slice(0, 7));
  });
});

describe('mixed rows', () => {
  it('have unit length and are the same every time', async () => {
    const { base } = await smallDataset(rows, dim, queryCount);
    const neighbours = await exactNeighbours(base, base, neighboursWanted, () => undefined);
    const make = (): Float32Array[] => [...mixedRows(base, neighbours, 50, () => undefined)];
    const [first, second] = [make(), make()];
    assert.deepEqual(first, second);
    for (let at = 0; at < 50 * dim; at += dim) {
      assert.ok(Math.abs(Math.hypot(...first[0]!.subarray(at, at + dim)) - 1) < 1e-5);
    }
  });
});

describe('.npy files', () => {
  it('give back the rows and numbers that were written', async () =>
    inFolder(async (folder) => {
      const values = Float32Array.of(1, 2, 3, 4, 5, 6);
      await writeFloatRows(join(folder, 'rows.npy'), [3, 2], [values.subarray(0, 2), values.subarray(2)]);
      assert.deepEqual(await readFloatRows(join(folder, 'rows.npy'), 2), {
        count: 2,
        dim: 2,
        values: values.slice(0, 4),
      });
      const numbers = { count: 2, width: 3, values: Int32Array.of(5, 4, 3, 2, 1, 0) };
      await writeRowNumbers(join(folder, 'truth.npy'), numbers);
      assert.deepEqual(await readRowNumbers(join(folder, 'truth.npy')), numbers);
    }));

  it('are refused when fewer values come than were announced', async () =>
    inFolder((folder) => assert.rejects(writeFloatRows(join(folder, 'rows.npy'), [3, 2], [Float32Array.of(1, 2)]))));
});

/** Finds as many of the truth's first ten as its setting says, and costs what it says. */
class Pretended implements AnnSystem {
  readonly system = 'pretended';
  readonly variant = 'only';
  readonly callMicros = 1;
  readonly keptAs: string | null;
  readonly families = [
    [4, 9, 10].map((found) => ({ found, micros: 10 * found })),
    [6, 9, 10].map((found) => ({ found, micros: 5 * found })),
  ];
  readonly asked: Setting[] = [];
  readonly #truth: Int32Array;

  constructor(truth: Int32Array, keptAs: string | null = null) {
    this.#truth = truth;
    this.keptAs = keptAs;
  }

  prepare = () => Promise.resolve({ buildSeconds: 0, bytesPerVector: 1, codeBytes: 1 });
  useQueries = () => Promise.resolve();
  close = () => Promise.resolve();

  measureSingle(
    setting: Setting,
    k: number,
    range: { first: number; step: number; count: number },
  ): Promise<SingleRun> {
    this.asked.push(setting);
    const micros = new Float32Array(range.count).fill(setting['micros']!);
    const ids = new Int32Array(range.count * k).fill(-1);
    for (let i = 0; i < range.count; i++) {
      const start = (range.first + i * range.step) * 100;
      ids.set(this.#truth.subarray(start, start + setting['found']!), i * k);
    }
    return Promise.resolve({ ids, micros, cpuSeconds: (range.count * setting['micros']!) / 1e6 });
  }

  async measureBatch(
    setting: Setting,
    k: number,
    range: { first: number; step: number; count: number },
  ): Promise<BatchRun> {
    const { ids, cpuSeconds } = await this.measureSingle(setting, k, range);
    return { ids, cpuSeconds, seconds: cpuSeconds };
  }
}

describe('tuning and measuring', () => {
  it('take the cheapest setting that reaches the target, and report the other half', async () => {
    const { base, querySets } = await smallDataset(rows, dim, queryCount);
    const { queries, truth } = querySets[0]!;
    const answers = rightAnswers(base, queries, truth, 10);
    const system = new Pretended(truth.values);
    const { tuning, testing } = halves(queryCount);
    const of = { tuning, store: await RecallStore.open(null), name: 'set' };
    const tuner = new Tuner(system, answers, of);
    const tuned = await tuner.best(0.9);
    assert.deepEqual(tuned?.setting, { found: 9, micros: 45 });
    assert.equal(await new Tuner({ ...system, families: [] } as never, answers, of).best(0.9), null);
    const entry = { system, built: await system.prepare(), target: 0.9, tuned };
    const options = { repetitions: 3, seconds: 1, progress: () => undefined };
    const [measured] = await interleavedRuns([entry], answers, testing, options);
    assert.ok(Math.abs(measured!.recall - 0.9) < 1e-9);
    assert.equal(measured!.p50Us, 44);
    assert.ok(Math.abs(measured!.qps1 - 1e6 / 44) < 1);
    assert.ok(Math.abs(measured!.cpuUs - 44) < 1e-6);
    assert.equal(measured!.queries, 20);
  });

  it('ask a kept index for the same recalls once, and for its speed again', async () =>
    inFolder(async (folder) => {
      const { base, querySets } = await smallDataset(rows, dim, queryCount);
      const { queries, truth } = querySets[0]!;
      const answers = rightAnswers(base, queries, truth, 10);
      const path = join(folder, 'kept', 'recalls.json');
      const asked: number[] = [];
      for (const name of ['one set', 'one set', 'another']) {
        const store = await RecallStore.open(path);
        const system = new Pretended(truth.values, 'pretended 1');
        const tuner = new Tuner(system, answers, { tuning: halves(queryCount).tuning, store, name });
        assert.deepEqual((await tuner.best(0.9))?.setting, { found: 9, micros: 45 });
        await store.save();
        asked.push(system.asked.length);
      }
      assert.deepEqual(asked, [10, 6, 10]);
    }));

  it('of the exact scan need no tuning and find everything', async () => {
    const dataset = await smallDataset(rows, dim, queryCount);
    const [set] = dataset.querySets;
    const system = new ShoalExact(dataset.base, systemClock);
    await system.prepare();
    await system.useQueries(set!);
    const answers = rightAnswers(dataset.base, set!.queries, set!.truth, 10);
    const of = { tuning: halves(queryCount).tuning, store: await RecallStore.open(null), name: 'set' };
    const tuned = await new Tuner(system, answers, of).best(0.95);
    assert.deepEqual(tuned?.setting, {});
    assert.ok(tuned.recall > 0.99);
  });
});

describe('inverted lists', () => {
  const options = { clock: systemClock, threads: 1, smoke: true, progress: () => undefined };

  it('find nearly everything when all lists are read, alone and in batches alike', async () => {
    const dataset = await smallDataset(rows, 64, queryCount);
    const [set] = dataset.querySets;
    const answers = rightAnswers(dataset.base, set!.queries, set!.truth, 10);
    const range = { first: 0, step: 1, count: queryCount };
    for (const system of ownLists(dataset, options)) {
      await system.prepare();
      await system.useQueries(set!);
      const hasRows = system.variant.endsWith('fp16');
      const setting = { nprobe: 16, survivors: 200, ...(hasRows ? { exact: 30 } : {}) };
      const { ids } = await system.measureSingle(setting, 10, range);
      assert.ok(recallOf(answers, range, ids) > (hasRows ? 0.99 : 0.9), system.variant);
      assert.deepEqual((await system.measureBatch(setting, 10, range)).ids, ids);
      await system.close();
    }
  });

  it('count the bytes of what is read of a vector', async () => {
    const dataset = await smallDataset(rows, 64, queryCount);
    const sizes: number[] = [];
    for (const system of [...ownCodecs(dataset, options), ...ownLists(dataset, options)]) {
      sizes.push((await system.prepare()).codeBytes);
      await system.close();
    }
    assert.deepEqual(sizes, [12, 50, 12, 50, 160]);
  });
});

describe('training queries', () => {
  const gloss = (lemma: string, text: string) => ({ lemmas: [lemma], text }) as never;

  it('are none of those that are measured', () => {
    const glosses = Array.from({ length: 10_050 }, (_, i) => gloss(`word ${i}`, `the definition of number ${i}`));
    const measured = new Set(wordQueries(glosses));
    const texts = trainingTexts('words', glosses);
    assert.equal(texts.length, 50);
    assert.ok(texts.every((text) => !measured.has(text)));
  });

  it('taken out of a definition are one to three of its words', () => {
    const [text] = trainingTexts('excerpts', [gloss('a', 'scattering of the carpet; "strewn toys"')]);
    assert.match(text!, /^(scattering|scattering of the|carpet|the carpet|of the carpet)$/);
  });
});
