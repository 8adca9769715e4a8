/** What a worker thread is started with, from source or compiled. */

export interface WorkerEntry {
  /** The first argument of Node's `Worker`. */
  readonly start: URL | string;
  /** Goes with it into the second one. */
  readonly options: { readonly eval?: boolean; readonly execArgv?: string[] };
}

/**
 * The entry for the module at `compiled`, a URL that ends in `.js`, asked for by the module at `parent`. From source the thread loads
 * the `.ts` beside it through tsx, as the process itself does; compiled, plain JavaScript.
 */
export function workerEntry(compiled: URL, parent: string): WorkerEntry {
  if (!parent.endsWith('.ts')) return { start: compiled, options: {} };
  // A thread does not inherit the loader of the sources that its parent registered.
  const loader = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const source = JSON.stringify(compiled.href.replace(/\.js$/, '.ts'));
  const start = `import(${loader}).then(({ register }) => { register(); return import(${source}); })`;
  return { start, options: { eval: true, execArgv: [] } };
}
