/** Runs a graph on single sequences and gives any of its outputs: for measuring a model while it is built, not for serving. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { assert, present } from '../../base/assert.js';

export class ProbeSession {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  /** Opens the graph in `bytes`, which has the inputs input_ids and attention_mask. */
  static async open(bytes: Uint8Array): Promise<ProbeSession> {
    return new ProbeSession(await InferenceSession.create(bytes, { executionProviders: ['cpu'] }));
  }

  /** The float32 outputs `names` of the sequence `ids`, flat. */
  async run(ids: Int32Array, names: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    const shape = [1, ids.length];
    const feeds = {
      input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), shape),
      attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
    };
    const results = await this.#session.run(feeds, [...names]);
    return new Map(names.map((name) => [name, floatsOf(present(results[name], `output ${name}`))]));
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

function floatsOf(tensor: Tensor): Float32Array {
  assert(tensor.data instanceof Float32Array, 'the output is float32');
  return tensor.data;
}
