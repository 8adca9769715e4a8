/** The document and its plots, made of what the parts left and of nothing else. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Part, PartRecord, Table } from './findings.js';
import { plotSvg } from './plot.js';

/** Name of the document, and of the folder of records and plots beside it. */
export const documentName = 'results.md';
export const recordFolder = 'results';

/** Writes the document into `folder` from the records that are there; parts without one are named as not run. */
export function writeDocument(folder: string, parts: readonly Part[]): void {
  const records = readRecords(join(folder, recordFolder));
  for (const { plots } of records.values())
    for (const plot of plots) writeFileSync(join(folder, recordFolder, `${plot.name}.svg`), plotSvg(plot));
  const missing = parts.filter(({ name }) => !records.has(name)).map(({ name }) => name);
  const sections = parts.flatMap((part) => {
    const record = records.get(part.name);
    return record === undefined ? [] : [sectionOf(part, record)];
  });
  const left = missing.length === 0 ? [] : [`Not run yet, so without figures here: ${missing.join(', ')}.`];
  writeFileSync(join(folder, documentName), `${[opening, ...left, ...sections].join('\n\n')}\n`);
}

const opening = `# Results

What the learned parts of Shoal are worth. \`npm run results\` makes this document: every table and plot is written from a record beside it,
and every record by the command under it; nothing here is typed by hand. \`-- --only PART,…\` runs some parts and leaves the others' records
as they are, \`-- --quick\` runs what has such a size at one that says nothing, into \`.cache/results/\`, and \`-- --data DIR\` names the folder of the labelled
collections, in BEIR layout; parts that want one that is not there are left out. Dictionary glosses and the model come with the repository.`;

function readRecords(folder: string): ReadonlyMap<string, PartRecord> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const records = names.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as PartRecord);
  return new Map(records.map((record) => [record.part, record]));
}

function sectionOf({ title, text }: Part, record: PartRecord): string {
  const plots = record.plots.map((plot) => `![${plot.title}](${recordFolder}/${plot.name}.svg)`);
  return [`## ${title}`, text, ...record.tables.map(tableText), ...plots, originOf(record)].join('\n\n');
}

function tableText({ title, head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [`${title}:`, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function originOf({ part, date, commit, host, seeds, commands, isQuick }: PartRecord): string {
  const when = `${date.slice(0, 10)}, commit ${commit ?? 'unknown'}, ${host.threads} threads of ${host.cpu}, kernels ${host.isa}`;
  const seedText = Object.entries(seeds).map(([name, seed]) => `${name} ${seed}`);
  const by = seedText.length === 0 ? '' : `; seeds: ${seedText.join(', ')}`;
  const warning = isQuick ? ' **At smoke size: the figures say nothing.**' : '';
  const programs = commands.length === 0 ? '' : `\n\n\`\`\`\n${commands.join('\n')}\n\`\`\``;
  return `Made by \`npm run results -- --only ${part}\` (${when}${by}).${warning}${programs}`;
}
