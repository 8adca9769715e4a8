/** What a part of the results finds: tables and plots as data, from which the document is made. Plain JSON. */
import type { Host } from '../bench/host.js';

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  /** Cells as they are shown. */
  readonly rows: readonly (readonly string[])[];
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  /** Of the file beside the document, without its ending. */
  readonly name: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** Whether x is shown by its logarithm. */
  readonly isLogarithmic?: boolean;
  readonly series: readonly Series[];
}

export interface Findings {
  /** Programs that ran, as a shell takes them, from the root of the repository. */
  readonly commands: readonly string[];
  /** What the figures depend on besides the code: seeds by name. */
  readonly seeds: Readonly<Record<string, number>>;
  readonly tables: readonly Table[];
  readonly plots: readonly Plot[];
}

/** The file that a part leaves beside the document. */
export interface PartRecord extends Findings {
  readonly part: string;
  /** ISO date of the end of the run. */
  readonly date: string;
  /** Of the commit that ran, null where there is no git; `+` behind it where files had changed. */
  readonly commit: string | null;
  readonly host: Host;
  /** Whether it ran at smoke size: figures that say nothing. */
  readonly isQuick: boolean;
}

export interface PartContext {
  readonly isQuick: boolean;
  /** The folder of the labelled collections. */
  readonly data: string;
  /** For what takes long to make; may be deleted at any time. */
  readonly cache: string;
  progress(line: string): void;
}

export interface Part {
  readonly name: string;
  readonly title: string;
  /** What is measured and how, in Markdown: true of every run. */
  readonly text: string;
  /** Rejects with `LeftOut` where the labelled collections that it wants are not there, or it has no smoke size. */
  run(context: PartContext): Promise<Findings>;
}

/** A part does not run here; the message says why. */
export class LeftOut extends Error {}
