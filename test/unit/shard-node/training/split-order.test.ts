import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { BeginTrainingRequest } from '../../../../proto/generated/shoal/v1/training.js';
import { splitOrderFor, type SplitOrderParts } from '../../../../shard-node/training/split-order.js';
import { memoryObjects, storeVersion, structure } from './small-structures.js';

const probes = [{ nprobe: 1, recall: 0.9 }];
const request = BeginTrainingRequest.fromPartial({
  ...{ uid: 'u', method: 'split', structureVersion: 4, codebookVersion: 4, nprobe: 1, probes },
});

function parts(sizes: Uint32Array | null, version = 4): SplitOrderParts {
  const index: SplitOrderParts['index'] = {
    structureState: { version, olderRows: 0 },
    listSizes: async () => sizes,
    sampleLists: async (lists) => Array.from(lists, (list) => Float32Array.of(list, 1)),
  };
  const limits = { splitLimits: { means: 2, least: 10 }, signal: new AbortController().signal };
  return { dim: 2, index, objects: memoryObjects(), random: seededRandom(1), ...limits };
}

describe('the order for a split', () => {
  it('names the lists that are too long, longest first, with some of their vectors, and what serves', async () => {
    const given = parts(Uint32Array.of(30, 2, 1, 2, 45));
    await storeVersion(given.objects, 'u', 4);
    const order = await splitOrderFor(request, { ...given, splitLimits: { means: 1.5, least: 10 } });
    assert.deepEqual(
      order.lists.map(({ list, size, vectors }) => [list, size, [...vectors]]),
      [
        [4, 45, [4, 1]],
        [0, 30, [0, 1]],
      ],
    );
    assert.equal(order.partSize, 16);
    assert.deepEqual([order.version, order.nprobe, order.probes, order.shortProbes], [4, 1, probes, []]);
    assert.deepEqual(order.codebook, await given.objects.get('codebooks/u/4'));
    assert.deepEqual(order.structure, await given.objects.get('structures/u/4'));
  });

  it('is refused where no list is too long', async () => {
    const refused = {
      code: 'INVALID_ARGUMENT',
      message: /no list has more than 12 of the 12 vectors: none is split; split again once/,
    };
    await assert.rejects(splitOrderFor(request, parts(Uint32Array.of(11, 1))), refused);
    const small = { code: 'INVALID_ARGUMENT', message: /more than 10/ };
    await assert.rejects(splitOrderFor(request, parts(Uint32Array.of(9, 0, 0, 0, 0))), small);
  });

  it('is refused where vectors lie in two lists', async () => {
    const given = parts(Uint32Array.of(100, 1, 1));
    await storeVersion(given.objects, 'u', 4, { ...structure, around: Uint32Array.of(1, 0) });
    const refused = { code: 'INVALID_ARGUMENT', message: /two lists each/ };
    await assert.rejects(splitOrderFor(request, given), refused);
  });

  it('waits for rows to lie in the lists of the structure that serves, and for its files', async () => {
    const long = Uint32Array.of(100, 1, 1);
    await assert.rejects(splitOrderFor(request, parts(null)), { code: 'UNAVAILABLE' });
    await assert.rejects(splitOrderFor(request, parts(long, 3)), { code: 'UNAVAILABLE', message: /structure 4/ });
    await assert.rejects(splitOrderFor(request, parts(long)), { code: 'UNAVAILABLE', message: /structures\/u\/4/ });
  });
});
