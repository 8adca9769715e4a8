/** Log lines are one JSON object each, on standard error. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { ShoalError } from '../../../base/errors.js';
import { createLogger, errorFields } from '../../../base/logger.js';

describe('a logger', () => {
  it('writes JSON to standard error with its name and fields, and nothing to standard output', () => {
    const program = `
      import { createLogger } from './base/logger.ts';
      createLogger('shard-node', 'info').child({ shard: 7 }).info({ documents: 3 }, 'sealed a segment');`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      {
        encoding: 'utf8',
      },
    );
    assert.equal(stdout, '');
    const { name, shard, documents, msg } = JSON.parse(stderr) as Record<string, unknown>;
    assert.deepEqual(
      { name, shard, documents, msg },
      { name: 'shard-node', shard: 7, documents: 3, msg: 'sealed a segment' },
    );
  });

  it('keeps quiet below its level', () => {
    assert.equal(createLogger('x', 'warn').isLevelEnabled('info'), false);
    assert.equal(createLogger('x', 'silent').isLevelEnabled('error'), false);
  });

  it('gives a stack of defects and lost data only', () => {
    const away = new ShoalError('UNAVAILABLE', 'nobody is there; try again', { cause: new Error('ECONNREFUSED') });
    assert.deepEqual(errorFields(away), { code: 'UNAVAILABLE', message: 'nobody is there; try again' });
    assert.deepEqual(errorFields(new DOMException('given up', 'AbortError')), {
      code: 'CANCELLED',
      message: 'given up',
    });
    for (const defect of [new ShoalError('INTERNAL', 'x'), new ShoalError('DATA_LOSS', 'x'), new TypeError('x'), 'x']) {
      assert.match((errorFields(defect) as { stack: string }).stack, /logger\.test\.ts/);
    }
  });
});
