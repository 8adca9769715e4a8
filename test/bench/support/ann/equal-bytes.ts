/** Who finds more with as many bytes: at every size that any codec has, the best of each side that is no larger. */

export interface SizedRecall {
  readonly name: string;
  readonly bytes: number;
  readonly recall: number;
}

export interface AtEqualBytes {
  readonly bytes: number;
  readonly ours: string;
  readonly recall: number;
  readonly peer: string;
  readonly peerRecall: number;
  readonly higher: boolean;
}

/** Ascending by bytes, from the smallest of `ours` to `largest`; a size at which neither best changes is left out, and so is one below every peer's. */
export function atEqualBytes(
  ours: readonly SizedRecall[],
  peers: readonly SizedRecall[],
  largest: number,
): AtEqualBytes[] {
  const smallest = Math.min(...ours.map(({ bytes }) => bytes));
  const sizes = [...new Set([...ours, ...peers].map(({ bytes }) => bytes))].filter((bytes) => bytes <= largest);
  const rows: AtEqualBytes[] = [];
  for (const bytes of sizes.filter((size) => size >= smallest).sort((a, b) => a - b)) {
    const [own, peer] = [bestWithin(ours, bytes), bestWithin(peers, bytes)];
    const last = rows.at(-1);
    if (own === null || peer === null || (last?.ours === own.name && last.peer === peer.name)) continue;
    rows.push({
      ...{ bytes, ours: own.name, recall: own.recall, peer: peer.name, peerRecall: peer.recall },
      higher: own.recall > peer.recall,
    });
  }
  return rows;
}

function bestWithin(sized: readonly SizedRecall[], bytes: number): SizedRecall | null {
  return sized
    .filter((one) => one.bytes <= bytes)
    .reduce<SizedRecall | null>((best, one) => (best === null || one.recall > best.recall ? one : best), null);
}
