/** The command line as a whole: every command that this cluster serves, in the order in which people meet them. */
import { addBench } from './commands/bench.js';
import { addCodebooks } from './commands/codebooks.js';
import { addCollections } from './commands/collections.js';
import { addCount } from './commands/count.js';
import { addBackup } from './commands/backup.js';
import { addDelete } from './commands/delete.js';
import { addDev } from './commands/dev.js';
import { addEval } from './commands/eval.js';
import { addExport } from './commands/export.js';
import { addGet } from './commands/get.js';
import { addImport } from './commands/import.js';
import { addModels } from './commands/models.js';
import { addNodes } from './commands/nodes.js';
import { addScroll } from './commands/scroll.js';
import { addRestore } from './commands/restore.js';
import { addSearch } from './commands/search.js';
import { addSet } from './commands/set.js';
import { addMove } from './commands/move.js';
import { addShards } from './commands/shards.js';
import { addStatus } from './commands/status.js';
import { addTrain } from './commands/train.js';
import { addVerify } from './commands/verify.js';
import { version } from '../../base/version.js';
import { newProgram, type CommandHost, type Outcome } from './command.js';
import type { CliContext } from './context.js';
import type { Command } from 'commander';

/** The program; errors are thrown, never printed, and nothing exits the process. */
export function buildProgram(context: CliContext, outcome: Outcome): Command {
  const program = newProgram('shoal', context);
  program
    .description('A search cluster for text: finds the passages that answer a query, by meaning and by words.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help of a command')
    .addHelpText('after', firstSteps);
  const host: CommandHost = { context, outcome };
  for (const add of [addDev, addCollections, addImport, addExport, addSearch, addGet]) add(program, host);
  for (const add of [addSet, addDelete, addCount, addScroll, addEval, addModels]) add(program, host);
  for (const add of [addTrain, addCodebooks]) add(program, host);
  for (const add of [addStatus, addNodes, addShards, addMove, addBackup, addRestore, addVerify, addBench])
    add(program, host);
  return program;
}

const firstSteps = `
First steps:
  $ shoal dev                                   a cluster on this machine; leave it running
  $ shoal import notes notes.jsonl              one JSON object a line: {"_id":"1","text":"…"}
  $ shoal search notes "who mends shoes"        ranked answers

Every command takes --json and --help. Exit code 0 = done, 1 = the cluster said no, 2 = wrong usage.
`;
