/** How much of the collection an answer saw: what was asked for, and what of it is missing and why. Never more than is true. */
import type { Coverage } from '../../proto/generated/shoal/v1/search.js';
import { listsOf, type Scattered } from './scatter.js';

/** The coverage of a search that lost the shards of `lost` (shard → why) after its scan. */
export function coverageOf(scans: Scattered, lost: ReadonlyMap<number, string>): Coverage {
  const { plan } = scans;
  const missing = new Map([...scans.missing, ...lost]);
  const listsMissing = [...new Set([...scans.listsMissing, ...listsOf(plan, lost)])].sort((a, b) => a - b);
  return {
    full: missing.size === 0,
    listsProbed: plan.lists.length - listsMissing.length,
    listsTotal: plan.listsTotal,
    shardsContacted: plan.shards.filter(({ dense }) => dense).length,
    sparseShardsContacted: plan.shards.filter(({ sparse }) => sparse).length,
    shardsTotal: plan.shardsTotal,
    listsMissing,
    shardsMissing: [...missing.keys()].sort((a, b) => a - b),
    behind: scans.answers.some(({ behind }) => behind),
    reasons: [...missing.values()],
  };
}
