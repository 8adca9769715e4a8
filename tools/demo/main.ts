/**
 * `npm run demo`: a cluster on this machine, WordNet's glosses in it, an index learned from them, questions answered. A reverse dictionary:
 * describe a meaning, get the word.
 *
 *     npm run demo -- --documents 117791 --once
 */
import { createInterface } from 'node:readline/promises';
import { Command, CommanderError, Option } from 'commander';
import { processContext, type CliContext } from '../../client/cli/context.js';
import { withTemporaryCluster } from '../../client/cli/eval/temporary-cluster.js';
import { takenOver } from '../../client/cli/eval/train-all.js';
import { integer } from '../../client/cli/flags.js';
import { grouped } from '../../base/counted.js';
import { colours } from '../../client/cli/format.js';
import { createProgress, duration } from '../../client/cli/progress.js';
import { createStepProgress, trainingText } from '../../client/cli/train-view.js';
import { answersText } from './answers.js';
import { samplesFor } from './samples.js';
import { glossDocument, readGlosses, wordnetFolder, type Gloss } from './wordnet.js';
import type { ShoalClient } from '../../client/sdk/connect.js';
import type { TrainingProgress } from '../../client/sdk/types.js';

interface DemoFlags {
  readonly documents: number;
  readonly once?: true;
}

const collection = 'glosses';
const hitsShown = 5;
/** Lists and codes, then better numbers for these codes. */
const methods = ['structure', 'distill-vq'];
/** Fewer documents are searched one by one faster than anything could be learned from them. */
const trainedMin = 2_000;

process.exitCode = await main(process.argv.slice(2), processContext());

async function main(args: readonly string[], context: CliContext): Promise<number> {
  const flags = parseFlags(args);
  if (flags === null) return 2;
  const interrupted = context.interrupted().then(() => 130);
  const demo = withTemporaryCluster(context, async (client, address) => {
    const work = runDemo(context, { client, address, flags }).then(() => 0);
    // After an interruption the client is closed under the work's feet; that is its end, not a failure.
    work.catch(() => 130);
    return Promise.race([work, interrupted]);
  });
  const exitCode = await demo;
  if (exitCode === 130) context.stderr.write('\ninterrupted; the temporary cluster is removed\n');
  return exitCode;
}

function parseFlags(args: readonly string[]): DemoFlags | null {
  const command = new Command('npm run demo --')
    .description("A reverse dictionary over WordNet's glosses: describe a meaning, get the word.")
    .addOption(
      new Option('--documents <number>', 'glosses to load, commonest first')
        .argParser(integer(1, 117_791))
        .default(10_000),
    )
    .option('--once', 'leave after the sample queries instead of asking for more')
    .exitOverride();
  try {
    return command.parse([...args], { from: 'user' }).opts<DemoFlags>();
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) process.exit(0);
    if (error instanceof CommanderError) return null;
    throw error;
  }
}

interface Demo {
  readonly client: ShoalClient;
  readonly address: string;
  readonly flags: DemoFlags;
}

async function runDemo(context: CliContext, demo: Demo): Promise<void> {
  const { client, address, flags } = demo;
  const say = (text: string): void => void context.stdout.write(`${text}\n`);
  say(`A cluster serves at ${address}: one coordinator, one encoder node, one shard node, in a temporary folder.`);
  const glosses = (await readGlosses(wordnetFolder())).slice(0, flags.documents);
  say(`Loading ${grouped(glosses.length)} glosses of WordNet, commonest first …`);
  const seconds = await load(context, client, glosses);
  say(
    `${grouped(glosses.length)} documents in ${duration(seconds)} (${grouped(Math.round(glosses.length / seconds))}/s)`,
  );
  if (glosses.length >= trainedMin) for (const method of methods) await train(context, client, method);
  for (const { query } of samplesFor(glosses.length)) await ask(context, client, query);
  if (flags.once !== true) await prompt(context, demo);
}

async function load(context: CliContext, client: ShoalClient, glosses: readonly Gloss[]): Promise<number> {
  await client.collections.create(collection, { autoTrain: false });
  const startMs = context.clock.monotonicMs();
  const bar = createProgress(context, collection, glosses.length);
  try {
    await client.documents.import(collection, glosses.map(glossDocument), {
      onProgress: ({ documents }) => bar.update(documents, documents),
    });
  } finally {
    bar.stop();
  }
  return Math.max(0.001, (context.clock.monotonicMs() - startMs) / 1000);
}

/** Trains, and says what came of it; resolves when searches go by it. */
async function train(context: CliContext, client: ShoalClient, method: string): Promise<void> {
  const startMs = context.clock.monotonicMs();
  const bar = createStepProgress(context, method);
  const onProgress = (at: TrainingProgress): void => bar.update(at);
  const result = await client.training.train(collection, { method, onProgress }).finally(() => bar.stop());
  await takenOver(client, result.codebook.structureVersion, { collection, clock: context.clock });
  const seconds = (context.clock.monotonicMs() - startMs) / 1000;
  context.stdout.write(`${method}: ${trainingText(collection, result, seconds)}\n`);
}

async function ask(context: CliContext, client: ShoalClient, query: string): Promise<void> {
  const paint = colours(context);
  const answer = await client.search(collection, query, { k: hitsShown });
  const width = context.stdout.columns ?? 120;
  context.stdout.write(`\n${paint.cyan(query)}\n${answersText(answer, { paint, width })}\n`);
}

async function prompt(context: CliContext, demo: Demo): Promise<void> {
  context.stdout.write(
    `\nDescribe a meaning, and press Enter; "exit" ends. Or, from another terminal:\n` +
      `  npx shoal search ${collection} "someone who repairs shoes" --address ${demo.address}\n`,
  );
  const terminal = createInterface({ input: context.stdin, output: context.stdout, prompt: '\n> ' });
  // Ctrl-C at the prompt goes to the terminal's reader, not to the process.
  terminal.on('SIGINT', () => terminal.close());
  terminal.prompt();
  for await (const line of terminal) {
    const query = line.trim();
    if (query === 'exit' || query === 'quit') break;
    if (query !== '') await ask(context, demo.client, query);
    terminal.prompt();
  }
  terminal.close();
}
