/** The options of a benchmark and the table that it prints. */
import assert from 'node:assert/strict';
import type { Benchmark } from './benchmark.js';
import { listText, optionsOf, renderTable, UsageError } from './text.js';

const benchmark: Benchmark = {
  name: 'scan',
  summary: 'how fast lists are scanned',
  options: [{ flag: '--rows N', describe: 'rows in the list', default: '1000' }],
  run: () => Promise.resolve({ rows: [], hash: '00000000' }),
};

describe('the options of a benchmark', () => {
  it('have their defaults', () => {
    assert.deepEqual(optionsOf(benchmark, []), { json: false, smoke: false, options: { rows: '1000' } });
  });

  it('take a value after a space or an equals sign', () => {
    assert.equal(optionsOf(benchmark, ['--rows', '5', '--json']).options['rows'], '5');
    assert.equal(optionsOf(benchmark, ['--smoke', '--rows=7']).options['rows'], '7');
  });

  it('are refused when unknown or without a value', () => {
    assert.throws(() => optionsOf(benchmark, ['--columns', '5']), UsageError);
    assert.throws(() => optionsOf(benchmark, ['rows']), UsageError);
    assert.throws(() => optionsOf(benchmark, ['--rows']), /--rows needs a value/);
  });

  it('are listed with what they mean', () =>
    assert.match(listText([benchmark]), /--rows N +rows in the list \(1000\)/));
});

describe('the table', () => {
  it('has a column per key, numbers to the right, and a dash for what is absent', () => {
    const text = renderTable([
      { system: 'shoal', qps: 1234.567 },
      { system: 'bare loop', qps: 9, note: 'x' },
    ]);
    assert.equal(text, 'system      qps  note\nshoal      1235  -\nbare loop     9  x');
  });
});
