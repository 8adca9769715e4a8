/** Trainings and their results as people read them. */
import { Presets, SingleBar } from 'cli-progress';
import { counted, grouped } from '../../base/counted.js';
import type { CodebookList, TrainingProgress, TrainingResult } from '../sdk/types.js';
import type { CliContext } from './context.js';
import { table, type Colours } from './format.js';
import { duration } from './progress.js';

export interface StepProgress {
  update(progress: TrainingProgress): void;
  /** Takes the bar away. Idempotent. */
  stop(): void;
}

/** A progress bar on standard error that names the step and the time left; silent where standard error is no terminal. */
export function createStepProgress(context: CliContext, label: string): StepProgress {
  if (context.stderr.isTTY !== true) return { update: () => undefined, stop: () => undefined };
  const format = `${label}  {bar} {percentage}%  {step}`;
  const options = { stream: context.stderr, format, clearOnComplete: true, hideCursor: true, barsize: 28, fps: 10 };
  const bar = new SingleBar(options, Presets.shades_grey);
  bar.start(1_000, 0, { step: '' });
  const startMs = context.clock.monotonicMs();
  let begun: number | null = null;
  return {
    update: ({ share, step, node, resumedShare }) => {
      // What was done before is no measure of how fast it goes.
      begun = Math.min(share, Math.max(begun ?? share, resumedShare));
      const left = timeLeft((context.clock.monotonicMs() - startMs) / 1000, share, begun);
      const resumed = resumedShare > 0 ? `, taken up at ${Math.floor(100 * resumedShare)} %` : '';
      bar.update(Math.round(1_000 * share), { step: `${step}${node === '' ? '' : ` on ${node}`}${resumed}${left}` });
    },
    stop: () => bar.stop(),
  };
}

/**
 * ", 12 s left" of what took `seconds` so far for `share` of it, of which `begun` had been done before; nothing before there is anything to tell
 * it by, and at the end.
 */
export function timeLeft(seconds: number, share: number, begun = 0): string {
  return share > begun && share < 1 ? `, ${duration((seconds * (1 - share)) / (share - begun))} left` : '';
}

/** What became of a training, in words. */
export function trainingText(name: string, result: TrainingResult, seconds: number): string {
  const { published, version, reason, codebook } = result;
  const { lists, sampled, heldOut, method, needed, seed } = codebook;
  const what = `${counted(lists, 'list')} from ${counted(sampled, 'vector')} in ${duration(seconds)}`;
  const figure = method in firstCodeFigures ? `${firstCodeFigures[method]} by first codes alone` : usualFigure;
  const routes = needed === undefined ? '' : `; they need ${counted(needed.after, 'list')}, before ${needed.before}`;
  const found = `${figure} on held-out queries ${share(heldOut.after)}, before ${share(heldOut.before)}${routes}; seed ${seed}`;
  if (published) return `${name} is served by codebook ${version}: ${what}; ${found}`;
  return `${name}: ${what}; ${found}\nnot published: ${reason}`;
}

/** One version a row. */
export function codebooksTable({ active, versions }: CodebookList, paint: Colours): string {
  if (versions.length === 0) return 'never trained: every search is exact; `shoal train NAME` trains';
  const rows = versions.map((each) => [
    each.version === active ? paint.green(`${each.version} (serves)`) : String(each.version),
    String(each.structureVersion),
    each.method,
    each.created?.toISOString() ?? '–',
    // As --seed takes it, so without commas.
    String(each.seed),
    grouped(each.documents),
    each.lists,
    each.copies,
    each.secondBits,
    share(each.heldOut.before),
    share(each.heldOut.after),
  ]);
  const heads = [
    'version',
    'structure',
    'method',
    'created',
    'seed',
    'documents',
    'lists',
    'copies',
    'bits',
    'held out before',
    'after',
  ];
  const shown = table(heads, rows, paint);
  const learned = Object.entries(firstCodeFigures).filter(([name]) => versions.some(({ method }) => method === name));
  if (learned.length === 0) return shown;
  const notes = learned.map(([method, figure]) => `of ${method} ${figure} by first codes alone`);
  return `${shown}\n\nheld out: ${usualFigure} of searches; ${notes.join('; ')}`;
}

/** What versions are judged by, of a search unless the method is below. */
const usualFigure = 'recall@10';
/** Methods that learn for the first scan, before second codes and exact scores, and what they are judged by there. */
const firstCodeFigures: Readonly<Record<string, string>> = { 'distill-vq': usualFigure, jpq: 'MRR@10 by judgements' };

function share(value: number): string {
  return value.toFixed(4);
}
