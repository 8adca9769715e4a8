/** Which encoder node is asked: one with the collection's very model, the least busy of them. */
import assert from 'node:assert/strict';
import { Encoders } from '../../../coordinator/encoders.js';
import { EncodeResponse, GetEncoderInfoResponse, TokenizeResponse } from '../../../proto/generated/shoal/v1/encoder.js';
import { deadlineOf, encoderNode, mapOf, peersOf, settings, shardNode, viewOf } from './fixtures.js';
import type { Node } from '../../../proto/generated/shoal/v1/cluster.js';

const order = { inputType: 1, texts: [], dense: true, sparse: false, multi: false };

function rig(
  nodes: readonly Node[],
  loads: Readonly<Record<string, number>> = {},
): { encoders: Encoders; asked: string[] } {
  const asked: string[] = [];
  const peers = peersOf({
    encoderLoadOf: (address) => loads[address] ?? 0,
    encode: async (address, { model }) => (asked.push(`encode ${model} at ${address}`), EncodeResponse.fromPartial({})),
    tokenize: async (address) => (asked.push(`tokenize at ${address}`), TokenizeResponse.fromPartial({})),
    encoderInfo: async (address) => (
      asked.push(`info at ${address}`),
      GetEncoderInfoResponse.fromPartial({ model: address })
    ),
  });
  return { encoders: new Encoders(viewOf(mapOf({ nodes })), peers), asked };
}

describe('the encoders', () => {
  it('take the least busy node that has the collection’s model', async () => {
    const nodes = [
      encoderNode('a'),
      encoderNode('b'),
      encoderNode('c', { modelDigest: 'other' }),
      encoderNode('d', { model: 'x' }),
      shardNode('s'),
    ];
    const { encoders, asked } = rig(nodes, { 'a:1': 3, 'b:1': 2, 'c:1': 0, 'd:1': 0, 's:1': 0 });
    await encoders.encode(settings(), order, deadlineOf());
    await encoders.tokenize(settings(), { inputType: 1, texts: [] }, deadlineOf());
    assert.deepEqual(asked, ['encode toy at b:1', 'tokenize at b:1']);
  });

  it('take a node whose model succeeds the collection’s, and say which of them is asked for', async () => {
    const digests: string[] = [];
    const peers = peersOf({
      encode: async (_, { modelDigest }) => (digests.push(modelDigest), EncodeResponse.fromPartial({})),
    });
    const nodes = [encoderNode('a', { modelDigest: 'later', earlierDigests: ['first', 'd'] })];
    const encoders = new Encoders(viewOf(mapOf({ nodes })), peers);
    await encoders.encode(settings(), order, deadlineOf());
    await encoders.encode(settings({ modelDigest: 'later' }), order, deadlineOf());
    assert.deepEqual(digests, ['d', 'later']);
    assert.throws(() => void encoders.encode(settings({ modelDigest: 'x' }), order, deadlineOf()), {
      code: 'UNAVAILABLE',
    });
  });

  it('say UNAVAILABLE when no node has the model', () => {
    const { encoders } = rig([encoderNode('c', { model: 'other' })]);
    assert.throws(() => void encoders.encode(settings(), order, deadlineOf()), {
      code: 'UNAVAILABLE',
      message: "no encoder node serves the model 'toy' of this collection; start one with its files",
    });
  });

  it('say so when nodes have the model with other files than the collection was made with', () => {
    const { encoders } = rig([encoderNode('c', { modelDigest: 'other' })]);
    assert.throws(() => void encoders.encode(settings(), order, deadlineOf()), {
      code: 'UNAVAILABLE',
      message:
        /'toy' of this collection with the files that it was made with \(.+\); start one with these files, or export/,
    });
  });

  it('ask once for what a model is', async () => {
    const { encoders, asked } = rig([encoderNode('a'), encoderNode('b')]);
    await encoders.infoOf(settings(), deadlineOf());
    await encoders.infoOfModel('toy', deadlineOf());
    await encoders.infoOfModel('', deadlineOf());
    assert.deepEqual(asked, ['info at a:1']);
  });

  it('name the models at hand when another one is wanted', async () => {
    const { encoders } = rig([encoderNode('a'), encoderNode('b', { model: 'x' }), encoderNode('c')]);
    await assert.rejects(encoders.infoOfModel('y', deadlineOf()), {
      code: 'NOT_FOUND',
      message: "no encoder node has the model 'y'; models at hand: toy, x",
    });
  });

  it('say what to do when there is no encoder node at all', async () => {
    await assert.rejects(rig([]).encoders.infoOfModel('', deadlineOf()), {
      code: 'UNAVAILABLE',
      message: 'no encoder node is up; start one, or create the collection with model "none"',
    });
  });
});
