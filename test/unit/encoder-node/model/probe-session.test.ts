import assert from 'node:assert/strict';
import { ProbeSession } from '../../../../encoder-node/model/probe-session.js';
import { buildGraph } from '../../../../models/build/graph.js';
import { tinyDim, tinyRanges, tinyWeights } from '../tiny-model.js';

describe('a probe of a graph', () => {
  it('gives the outputs asked for', async () => {
    const session = await ProbeSession.open(buildGraph(tinyWeights(), tinyRanges));
    const outputs = await session.run(Int32Array.of(2, 10, 3), ['multi']);
    await session.close();
    assert.deepEqual([...outputs.keys()], ['multi']);
    assert.equal(outputs.get('multi')?.length, 3 * tinyDim);
  });
});
