/** Products of matrices by the runtime that runs the encoder: two graphs of one node each. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { assert, present } from '../../../base/assert.js';
import { dataTypes, GraphBuilder } from '../../../models/build/graph-builder.js';
import type { Products } from '../../../trainer/heads/products.js';

/** Products on `threads` threads. */
export async function openProducts(threads: number): Promise<Products> {
  const plain = await openGraph(false, threads);
  const transposed = await openGraph(true, threads);
  return {
    times: (a, b, inner) =>
      run(
        plain,
        new Tensor('float32', a, [a.length / inner, inner]),
        new Tensor('float32', b, [inner, b.length / inner]),
      ),
    transposedTimes: (a, b, rows) =>
      run(
        transposed,
        new Tensor('float32', a, [rows, a.length / rows]),
        new Tensor('float32', b, [rows, b.length / rows]),
      ),
  };
}

async function openGraph(isTransposed: boolean, threads: number): Promise<InferenceSession> {
  const builder = new GraphBuilder();
  builder.input('a', dataTypes.float, ['n', 'k']);
  builder.input('b', dataTypes.float, isTransposed ? ['n', 'm'] : ['k', 'm']);
  builder.node('Gemm', 'product', ['a', 'b'], { transA: isTransposed ? 1 : 0 });
  builder.output('product', dataTypes.float, [isTransposed ? 'k' : 'n', 'm']);
  return InferenceSession.create(builder.finish('product', { '': 17 }), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableMemPattern: false,
  });
}

async function run(session: InferenceSession, a: Tensor, b: Tensor): Promise<Float32Array> {
  const { data } = present((await session.run({ a, b }))['product'], 'the product');
  assert(data instanceof Float32Array, 'the product is float32');
  return data;
}
