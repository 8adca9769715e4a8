/** A simulation beside real time, for tests that await its answers: events run as fast as they come, one a turn of Node's loop. */
import { Scheduler, setImmediateOfNode } from './scheduler.js';

export interface Pump {
  readonly scheduler: Scheduler;
  stop(): void;
}

/** A scheduler whose events run by themselves until `stop`. */
export function pumped(seed: number): Pump {
  const scheduler = new Scheduler(seed);
  let isStopped = false;
  const turn = (): void => {
    if (isStopped) return;
    scheduler.step();
    setImmediateOfNode(turn);
  };
  setImmediateOfNode(turn);
  return { scheduler, stop: () => (isStopped = true) };
}
