/** The parts of the suite in their order, with the minutes that each group may take on two cores. */

export interface Part {
  /** Below test/. */
  readonly folder: string;
  /** Runs once for every instruction set of this machine, forced by SHOAL_KERNELS. */
  readonly isPerInstructionSet?: boolean;
  /** Only with --nightly. */
  readonly isNightly?: boolean;
}

export interface Group {
  readonly name: string;
  readonly budgetMinutes: number;
  readonly parts: readonly Part[];
}

export const setUpBudgetMinutes = 4;

export const groups: readonly Group[] = [
  {
    name: 'unit and kernels',
    budgetMinutes: 6,
    parts: [
      { folder: 'tidy' },
      { folder: 'unit' },
      { folder: 'kernels', isPerInstructionSet: true },
      { folder: 'native' },
      { folder: 'golden' },
    ],
  },
  { name: 'quality', budgetMinutes: 6, parts: [{ folder: 'quality' }, { folder: 'recall' }] },
  {
    name: 'cluster and simulation',
    budgetMinutes: 12,
    parts: [{ folder: 'cluster' }, { folder: 'simulation' }, { folder: 'chaos' }, { folder: 'durability' }],
  },
  { name: 'encoder', budgetMinutes: 3, parts: [{ folder: 'encoder' }] },
  {
    name: 'operations',
    budgetMinutes: 5,
    parts: [{ folder: 'setup' }, { folder: 'operations' }, { folder: 'bench' }, { folder: 'results' }],
  },
  {
    name: 'face',
    budgetMinutes: 5,
    parts: [{ folder: 'wire' }, { folder: 'cli' }, { folder: 'demo' }, { folder: 'face' }],
  },
];
