import assert from 'node:assert/strict';
import onnxProto from 'onnx-proto';
import { dataTypes, GraphBuilder } from '../../../../models/build/graph-builder.js';

const { ModelProto } = onnxProto.onnx;

function sample(): GraphBuilder {
  const graph = new GraphBuilder();
  graph.input('x', dataTypes.float, ['batch', 4]);
  graph.node('Add', 'y', ['x', graph.floats('c', [4], Float32Array.of(1, 2, 3, 4))]);
  graph.nodes('Split', 's', {
    inputs: ['y', graph.integers('sizes', [2, 2])],
    outputs: ['a', 'b'],
    attributes: { axis: -1 },
  });
  graph.node('Selu', 'z', ['a'], { alpha: { float: 0.5 }, axes: [1, 2] });
  graph.bytes('big', [4096], new Uint8Array(4096).fill(7));
  graph.output('z', dataTypes.float, ['batch', 2]);
  return graph;
}

describe('the builder of graphs', () => {
  it('writes nodes, constants, inputs and outputs', () => {
    const model = ModelProto.decode(sample().finish('g', { '': 17 }));
    assert.deepEqual(
      model.graph?.node?.map(({ opType, output }) => [opType, output]),
      [
        ['Add', ['y']],
        ['Split', ['a', 'b']],
        ['Selu', ['z']],
      ],
    );
    assert.deepEqual(
      model.graph.initializer?.map(({ name }) => name),
      ['c', 'sizes', 'big'],
    );
    assert.deepEqual([model.graph.input?.[0]?.name, model.graph.output?.[0]?.name], ['x', 'z']);
    assert.equal(Number(model.opsetImport[0]?.version), 17);
  });

  it('writes every kind of attribute', () => {
    const model = ModelProto.decode(sample().finish('g', { '': 17 }));
    const [alpha, axes] = model.graph?.node?.[2]?.attribute ?? [];
    assert.equal(alpha?.f, 0.5);
    assert.deepEqual(axes?.ints?.map(Number), [1, 2]);
    assert.equal(Number(model.graph?.node?.[1]?.attribute?.[0]?.i), -1);
  });

  it('puts large constants into a file of their own, aligned', () => {
    const { graph, data } = sample().finishWithData('g', { '': 17 }, 'weights');
    const big = ModelProto.decode(graph).graph?.initializer?.find(({ name }) => name === 'big');
    const where = Object.fromEntries((big?.externalData ?? []).map(({ key, value }) => [key, value]));
    assert.deepEqual(where, { location: 'weights', offset: '0', length: '4096' });
    assert.equal(big?.rawData?.length ?? 0, 0);
    assert.deepEqual([data.length, data[0]], [4096, 7]);
    assert.ok(graph.length < 1024);
  });
});
