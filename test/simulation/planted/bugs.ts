/** Bugs that a product like this could have, one replacement each, with the seeds within which each must be found. */
import type { PlantedBug } from './plant.js';

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'the log acknowledges before its fsync',
    file: 'test/simulation/sim/log-stream.ts',
    find: '      this.#pending.push({ subject, record, resolve, reject });',
    replace: `      this.#pending.push({ subject, record, resolve, reject });
      resolve(this.lastSequence + BigInt(this.#pending.length));`,
    seeds: 20,
  },
  {
    name: 'a small file is named before it is synced',
    file: 'vector-index/durable-file.ts',
    find: '    await file.sync();',
    replace: '',
    seeds: 20,
  },
  {
    name: 'a segment is named before it is synced',
    file: 'vector-index/segment/segment-file-writer.ts',
    find: '    await this.#file.sync();',
    replace: '',
    seeds: 20,
  },
  {
    name: 'the names of files are not synced',
    file: 'vector-index/durable-file.ts',
    find: '  await files.syncDirectory(dirname(path));',
    replace: '',
    seeds: 20,
  },
  {
    name: 'what directories supersede is not said',
    file: 'shard-node/directory/partition.ts',
    find: '  for (const code of known.places) if (!heard.includes(code)) draft.superseded.push({ code, id, docId });',
    replace: '',
    seeds: 10,
  },
  {
    name: 'a partition commits before what it caused is in the log',
    file: 'shard-node/directory/partition-state.ts',
    find: 'this.#unsettled[this.#done]!.open === 0) {',
    replace: 'true) {',
    seeds: 100,
  },
  {
    name: 'a refused condition is accepted',
    file: 'shard-node/directory/partition.ts',
    find: '    wanted === condition.none || (wanted === condition.absent ? isAbsent : !isAbsent && known.docId === wanted);',
    replace: '    true || (wanted === condition.absent ? isAbsent : known?.docId === wanted);',
    seeds: 5,
  },
  {
    name: 'write ids are forgotten',
    file: 'shard-node/directory/verdict-table.ts',
    find: '    return first === undefined || this.#isOld(first) ? null : first;',
    replace: '    return null;',
    seeds: 10,
  },
  {
    name: 'an older version replaces a newer one',
    file: 'vector-index/apply-change.ts',
    find: '  for (const segment of states) killOlder(segment, key, docId);\n  state.mutable',
    replace: '  state.mutable',
    seeds: 5,
  },
  {
    name: 'a replica calls itself ready before it has replayed',
    file: 'shard-node/replica.ts',
    find: "    if (this.#phase !== 'loading' || !this.#covers(this.#readyAt)) return;",
    replace: "    if (this.#phase !== 'loading') return;",
    seeds: 120,
  },
  {
    name: 'required positions are not waited for',
    file: 'shard-node/replica.ts',
    find: '      if (this.#covers(marks)) return true;',
    replace: '      return true;',
    seeds: 40,
  },
  {
    name: 'the log is purged above the floor',
    file: 'coordinator/placement/truncation.ts',
    find: '    await log.purge(streamOf(uid), subject, reached);',
    replace: '    await log.purge(streamOf(uid), subject, reached + 20n);',
    seeds: 20,
  },
  {
    name: 'a manifest covers more than was sealed',
    file: 'vector-index/maintenance/maintainer.ts',
    find: 'applied: Object.fromEntries(marks)',
    replace: 'applied: Object.fromEntries(state.applied)',
    seeds: 100,
  },
  {
    name: 'records with docIds from elsewhere are always valid',
    file: 'shard-node/directory/partition.ts',
    find: '    } else if (isAs) {',
    replace: '    } else if (isAs && known !== null) {',
    seeds: 60,
  },
  {
    name: 'a batch that fails is left out of an import without a word',
    file: 'coordinator/ingest/import.ts',
    find: `    // Also of a batch that ended while the next one was waited for.
    this.#failure.signal.throwIfAborted();
`,
    replace: '',
    seeds: 20,
  },
];
