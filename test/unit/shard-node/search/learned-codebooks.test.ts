import assert from 'node:assert/strict';
import { createLogger } from '../../../../base/logger.js';
import { parametersObject } from '../../../../cluster/keys.js';
import { LearnedCodebooks } from '../../../../shard-node/search/learned-codebooks.js';
import { writeLearnedParametersFile } from '../../../../vector-index/codebook/learned-parameters.js';
import { FakeClock } from '../../../fake-clock.js';

const shape = { structureVersion: 1, dim: 4, lists: 2, subquantizers: 1, dsub: 4 };

function rig() {
  const stored = new Map<string, Uint8Array>();
  const asked: string[] = [];
  const put = (version: number): void => {
    const scanWords = new Float32Array(64).fill(version);
    stored.set(parametersObject('u', version), writeLearnedParametersFile({ ...shape, scanWords }));
  };
  const get = async (name: string): Promise<Uint8Array | null> => {
    asked.push(name);
    return stored.get(name) ?? null;
  };
  const clock = new FakeClock();
  const learned = new LearnedCodebooks({ objects: { get }, clock, logger: createLogger('test', 'silent') });
  const wordOf = async (version: number) => (await learned.of('u', version))?.scanWords[0];
  return { stored, asked, put, clock, learned, wordOf };
}

describe('learned parameters at a shard node', () => {
  it('are read once each, the last two of a collection kept', async () => {
    const { put, asked, wordOf, learned } = rig();
    for (const version of [3, 4, 5]) put(version);
    assert.equal(await learned.of('u', 0), null);
    assert.deepEqual([await wordOf(3), await wordOf(4), await wordOf(3), await wordOf(4)], [3, 4, 3, 4]);
    assert.equal(asked.length, 2);
    assert.deepEqual([await wordOf(5), await wordOf(4), await wordOf(3)], [5, 4, 3]);
    assert.equal(asked.length, 4);
    learned.forget('u');
    assert.equal(await wordOf(3), 3);
    assert.equal(asked.length, 5);
  });

  it('are done without where they cannot be read, and asked for again later', async () => {
    const { put, stored, asked, clock, wordOf } = rig();
    stored.set(parametersObject('u', 3), Buffer.from('no such file'));
    assert.deepEqual([await wordOf(3), await wordOf(4), await wordOf(4)], [undefined, undefined, undefined]);
    assert.equal(asked.length, 2);
    put(4);
    await clock.advance(5_000);
    assert.equal(await wordOf(4), 4);
    assert.equal(asked.length, 3);
  });
});
