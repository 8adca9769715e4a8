/** The peers that were asked for: those that run, and why others do not. */
import { UsageError } from '../../text.js';
import type { AnnSystem } from './ann-system.js';
import type { AnnDataset } from './dataset.js';
import { installPeers } from './peer-process.js';
import { openPeer, type OpenPeer } from './peer-system.js';
import { peerNames, type PeerName, type PeerVariant } from './peer-variants.js';

export interface Peers {
  readonly systems: readonly AnnSystem[];
  /** Name and reason. */
  readonly absent: ReadonlyMap<string, string>;
  close(): void;
}

export interface PeersOptions {
  /** Comma-separated; empty = none. */
  readonly names: string;
  readonly variants: (name: PeerName) => readonly PeerVariant[];
  /** Folder of built indexes. */
  readonly cache: string;
  readonly threads: number;
  progress(line: string): void;
}

/**
 * Installs and starts the peers over `dataset`. UsageError for an unknown name; a peer that does not start is absent.
 */
export async function openPeers(dataset: AnnDataset, options: PeersOptions): Promise<Peers> {
  const { names, variants, cache, threads, progress } = options;
  const wanted = namesOf(names);
  const queries = dataset.querySets[0]?.path ?? null;
  if (wanted.length === 0 || dataset.path === null || queries === null) return none;
  const { python, absent } = installPeers(wanted);
  const open: OpenPeer[] = [];
  for (const name of wanted.filter((each) => !absent.has(each))) {
    try {
      const peer = await openPeer(python, name, { base: dataset.path, queries, cache, threads }, variants(name));
      progress(`${name}: a single call costs ${peer.callMicros.toFixed(1)} µs`);
      open.push(peer);
    } catch (error) {
      absent.set(name, error instanceof Error ? error.message : String(error));
    }
  }
  for (const [name, why] of absent) progress(`${name} is absent: ${why}`);
  return { systems: open.flatMap(({ systems }) => systems), absent, close: () => open.forEach((peer) => peer.close()) };
}

const none: Peers = { systems: [], absent: new Map(), close: () => undefined };

function namesOf(text: string): PeerName[] {
  const names = text.split(',').filter((name) => name !== '');
  return names.map((name) => {
    const known = peerNames.find((each) => each === name);
    if (known === undefined) throw new UsageError(`no peer is named ${name}; there are: ${peerNames.join(', ')}`);
    return known;
  });
}
