/** `shoal search`: one question, a document's neighbours, or every row of a file of vectors. */
import { errorCodes, ShoalError, type ErrorCode } from '../../../base/errors.js';
import { limits } from '../../../base/limits.js';
import { addCommand, usageError, type CommandHost, type Invocation } from '../command.js';
import { decimal, fusionWeights, integer, minSequence, probes } from '../flags.js';
import { Option, type Command } from 'commander';
import type { ShoalClient } from '../../sdk/connect.js';
import type { Question } from '../../sdk/search.js';
import type {
  FusionWeights,
  MinSequence,
  SearchAnswer,
  SearchMode,
  SearchOptions,
  SparseRouting,
} from '../../sdk/types.js';

interface SearchFlags {
  readonly k: number;
  readonly offset: number;
  /** Absent = hybrid, or dense where there are no words. */
  readonly mode?: SearchMode;
  readonly candidates?: number;
  readonly nprobe?: number;
  readonly weights?: FusionWeights;
  readonly rrf?: true;
  readonly sparse?: SparseRouting;
  readonly scoreThreshold?: number;
  readonly explain?: true;
  readonly minSequence?: MinSequence;
  readonly deadline: number;
  readonly requireFull?: true;
  readonly vectors?: string;
  readonly filter?: string;
  readonly exact?: true;
  readonly like?: string;
}

/** Rows of a vectors file that are asked for in one call. */
const rowsPerCall = 64;

export function addSearch(program: Command, host: CommandHost): void {
  addCommand<SearchFlags>(program, host, {
    usage: 'search <name> [query]',
    summary: 'find the documents that answer a query',
    details:
      'Every answer says how much of the collection it saw (coverage) and where the time went. A partial answer is an answer, and\n' +
      'the exit code is 0, unless --require-full is given.',
    examples: [
      'shoal search notes "who mends shoes"',
      'shoal search notes "fear of small rooms" --k 3 --explain',
      'shoal search papers "wing in a slipstream" --mode dense --json',
      `shoal search papers "wing in a slipstream" --filter 'year >= 1990 && "wing" in tags'`,
      'shoal search papers --like 17',
      'shoal search images --vectors queries.npy --json',
    ],
    configure: (command) => configure(command),
    run: async (call, args, flags) => {
      const [name, query] = [args.text(0), args.text(1)];
      const asked = [query === '' ? undefined : query, flags.like, flags.vectors].filter((each) => each !== undefined);
      if (asked.length !== 1) throw usageError('give either a query, --like ID or --vectors FILE.npy');
      if (flags.exact === true && flags.nprobe !== undefined)
        throw usageError('--exact looks into every list; leave out --nprobe');
      if (flags.rrf === true && flags.weights !== undefined) throw usageError('--rrf and --weights exclude each other');
      if (query === '') checkWithoutWords(flags);
      await call.withClient(async (client) => {
        const question = flags.like === undefined ? query : { like: flags.like };
        if (flags.vectors === undefined) return searchOne(call, client, { name, question, flags });
        return searchRows(call, client, { name, file: flags.vectors, flags });
      });
    },
  });
}

function configure(command: Command): void {
  command
    .option('-k, --k <number>', 'hits wanted', integer(1, 10_000), 10)
    .option('--offset <number>', 'hits to skip', integer(0, 10_000), 0)
    .addOption(
      new Option('--mode <mode>', 'what decides the order (default: hybrid; dense where there is no query)').choices([
        'hybrid',
        'dense',
        'sparse',
        'multi',
      ]),
    )
    .option(
      '--candidates <number>',
      'candidates of each first stage (default: max(100, k + offset))',
      integer(1, limits.kMax),
    )
    .option('--filter <expr>', 'CEL over attributes: only documents that match')
    .option('--like <id>', 'search by the vector of this document, which is no hit itself, instead of a query')
    .option('--nprobe <number|auto>', 'inverted lists to look into (default: auto)', probes)
    .option('--exact', 'look into every list and approximate nothing')
    .option('--weights <d,s,m>', "weights of dense, sparse and multi (default: the collection's)", fusionWeights)
    .option('--rrf', 'fuse by reciprocal ranks (k = 60) instead of weights')
    .addOption(new Option('--sparse <how>', 'where words are looked for').choices(['search', 'rescore', 'off']))
    .option(
      '--score-threshold <number>',
      'leave out hits with a smaller score',
      decimal(-Number.MAX_VALUE, Number.MAX_VALUE),
    )
    .option(
      '--explain',
      'show each score, the lists and shards, and which word answered which (not with --token-pooling)',
    )
    .option('--min-sequence <uid:sequence>', 'wait until this write is visible', minSequence)
    .option(
      '--deadline <ms>',
      'milliseconds after which the answer comes with what is there',
      integer(1, 600_000),
      2_000,
    )
    .option('--require-full', 'fail instead of giving a partial answer')
    .option('--vectors <file.npy>', 'search every row of a float32 matrix instead of a query');
}

function optionsOf(flags: SearchFlags): SearchOptions {
  return {
    k: flags.k,
    offset: flags.offset,
    mode: flags.mode ?? 'hybrid',
    deadlineMs: flags.deadline,
    ...(flags.candidates === undefined ? {} : { candidates: flags.candidates }),
    ...(flags.nprobe === undefined ? {} : { nprobe: flags.nprobe }),
    ...(flags.weights === undefined ? {} : { weights: flags.weights }),
    ...(flags.rrf === undefined ? {} : { rrf: true }),
    ...(flags.sparse === undefined ? {} : { sparse: flags.sparse }),
    ...(flags.scoreThreshold === undefined ? {} : { scoreThreshold: flags.scoreThreshold }),
    ...(flags.explain === undefined ? {} : { explain: true }),
    ...(flags.minSequence === undefined ? {} : { minSequence: flags.minSequence }),
    ...(flags.requireFull === undefined ? {} : { requireFull: true }),
    ...(flags.filter === undefined ? {} : { filter: flags.filter }),
    ...(flags.exact === undefined ? {} : { exact: true }),
  };
}

/** Wrong usage where an option asks for what only words can have. */
function checkWithoutWords({ like, mode, rrf, weights, sparse }: SearchFlags): void {
  const asked = like === undefined ? '--vectors' : '--like';
  const options: readonly [string, boolean][] = [
    [`--mode ${mode}`, mode !== undefined && mode !== 'dense'],
    ['--rrf', rrf === true],
    ['--weights', weights !== undefined],
    ['--sparse', sparse !== undefined],
  ];
  const pointless = options.find(([, isGiven]) => isGiven)?.[0];
  if (pointless !== undefined)
    throw usageError(`${asked} searches by vectors alone, so there is nothing to fuse; leave out ${pointless}`);
}

/** A bare vector has neither words nor token vectors, so dense is the only mode that it can have. */
function denseOptions(flags: SearchFlags): SearchOptions {
  return { ...optionsOf(flags), mode: 'dense' };
}

function failureOfRow(row: number, error: { readonly code: string; readonly message: string }): ShoalError {
  const code = Object.hasOwn(errorCodes, error.code) ? (error.code as ErrorCode) : 'UNKNOWN';
  return new ShoalError(code, `row ${row}: ${error.message}`);
}

async function searchOne(
  call: Invocation,
  client: ShoalClient,
  { name, question, flags }: { name: string; question: Question; flags: SearchFlags },
): Promise<void> {
  // Of a document there is no text to look for, so dense is the only mode that its neighbours can have.
  const options = typeof question === 'string' ? optionsOf(flags) : denseOptions(flags);
  const answer = await client.search(name, question, options);
  const { answerJson } = await import('../documents-view.js');
  await call.answer(answerJson(answer), async () => {
    const { colours } = await import('../format.js');
    const { answerText } = await import('../search-view.js');
    const width = call.context.stdout.columns ?? 120;
    return answerText(answer, { paint: colours(call.context), width, offset: flags.offset });
  });
}

async function searchRows(
  call: Invocation,
  client: ShoalClient,
  { name, file, flags }: { name: string; file: string; flags: SearchFlags },
): Promise<void> {
  const { eachRow, openNpy } = await import('../npy.js');
  const { answerJson } = await import('../documents-view.js');
  const npy = await openNpy(file);
  const answers: SearchAnswer[] = [];
  const ask = async (rows: readonly Float32Array[]): Promise<void> => {
    if (rows.length === 0) return;
    for (const outcome of await client.searchBatch(name, rows, denseOptions(flags))) {
      if (outcome.answer === null) throw failureOfRow(answers.length, outcome.error);
      answers.push(outcome.answer);
    }
  };
  try {
    let rows: Float32Array[] = [];
    for await (const row of eachRow(npy)) {
      rows.push(row);
      if (rows.length < rowsPerCall) continue;
      await ask(rows);
      rows = [];
    }
    await ask(rows);
  } finally {
    await npy.close();
  }
  await call.answer({ results: answers.map(answerJson) }, () =>
    answers
      .map(
        ({ hits }, row) =>
          `${row}  ${hits.map((hit) => `${hit.id} (${hit.score.toFixed(4)})`).join('  ') || 'no hits'}`,
      )
      .join('\n'),
  );
}
