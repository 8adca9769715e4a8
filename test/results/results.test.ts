/** The results can be made anew, at smoke size here, and the document says what its records say and nothing else. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { documentName, recordFolder, writeDocument } from './document.js';
import type { PartRecord } from './findings.js';
import { parts } from './parts/all.js';
import { plotSvg } from './plot.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const runTimeoutMs = 120_000;

describe('the results', () => {
  let folder = '';

  before(() => (folder = mkdtempSync(join(tmpdir(), 'shoal-results-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('are made at smoke size from what the repository ships, by one command', function () {
    this.timeout(runTimeoutMs);
    const { status, stderr } = results(['--quick', '--only', 'manifest,distill,bytes', '--out', folder]);
    assert.equal(status, 0, stderr);
    const document = readFileSync(join(folder, documentName), 'utf8');
    for (const { part, tables, plots, isQuick } of recordsOf(folder)) {
      assert.ok(isQuick, `${part} is marked as of smoke size`);
      for (const { rows } of tables)
        for (const row of rows) assert.ok(document.includes(`| ${row.join(' | ')} |`), `${part} shows ${row.join()}`);
      for (const { name } of plots)
        assert.ok(document.includes(`(${recordFolder}/${name}.svg)`), `${part} shows ${name}`);
    }
    assert.deepEqual(
      recordsOf(folder).map(({ part }) => part),
      ['bytes', 'distill', 'manifest'],
    );
    assert.match(document, /Not run yet, so without figures here: jpq, cluster, tokens, fusion, heads\./);
  });

  it('leave out, saying so, what wants a collection that is not there', function () {
    this.timeout(runTimeoutMs);
    const { status, stderr } = results(['--quick', '--only', 'jpq', '--data', join(folder, 'none'), '--out', folder]);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /jpq is left out: the collection cranfield is not in/);
  });

  it('name the parts that there are where another one is asked for', function () {
    this.timeout(runTimeoutMs);
    const { status, stderr } = results(['--only', 'nothing', '--out', folder]);
    assert.equal(status, 1);
    assert.match(stderr, /no part is named nothing; there are: manifest, distill/);
  });

  it('that are kept say in their document what their records say', () => {
    const kept = join(folder, 'kept');
    const [from, to] = [join(root, 'docs', recordFolder), join(kept, recordFolder)];
    cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith('.svg') });
    writeDocument(kept, parts);
    const said = readFileSync(join(root, 'docs', documentName), 'utf8');
    const why = 'npm run results -- --only none makes the document of the records';
    assert.equal(readFileSync(join(kept, documentName), 'utf8'), said, why);
    assert.deepEqual(
      readdirSync(to).sort(),
      readdirSync(from).sort(),
      'there are the plots of the records, and no others',
    );
    for (const name of readdirSync(to))
      assert.equal(readFileSync(join(to, name), 'utf8'), readFileSync(join(from, name), 'utf8'), name);
    assert.ok(
      recordsOf(join(root, 'docs')).every(({ isQuick }) => !isQuick),
      'no figure is of smoke size',
    );
  });
});

describe('a plot', () => {
  it('is an SVG with its title, axes and series, and a mark for every point', () => {
    const points = [
      [1, 0.5],
      [10, 0.75],
      [100, 0.875],
    ] as const;
    const svg = plotSvg({
      name: 'p',
      title: 'A & B',
      x: 'bytes',
      y: 'recall',
      isLogarithmic: true,
      series: [{ name: 'one', points }],
    });
    assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    for (const text of ['A &amp; B', '>bytes<', '>recall<', '>one<']) assert.ok(svg.includes(text), text);
    const [line] = /<path d="M[^"]*" fill="none"[^>]* stroke="#0072b2"[^>]*>/.exec(svg) ?? [];
    assert.equal(line?.match(/[ML]/g)?.length, points.length, 'the line goes through all points');
  });
});

function results(args: readonly string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'test/results/main.ts', ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stderr };
}

function recordsOf(folder: string): PartRecord[] {
  const names = readdirSync(join(folder, recordFolder)).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => JSON.parse(readFileSync(join(folder, recordFolder, name), 'utf8')) as PartRecord);
}
