/** One bit of a segment's file turns over while nobody runs: the first answers after the start are those of before, or there are none. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ShoalError } from '../../base/errors.js';
import { seededRandom, type Random } from '../../base/random.js';
import type { ShardIndex } from '../../vector-index/shard-index.js';
import { folderOfSuite } from '../temporary-folder.js';
import {
  fillIndex,
  flipBit,
  openIndex,
  partsOf,
  questionsOf,
  type FilePart,
  type Lying,
  type Question,
} from './first-questions.js';

const flips = process.env['SHOAL_NIGHTLY'] === '1' ? 1_000 : 150;
const seed = Number(process.env['SHOAL_SEED'] ?? 20_261);

interface Asked {
  /** Messages of the questions that were refused because of damage. */
  readonly refused: readonly string[];
  /** Names of the questions with another answer. */
  readonly wrong: readonly string[];
}

/** Asks all questions from number `first` on, one after the other or all at once. */
async function askAll(
  index: ShardIndex,
  questions: readonly Question[],
  expected: readonly unknown[],
  { first, together }: { readonly first: number; readonly together: boolean },
): Promise<Asked> {
  const refused: string[] = [];
  const wrong: string[] = [];
  const askOne = async (at: number): Promise<void> => {
    const [name, ask] = questions[at]!;
    try {
      const answer = await ask(index);
      assert.deepEqual(answer, expected[at]);
    } catch (error) {
      if (error instanceof assert.AssertionError) wrong.push(name);
      else if (ShoalError.from(error).code === 'DATA_LOSS') refused.push(ShoalError.from(error).message);
      else throw error;
    }
  };
  const order = questions.map((_, at) => (first + at) % questions.length);
  if (together) await Promise.all(order.map(askOne));
  else for (const at of order) await askOne(at);
  return { refused, wrong };
}

/** What came of a flipped bit in `part`: the messages of the damage, or null when all answers were as before. Fails on any other answer. */
async function trial(
  directory: string,
  lying: Lying,
  { part, random, questions, expected }: Trial,
): Promise<readonly string[] | null> {
  const place = { byte: part.from + random.below(part.bytes), bit: random.below(8) };
  const what = `bit ${place.bit} of byte ${place.byte} (${part.name ?? 'around columns'}), vectors ${lying}, seed ${seed}`;
  flipBit(part, place);
  try {
    const index = await openIndex(directory, lying);
    const how = { first: random.below(questions.length), together: random.below(2) === 0 };
    const { refused, wrong } = await askAll(index, questions, expected, how);
    await index.close();
    assert.deepEqual(wrong, [], what);
    return refused.length === 0 ? null : refused;
  } catch (error) {
    if (error instanceof assert.AssertionError || ShoalError.from(error).code !== 'DATA_LOSS') throw error;
    return [ShoalError.from(error).message];
  } finally {
    flipBit(part, place);
  }
}

interface Trial {
  readonly part: FilePart;
  readonly random: Random;
  readonly questions: readonly Question[];
  readonly expected: readonly unknown[];
}

describe('the first questions after a start on a damaged segment', () => {
  const folder = folderOfSuite();

  for (const lying of ['without lists', 'in one list', 'in two lists'] as const) {
    it(`are answered as before or refused by file and column, vectors ${lying} (${flips} flips, seed ${seed})`, async function () {
      this.timeout(60_000 + flips * 2_000);
      const directory = join(folder, lying);
      await fillIndex(directory, lying);
      const random = seededRandom(seed);
      const questions = questionsOf(seededRandom(seed));
      const whole = await openIndex(directory, lying);
      const expected: unknown[] = [];
      for (const [, ask] of questions) expected.push(await ask(whole));
      await whole.close();
      const parts = partsOf(directory);
      // Every column in turn, since damage in a small one is as bad as in a large one.
      for (let at = 0; at < flips; at += 1) {
        const part = parts[at % parts.length]!;
        const refused = await trial(directory, lying, { part, random, questions, expected });
        if (part.name === null && refused === null) continue;
        assert.notEqual(refused, null, `nobody read column ${part.name ?? ''}`);
        for (const message of refused!) {
          assert.ok(message.includes(part.path), message);
          if (part.name !== null) assert.ok(message.includes(`column ${part.name} `), message);
        }
      }
    });
  }
});
