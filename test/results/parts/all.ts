/** The parts of the results, in the order of the document and of a run. */
import type { Part } from '../findings.js';
import { bytes } from './bytes.js';
import { cluster } from './cluster.js';
import { distill } from './distill.js';
import { fusion, heads } from './heads.js';
import { jpq } from './jpq.js';
import { manifest } from './manifest.js';
import { tokens } from './tokens.js';

export const parts: readonly Part[] = [manifest, distill, bytes, jpq, cluster, tokens, fusion, heads];
