/** The peers that were asked for: those that are installed, and why others are not. */
import { UsageError } from '../../text.js';
import type { AnnSystem } from './ann-system.js';
import type { AnnDataset } from './dataset.js';
import { installPeers } from './peer-process.js';
import { PeerSystem } from './peer-system.js';
import { peerNames, type PeerName, type PeerVariant } from './peer-variants.js';

export interface Peers {
  readonly systems: readonly AnnSystem[];
  /** Name and reason. */
  readonly absent: ReadonlyMap<string, string>;
  /** Of those that are installed. */
  readonly versions: ReadonlyMap<string, string>;
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

/** Installs the peers that are asked for, as systems over `dataset`. UsageError for an unknown name. */
export function openPeers(dataset: AnnDataset, options: PeersOptions): Peers {
  const { names, variants, cache, threads, progress } = options;
  const wanted = namesOf(names);
  const queries = dataset.querySets[0]?.path ?? null;
  if (wanted.length === 0 || dataset.path === null || queries === null)
    return { systems: [], absent: new Map(), versions: new Map() };
  const { python, absent, versions } = installPeers(wanted);
  for (const [name, why] of absent) progress(`${name} is absent: ${why}`);
  const files = { base: dataset.path, queries, cache, threads };
  const present = wanted.filter((name) => !absent.has(name));
  const systems = present.flatMap((name) =>
    variants(name).map((variant) => new PeerSystem({ python, name, files }, variant)),
  );
  return { systems, absent, versions };
}

function namesOf(text: string): PeerName[] {
  const names = text.split(',').filter((name) => name !== '');
  return names.map((name) => {
    const known = peerNames.find((each) => each === name);
    if (known === undefined) throw new UsageError(`no peer is named ${name}; there are: ${peerNames.join(', ')}`);
    return known;
  });
}
