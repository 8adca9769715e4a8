/** Randomness as a parameter: every random number of Shoal comes from a generator with a known seed. */
import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

export interface Random {
  /** Uniform in [0, 1), 32 bits of randomness. */
  unit(): number;
  /** Uniform integer in [0, bound); 0 < bound ≤ 2^32. */
  below(bound: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
}

/** One that can be stopped and gone on with elsewhere. */
export interface ResumableRandom extends Random {
  /** Four int32, from which the same numbers follow. */
  state(): readonly number[];
  /** Goes on from what `state` gave. */
  restore(state: readonly number[]): void;
}

/** A generator (xoroshiro128+) whose sequence depends on `seed` alone. */
export function seededRandom(seed: number): ResumableRandom {
  let generator = xoroshiro128plus(seed);
  const unit = (): number => (generator.next() >>> 0) / 0x1_0000_0000;
  return {
    unit,
    below: (bound) => Math.floor(unit() * bound),
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
    state: () => generator.getState(),
    restore: (state) => {
      generator = xoroshiro128plusFromState(state);
    },
  };
}
