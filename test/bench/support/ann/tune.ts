/**
 * The fastest setting of a system that reaches a recall, chosen on one half of the queries; what is reported is
 * measured on the other half.
 *
 * In every family the least setting that reaches the target is found by bisection, with batches; of these the one that
 * takes the least processor time for single queries wins.
 */
import type { AnnSystem, QueryRange, Setting } from './ann-system.js';
import { recallOf, type RightAnswers } from './recall.js';
import type { RecallStore } from './recall-store.js';

export interface Tuned {
  readonly setting: Setting;
  /** Of the tuning half. */
  readonly recall: number;
  /** Processor time of a single query, mean over the tuning half, fixed cost of the call taken off. */
  readonly micros: number;
}

/** Even queries choose, odd queries are reported. */
export function halves(count: number): { readonly tuning: QueryRange; readonly testing: QueryRange } {
  return {
    tuning: { first: 0, step: 2, count: Math.ceil(count / 2) },
    testing: { first: 1, step: 2, count: Math.floor(count / 2) },
  };
}

/** Queries on which a setting's recall is judged, and those on which its speed is. */
const recallQueries = 2_000;
const speedQueries = 300;
/** Settings take turns, and the fastest of its turns counts for each. */
const speedRounds = 3;
/** Queries for a system that has nothing to choose. */
const queriesOfOnly = 200;

export class Tuner {
  readonly #system: AnnSystem;
  readonly #answers: RightAnswers;
  readonly #tuning: QueryRange;
  readonly #known = new Map<string, number>();
  readonly #kept: { readonly store: RecallStore; readonly name: string } | null;

  /** `name`: of the queries, in `store`. */
  constructor(system: AnnSystem, answers: RightAnswers, of: { tuning: QueryRange; store: RecallStore; name: string }) {
    const { tuning, store, name } = of;
    this.#system = system;
    this.#kept = system.keptAs === null ? null : { store, name: `${system.keptAs} ${name}` };
    this.#answers = answers;
    const settings = system.families.reduce((sum, family) => sum + family.length, 0);
    const needed = settings > 1 ? recallQueries : queriesOfOnly;
    this.#tuning = { ...tuning, count: Math.min(tuning.count, needed) };
  }

  /** null when no setting reaches `target`. */
  async best(target: number): Promise<Tuned | null> {
    const reached: Setting[] = [];
    for (const family of this.#system.families) {
      const setting = await this.#least(family, target);
      if (setting !== null) reached.push(setting);
    }
    const least = reached.map(() => Infinity);
    for (let round = 0; round < speedRounds; round++) {
      for (const [i, setting] of reached.entries()) least[i] = Math.min(least[i]!, await this.#micros(setting));
    }
    const micros = Math.min(...least);
    const setting = reached[least.indexOf(micros)];
    return setting === undefined ? null : { setting, micros, recall: await this.#recall(setting) };
  }

  async #least(family: readonly Setting[], target: number): Promise<Setting | null> {
    const last = family.at(-1);
    if (last === undefined) return null;
    let low = 0;
    let high = family.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((await this.#recall(family[middle]!)) >= target) high = middle;
      else low = middle + 1;
    }
    return family[low] ?? null;
  }

  async #recall(setting: Setting): Promise<number> {
    const key = JSON.stringify(setting);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { first, step, count } = this.#tuning;
    const name = `${this.#kept?.name} ${this.#answers.k} ${first} ${step} ${count} ${key}`;
    const measure = (): Promise<number> => this.#measured(setting);
    const recall = await (this.#kept === null ? measure() : this.#kept.store.recall(name, measure));
    this.#known.set(key, recall);
    return recall;
  }

  async #measured(setting: Setting): Promise<number> {
    const { ids } = await this.#system.measureBatch(setting, this.#answers.k, this.#tuning);
    return recallOf(this.#answers, this.#tuning, ids);
  }

  async #micros(setting: Setting): Promise<number> {
    const range = { ...this.#tuning, count: Math.min(this.#tuning.count, speedQueries) };
    const { cpuSeconds } = await this.#system.measureSingle(setting, this.#answers.k, range);
    return (1e6 * cpuSeconds) / range.count - this.#system.callMicros;
  }
}
