import assert from 'node:assert/strict';
import { shardStream } from '../../../../cluster/rpc/shard-stream.js';

describe('the stream to a shard node', () => {
  it('gives a call up by its number, on the same stream', () => {
    const sent = shardStream.method.requestDeserialize(shardStream.method.requestSerialize(shardStream.cancel(7n)));
    assert.equal(sent.seq, 7n);
    assert.notEqual(sent.cancel, undefined);
  });
});
