/**
 * One mocha process: `node --import tsx test/folder.ts RESULTS.json GREP FILE…` runs the files and writes what it found.
 *
 * A process of its own per folder, so that a crash in native code costs that folder and not the suite.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import { failedToLoad, Reporter } from './reporter.js';
import { nothingRan, sum, type FolderResults } from './results.js';

/** How long open sockets, files and timers may keep the process alive after its last test. */
const exitGraceMs = 10_000;

async function main(): Promise<void> {
  const [resultsFile, grep, ...files] = process.argv.slice(2);
  if (resultsFile === undefined) throw new Error('usage: folder.ts RESULTS.json GREP FILE…');
  const settings = JSON.parse(readFileSync(new URL('../.mocharc.json', import.meta.url), 'utf8')) as {
    timeout: number;
  };
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: settings.timeout,
    forbidOnly: true,
    diff: true,
    ...(grep ? { grep } : {}),
  });
  const broken = await loadEach(mocha, files);
  const results = sum(broken, await run(mocha));
  writeFileSync(resultsFile, JSON.stringify(results));
  process.exitCode = results.failures.length > 0 ? 1 : 0;
  setTimeout(() => {
    process.stdout.write(`  still open after the last test: ${process.getActiveResourcesInfo().join(', ')}\n`);
    process.exit();
  }, exitGraceMs).unref();
}

/** Loads one file at a time, so that a file that cannot be loaded fails alone. */
async function loadEach(mocha: Mocha, files: readonly string[]): Promise<FolderResults> {
  let broken = nothingRan;
  for (const file of files) {
    mocha.files = [file];
    try {
      await mocha.loadFilesAsync();
    } catch (error) {
      broken = sum(broken, failedToLoad(`${file} can be loaded`, error));
    }
  }
  mocha.files = [];
  return broken;
}

function run(mocha: Mocha): Promise<FolderResults> {
  const reporters: Reporter[] = [];
  class Collecting extends Reporter {
    constructor(runner: Mocha.Runner) {
      super(runner);
      reporters.push(this);
    }
  }
  mocha.reporter(Collecting as unknown as Mocha.ReporterConstructor);
  return new Promise((resolve) => mocha.run(() => resolve(reporters[0]?.results ?? nothingRan)));
}

await main();
