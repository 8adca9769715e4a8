/** What an encoder node can be told; every value has a default but its identity and its model. */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { limits } from '../base/limits.js';

/** Sessions share the cores: two of them overlap what each leaves idle between operators, more only cost memory. */
const sessionsMax = 2;

export const encoderNodeConfigSchema = z
  .strictObject({
    /** Name in the registry; the same after a restart. */
    id: z.string().min(1),
    host: z.string().default('127.0.0.1'),
    /** 0 = a free port. */
    port: z.int().min(0).max(65_535).default(0),
    /** Folder of the model, with its manifest.json. */
    modelDirectory: z.string().min(1),
    /** What the graph runs on. One that cannot be had is an error, never another one in silence. */
    executionProvider: z.enum(['cpu', 'webgpu', 'cuda']).default('cpu'),
    /** Inference sessions, each in a thread and with the model's weights in memory. */
    workers: z.int().min(1).max(64).optional(),
    /** Threads of one operator. */
    intraOpThreads: z.int().min(1).max(256).optional(),
    /** Texts that may wait. */
    queueLimit: z.int().min(1).default(limits.encoderQueueMax),
  })
  .transform((config) => {
    const workers =
      config.workers ?? (config.executionProvider === 'cpu' ? Math.min(sessionsMax, availableParallelism()) : 1);
    const intraOpThreads = config.intraOpThreads ?? Math.max(1, Math.floor(availableParallelism() / workers));
    return { ...config, workers, intraOpThreads };
  });

export type EncoderNodeConfig = z.infer<typeof encoderNodeConfigSchema>;
export type EncoderNodeConfigInput = z.input<typeof encoderNodeConfigSchema>;
