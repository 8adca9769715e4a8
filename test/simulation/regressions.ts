/** Seeds that once found something, by what they found. They hold for the workload as it is; a change of it may end their use. */
export const regressions: readonly { readonly name: string; readonly seed: number }[] = [
  { name: 'a deletion forgotten while an older one was stored', seed: 3535 },
  { name: 'a log purged by what a node said before it lost its disk', seed: 3640 },
  { name: 'a verdict judged by traces that were purged', seed: 2394 },
];
