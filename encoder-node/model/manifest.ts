/**
 * What a model's folder says of itself in `manifest.json`: one schema for every family that Shoal can serve.
 *
 * The manifest names the graph's inputs and outputs, how texts become sequences, which rows are token vectors, and the digest of every
 * file. It is read once at start; unknown keys are refused, so that a setting of a newer Shoal is never silently ignored.
 */
import { z } from 'zod';
import { ShoalError } from '../../base/errors.js';

/** The manifest format that this version writes; it reads no newer one. */
export const manifestFormat = 2;

const digestSchema = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits');

const fileSchema = z.strictObject({
  bytes: z.int().positive(),
  sha256: digestSchema,
});

const denseSchema = z.strictObject({
  /** Name of the graph's output. */
  name: z.string().min(1),
  /** none = [batch, dim] already; cls and mean = taken from [batch, sequence, dim]. */
  pool: z.enum(['none', 'cls', 'mean']),
  normalized: z.boolean(),
  dim: z.int().positive(),
});

const multiSchema = z.strictObject({
  name: z.string().min(1),
  /** Token index of the output's row 0: 1 where the graph cut the first token off. */
  row0Token: z.int().min(0),
  normalized: z.boolean(),
  dim: z.int().positive(),
});

const sparseSchema = z.strictObject({
  name: z.string().min(1),
  /** The graph has applied ReLU. */
  isRectified: z.boolean(),
  /** Token ids that carry no weight. */
  dropIds: z.array(z.int().min(0)),
});

const sparseHeadSchema = z.strictObject({
  file: z.string().min(1),
  /** What it learned from. */
  training: z.strictObject({ text: z.string().min(1), passages: z.int().positive(), seed: z.int().min(0) }),
  /** nDCG@10 of BM25 and of the head on judged collections, none of whose test questions it was trained or chosen on. */
  quality: z.record(z.string(), z.strictObject({ bm25: z.number(), head: z.number() })),
});

const querySchema = z.strictObject({
  /** Tokens of a sequence, special tokens and prefix included. */
  maxLength: z.int().min(3).max(32_768),
  prefix: z.string(),
  /** Where token vectors come from: the rows behind the prefix, or a second sequence without it. */
  tokens: z.enum(['after-prefix', 'without-prefix']),
  /** First token (after any prefix) that has a token vector: 1 leaves out the start token. */
  firstToken: z.int().min(0),
  /** Token inserted behind the start token. */
  markerId: z.int().min(0).nullable(),
  /** Sequences are filled with `expandId` to this many tokens; 0 = not. */
  expandTo: z.int().min(0),
  expandId: z.int().min(0).nullable(),
  attendExpansion: z.boolean(),
  /** The added tokens' vectors count. */
  keepExpansion: z.boolean(),
});

const documentSchema = z.strictObject({
  maxLength: z.int().min(3).max(32_768),
  prefix: z.string(),
  firstToken: z.int().min(0),
  markerId: z.int().min(0).nullable(),
  /** after = punctuation is encoded, its vectors are dropped. */
  skiplist: z.enum(['none', 'after']),
});

const manifestSchema = z
  .strictObject({
    format: z.int().positive(),
    name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'must be a name such as shoal-base-en'),
    family: z.enum(['bge', 'bge-m3', 'colbert']),
    description: z.string(),
    licence: z.string(),
    /** The graph; its outputs are named below. */
    model: z.string().min(1),
    tokenizer: z.strictObject({ file: z.string().min(1), padId: z.int().min(0) }),
    inputs: z.strictObject({ ids: z.string().min(1), mask: z.string().min(1), typeIds: z.string().nullable() }),
    outputs: z.strictObject({
      dense: denseSchema,
      sparse: sparseSchema.nullable(),
      multi: multiSchema.nullable(),
    }),
    /** How MaxSim is reduced over query tokens. */
    reduction: z.enum(['mean', 'sum']),
    query: querySchema,
    document: documentSchema,
    tokenCodec: z.strictObject({ file: z.string().min(1), version: z.string().min(1) }).nullable(),
    /** Weights of words (vector-index/codebook/sparse-head.ts), from format 2 on; null = BM25's alone. */
    sparseHead: sparseHeadSchema.nullable().default(null),
    /** Digests of the manifests of models that answer as this one does without its sparse head: it serves their collections, too. */
    succeeds: z.array(digestSchema).default([]),
    /** Every file that the manifest names, by its name in the folder. */
    files: z.record(z.string().regex(/^[^/\\]+$/, 'must be a name without a path'), fileSchema),
  })
  .refine(({ outputs, tokenCodec }) => tokenCodec === null || outputs.multi !== null, {
    message: 'a token codec needs outputs.multi',
    path: ['tokenCodec'],
  })
  .refine(({ outputs, sparseHead }) => sparseHead === null || outputs.multi !== null, {
    message: 'a sparse head needs outputs.multi',
    path: ['sparseHead'],
  })
  .refine(
    ({ model, tokenizer, tokenCodec, sparseHead, files }) =>
      [model, tokenizer.file, tokenCodec?.file, sparseHead?.file].every((file) => file === undefined || file in files),
    {
      message: 'must list the model, the tokenizer, the token codec and the sparse head',
      path: ['files'],
    },
  );

export type ModelManifest = z.infer<typeof manifestSchema>;

/** The manifest in `text`; `where` names its file. FAILED_PRECONDITION when it is newer, INVALID_ARGUMENT when it is malformed. */
export function parseManifest(text: string, where: string): ModelManifest {
  const raw = parseJson(text, where);
  const format = z.looseObject({ format: z.int() }).safeParse(raw).data?.format ?? manifestFormat;
  if (format > manifestFormat) {
    const message = `${where} has format ${format}, this version reads up to ${manifestFormat}; use a newer Shoal`;
    throw new ShoalError('FAILED_PRECONDITION', message);
  }
  const parsed = manifestSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'manifest'}: ${message}`);
  throw new ShoalError('INVALID_ARGUMENT', `${where} is no valid model manifest: ${problems.join('; ')}`);
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ShoalError('INVALID_ARGUMENT', `${where} is no JSON: ${String(cause)}`, { cause });
  }
}
