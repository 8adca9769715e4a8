/**
 * Which of many lists does a query read first? All are compared by codes of their centroids, a thirtieth of the floats, and the
 * best of these by their floats. The answer is the same on every machine.
 */
import { coarseTable, openSearcher, type ListSearcher, type SearchScratch } from '../../kernels/list-search.js';

/** So many lists are compared by their floats at once: those fit the cache. */
const floatsMax = 512;
/** Of more, so many beside those wanted, and this share of them: what codes take for worse than it is. */
const spare = 96;
const spareShare = 1 / 4;

export class ListRouter {
  readonly #lists: number;
  readonly #searcher: ListSearcher;
  readonly #scratch: SearchScratch;

  /** Keeps `rows` float32[lists, dim], which must not change. */
  constructor(rows: Float32Array, dim: number) {
    this.#lists = rows.length / dim;
    this.#searcher = openSearcher({
      ...{ codebook: null, dim, lists: this.#lists, bases: null },
      ...{ coarse: coarseTable(rows, dim), columns: [] },
    });
    this.#scratch = this.#searcher.scratch({ queries: 1, nprobe: this.#lists, wanted: 1, k: 1 });
  }

  /**
   * uint32[min(n, lists)]: those with the largest products with `query` float32[dim], largest first, ties to the smaller list. Of more than 512
   * lists some of the last may be left out for others that are hardly farther.
   */
  nearest(query: Float32Array, n: number): Uint32Array {
    const nprobe = Math.min(n, this.#lists);
    if (nprobe === 0) return new Uint32Array(0);
    const wanted = this.#lists <= floatsMax ? this.#lists : nprobe + Math.max(spare, Math.ceil(nprobe * spareShare));
    this.#scratch.queries.set(query);
    this.#searcher.search(this.#scratch, {
      ...{ queries: 1, nprobe, candidates: Math.min(wanted, this.#lists), hasBiases: false },
      ...{ wanted: 1, refined: 1, k: 1, threshold: -Infinity, last: 'coarse' },
    });
    return this.#scratch.probes.slice(0, this.#scratch.found[0]);
  }
}
