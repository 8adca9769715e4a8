/** States of a partition that other copies are reading: each is held until it was given whole, or nobody reads on. */
import type { Clock, Timer } from '../../../base/clock.js';
import { ShoalError } from '../../../base/errors.js';
import type { ReadCopyRequest, ReadCopyResponse } from '../../../proto/generated/shoal/v1/directory.js';
import type { DirectoryStore, HeldState } from '../store/directory-store.js';
import { copyPage } from './copy-page.js';

/** A state that nobody reads for so long is given up. */
const idleMs = 60_000;

interface Given {
  readonly held: HeldState;
  timer: Timer;
}

export class GivenStates {
  readonly #store: DirectoryStore;
  readonly #clock: Clock;
  readonly #given = new Map<bigint, Given>();
  #number: bigint;

  constructor(store: DirectoryStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    // A reader that began before a restart is told that its state is gone, and not given pages of another one.
    this.#number = BigInt(Math.floor(clock.wallMs())) << 10n;
  }

  /** What `request` asks for. NOT_FOUND when the state was given up; DATA_LOSS when it is damaged. */
  page(request: ReadCopyRequest): ReadCopyResponse {
    const number = request.state === 0n ? this.#begin() : request.state;
    const given = this.#given.get(number);
    if (given === undefined) {
      const what = `state ${number} of partition ${request.partition} is not held any more`;
      throw new ShoalError('NOT_FOUND', `${what}; begin again with the present one`);
    }
    const page = copyPage(given.held, number, request);
    given.timer.cancel();
    given.timer = this.#expiry(number);
    return page;
  }

  /** Gives up all states. Idempotent. */
  close(): void {
    for (const number of [...this.#given.keys()]) this.#giveUp(number);
  }

  #begin(): bigint {
    const number = (this.#number += 1n);
    this.#given.set(number, { held: this.#store.hold(), timer: this.#expiry(number) });
    return number;
  }

  #expiry(number: bigint): Timer {
    return this.#clock.after(idleMs, () => this.#giveUp(number));
  }

  #giveUp(number: bigint): void {
    const given = this.#given.get(number);
    this.#given.delete(number);
    given?.timer.cancel();
    given?.held.release();
  }
}
