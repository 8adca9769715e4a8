/** `shoal import`: JSON lines, BEIR directories and ready vectors into a collection. */
import { counted, grouped } from '../../../base/counted.js';
import { addCommand, usageError, type CommandHost, type Invocation } from '../command.js';
import type { Command } from 'commander';
import type { Collection } from '../../sdk/types.js';
import type { ShoalClient } from '../../sdk/connect.js';
import type { ExportHeader } from '../import/export-header.js';
import type { ImportSummary } from '../import/run.js';

interface ImportFlags {
  readonly vectors?: string;
  readonly rejects?: string;
  readonly model?: string;
}

/** Bad lines that are named one by one on standard error. */
const namedLinesMax = 100;

export function addImport(program: Command, host: CommandHost): void {
  addCommand<ImportFlags>(program, host, {
    usage: 'import <name> [files...]',
    args: { '[files...]': '.jsonl, .jsonl.gz, a BEIR directory, or - for standard input' },
    summary: 'load documents from JSON lines or a BEIR directory',
    details:
      'A line is {"_id":"1","text":"…"} with optional title, attributes (an object), vector (numbers), sparse\n' +
      '({"terms":[…],"weights":[…]}) and tokens (rows of numbers); "id" stands for "_id". The collection is created with defaults\n' +
      'when it does not exist. A bad line is named with its place and skipped; the exit code is then 1.\n' +
      'Documents that are there already with the same content are counted as unchanged, so an interrupted import is finished by\n' +
      'running it again. An export begins with a line that says how its collection was made; a new collection is made so.\n' +
      'A document of several parts has "passages": a list of {"vector":[…],"start":0,"end":120}.',
    examples: [
      'shoal import notes notes.jsonl',
      'gzip -dc dump.jsonl.gz | shoal import notes - --rejects bad.jsonl',
      'shoal import scifact data/scifact',
      'shoal import images --vectors images.npy',
    ],
    configure: (command) =>
      command
        .option('--vectors <file.npy>', 'ready vectors: row i belongs to line i; without files, row i is document i')
        .option('--rejects <file>', 'write the rejected lines to this file')
        .option('--model <name>', 'encoder model of a collection that is created'),
    run: async (call, args, flags) => {
      const paths = args.list(1);
      if (paths.length === 0 && flags.vectors === undefined)
        throw usageError('give a file, a directory, - or --vectors FILE.npy');
      if (paths.filter((path) => path === '-').length > 1) throw usageError('standard input (-) can be read once only');
      return call.withClient((client) => importAll(call, client, { name: args.text(0), paths, flags }));
    },
  });
}

interface Task {
  readonly name: string;
  readonly paths: readonly string[];
  readonly flags: ImportFlags;
}

async function importAll(call: Invocation, client: ShoalClient, task: Task): Promise<number> {
  const { importPaths } = await import('../import/import-paths.js');
  const { sourceAt } = await import('../import/sources.js');
  const lost = await sourceAt(task.paths, task.flags.rejects);
  if (lost !== null) throw usageError(`--rejects would write over ${lost}, which is to be imported; name another file`);
  const { openNpy } = await import('../npy.js');
  const vectors = task.flags.vectors === undefined ? null : await openNpy(task.flags.vectors);
  try {
    const state: { collection: Collection | null; startMs: number } = { collection: null, startMs: 0 };
    const said = { lines: 0 };
    const sent = { documents: 0 };
    const summary = await importPaths({
      client,
      context: call.context,
      collection: async (header) => {
        const collection = await ensureCollection(call, client, { task, dim: vectors?.dim ?? 0, header });
        Object.assign(state, { collection, startMs: call.context.clock.monotonicMs() });
        return collection;
      },
      paths: task.paths,
      vectors,
      ...(task.flags.rejects === undefined ? {} : { rejects: task.flags.rejects }),
      onReject: ({ place, why }) => {
        said.lines += 1;
        if (said.lines <= namedLinesMax) call.note(`${place}: ${why}`);
      },
      onSent: (documents) => (sent.documents = documents),
    }).catch((error: unknown) => {
      if (sent.documents > 0) call.note(brokenOff(sent.documents));
      throw error;
    });
    const seconds = (call.context.clock.monotonicMs() - state.startMs) / 1000;
    remarks(call, summary, { task, unnamed: summary.rejected - Math.min(said.lines, namedLinesMax) });
    await report(call, { name: state.collection?.name ?? task.name, summary, seconds });
    return summary.rejected > 0 || summary.rowsLeft > 0 ? 1 : 0;
  } finally {
    await vectors?.close();
  }
}

function brokenOff(documents: number): string {
  const what = `the import broke off after about ${counted(documents, 'document')} had been sent`;
  return `${what}; what was acknowledged stays: run it again, and documents that are there already are skipped`;
}

/**
 * The collection `name`, created when it does not exist: as the header of an export says, for vectors alone without a model, else
 * with the defaults.
 */
async function ensureCollection(
  call: Invocation,
  client: ShoalClient,
  { task, dim, header }: { task: Task; dim: number; header: ExportHeader | null },
): Promise<Collection> {
  const { ShoalError } = await import('../../../base/errors.js');
  try {
    return await client.collections.describe(task.name);
  } catch (error) {
    if (ShoalError.from(error).code !== 'NOT_FOUND') throw error;
  }
  const model = task.flags.model ?? header?.options.model ?? (task.paths.length === 0 ? 'none' : undefined);
  const { dim: dimExported, ...options } = header?.options ?? {};
  const created = await client.collections.create(task.name, {
    ...options,
    ...(header === null ? {} : { attributes: header.attributes }),
    ...(model === undefined ? {} : { model }),
    ...(model === 'none' ? { dim: dim === 0 ? (dimExported ?? 0) : dim } : {}),
  });
  call.note(`created the collection ${created.name} (model ${created.model}, ${counted(created.dim, 'dimension')})`);
  return created;
}

function remarks(call: Invocation, summary: ImportSummary, { task, unnamed }: { task: Task; unnamed: number }): void {
  if (unnamed > 0) call.note(`… and ${counted(unnamed, 'more rejected line')}`);
  if (summary.rejected > 0 && task.flags.rejects === undefined) {
    call.note('--rejects FILE writes the rejected lines to a file');
  }
  if (summary.ignoredFields.length > 0) {
    call.note(
      `fields without a meaning were left out: ${summary.ignoredFields.slice(0, 10).join(', ')}; put them into "attributes"`,
    );
  }
  if (summary.rowsLeft > 0)
    call.note(`${task.flags.vectors} has ${counted(summary.rowsLeft, 'row')} more than there were lines`);
}

async function report(
  call: Invocation,
  { name, summary, seconds }: { name: string; summary: ImportSummary; seconds: number },
): Promise<void> {
  const { read, written, unchanged, rejected, sequence, uid } = summary;
  const json = { collection: name, uid, read, written, unchanged, rejected, seconds, sequence };
  await call.answer(json, async () => {
    const { duration } = await import('../progress.js');
    const rate = seconds > 0 ? ` (${grouped(Math.round(read / seconds))} documents/s)` : '';
    const parts = [`${counted(written, 'document')} written`];
    if (unchanged > 0) parts.push(`${grouped(unchanged)} unchanged`);
    if (rejected > 0) parts.push(`${grouped(rejected)} rejected`);
    return `${parts.join(', ')} in ${duration(seconds)}${rate}`;
  });
}
