/** Files are cut short under a process that has them mapped: it lives on, and no zero of what is gone becomes an answer. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { loadAddon } from '../../kernels/native.js';
import { skipBecause } from '../skip.js';
import { folderOfSuite } from '../temporary-folder.js';
import type { Told } from './torn-files.js';

const program = fileURLToPath(new URL('torn-files.ts', import.meta.url));

describe('a mapped file that is cut short', function () {
  this.timeout(300_000);
  const folder = folderOfSuite();
  let told: Told;
  let signal: unknown;

  before(async function () {
    if (loadAddon() === null) skipBecause(this, 'without native kernels nothing is mapped: run npm run setup');
    const env = { ...process.env, SHOAL_KERNELS: '' };
    const child = spawn(process.execPath, ['--import', 'tsx', program, folder], { env });
    const [output, errors, [, endedBy]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ]);
    assert.notEqual(output, '', `it ended by ${String(endedBy)}: ${errors}`);
    told = JSON.parse(output) as Told;
    signal = endedBy;
  });

  it('reads as zeros from JavaScript and is torn, and no other file is', () => {
    assert.deepEqual(told.fromJavaScript, [false, 1, 1, 0, 0, true, false, 1]);
  });

  it('reads as zeros on threads, however many pages, and stays torn when the file is as before', () => {
    assert.deepEqual(told.fromThreads, [true, 0, 0, true]);
  });

  it('is torn where only a part of its last page is gone, which is no fault', () => {
    assert.deepEqual(told.inLastPage, [1, 0, true]);
  });

  it('leaves nothing behind for the next file that is mapped', () => {
    assert.deepEqual(told.mappedAgain, [0, true, false, 1, false]);
  });

  it('is refused by its name whatever is asked of it, checked before or not', () => {
    for (const { answered, wrong } of [told.unchecked, told.checked])
      assert.deepEqual({ answered, wrong }, { answered: 0, wrong: [] });
  });

  it('gives no wrong answer to who reads it while it is cut', () => {
    assert.deepEqual(told.meanwhile.wrong, []);
  });

  it('is refused by its name where it is a run of a directory, checked before or not', () => {
    for (const { answered, wrong } of [told.runsUnchecked, told.runsChecked])
      assert.deepEqual({ answered, wrong }, { answered: 0, wrong: [] });
  });

  it('ends neither the node nor the service of its other collections, and is named by the status', () => {
    const { error, others, problems } = told.cluster;
    // Maintenance may notice it first: then nobody asks the replica any more.
    assert.match(error, /^(DATA_LOSS|UNAVAILABLE): .*(\.segment was cut short|has no ready replica)/);
    assert.equal(others, 3);
    assert.ok(
      problems.some((problem) => /\.segment was cut short/.test(problem)),
      problems.join('\n'),
    );
  });

  it('is the only thing that the signal is caught for', () => {
    assert.equal(signal, 'SIGBUS');
  });
});
