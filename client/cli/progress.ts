/** A progress bar on standard error: documents, documents a second, time left. Silent where standard error is no terminal. */
import { SingleBar, Presets } from 'cli-progress';
import { counted, grouped } from '../../base/counted.js';
import type { CliContext } from './context.js';

export interface Progress {
  /** `done` of the bar's total; `documents` so far. */
  update(done: number, documents: number): void;
  /** Takes the bar away. Idempotent. */
  stop(): void;
}

/** A bar of `total` units (bytes or documents); a total of 0 = unknown: counts only. */
export function createProgress(context: CliContext, label: string, total: number): Progress {
  if (context.stderr.isTTY !== true) return { update: () => undefined, stop: () => undefined };
  const startMs = context.clock.monotonicMs();
  const bar = new SingleBar(
    {
      stream: context.stderr,
      format: total === 0 ? `${label}  {counts}` : `${label}  {bar} {percentage}%  {counts}`,
      clearOnComplete: true,
      hideCursor: true,
      etaBuffer: 1,
      barsize: 28,
      fps: 10,
    },
    Presets.shades_grey,
  );
  bar.start(Math.max(1, total), 0, { counts: '' });
  return {
    update(done, documents) {
      const seconds = (context.clock.monotonicMs() - startMs) / 1000;
      bar.update(Math.min(done, Math.max(1, total)), { counts: counts({ done, total, documents, seconds }) });
    },
    stop: () => bar.stop(),
  };
}

/** "1,200 documents  340/s  12 s left". */
export function counts(state: {
  readonly done: number;
  readonly total: number;
  readonly documents: number;
  readonly seconds: number;
}): string {
  const { done, total, documents, seconds } = state;
  const rate = seconds > 0 ? `${grouped(Math.round(documents / seconds))}/s` : '';
  const left = done > 0 && total > done ? `${duration((seconds * (total - done)) / done)} left` : '';
  return [counted(documents, 'document'), rate, left].filter((part) => part !== '').join('  ');
}

/** Seconds as "12 s", "3 min 20 s" or "2 h 5 min". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
