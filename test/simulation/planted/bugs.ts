/** Bugs that a product like this could have, one replacement each; `from` saves seeds that find nothing. */
import type { PlantedBug } from './plant.js';

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'the log acknowledges before its fsync',
    file: 'test/simulation/sim/log-stream.ts',
    find: '      this.#pending.push({ subject, record, resolve, reject });',
    replace: `      this.#pending.push({ subject, record, resolve, reject });
      resolve(this.lastSequence + BigInt(this.#pending.length));`,
  },
  {
    name: 'a small file is named before it is synced',
    file: 'vector-index/durable-file.ts',
    find: '    await file.sync();',
    replace: '',
  },
  {
    name: 'a segment is named before it is synced',
    file: 'vector-index/segment/segment-file-writer.ts',
    find: '    await this.#file.sync();',
    replace: '',
  },
  {
    name: 'the names of files are not synced',
    file: 'vector-index/durable-file.ts',
    find: '  await files.syncDirectory(dirname(path));',
    replace: '',
  },
  {
    name: 'what is copied from another node is not synced',
    file: 'shard-node/transfer/copy-replica.ts',
    find: '      await file.sync();',
    replace: '',
    from: 35,
  },
  {
    name: 'what is left of a copy that a crash broke off counts',
    file: 'shard-node/transfer/copy-replica.ts',
    find: 'if ((await files.list(directory)).includes(markName)) await',
    replace: 'if ((await files.list(directory)).length < 0) await',
  },
  {
    name: 'what a node said of a replica that it had before counts',
    file: 'cluster/shard-map/cluster-map.ts',
    find: 'state?.stay === stayOf(placement, node) ? state : undefined',
    replace: 'stayOf(placement, node) === null ? undefined : state',
  },
  {
    name: 'data of a replica that a node had before count',
    file: 'shard-node/replica-folder.ts',
    find: 'stay === 0n ? String(shard)',
    replace: 'stay >= 0n ? String(shard)',
    from: 130,
  },
  {
    name: 'what directories supersede is not said',
    file: 'shard-node/directory/decide.ts',
    find: '  for (const code of known.places) if (!heard.includes(code)) draft.superseded.push({ code, id, docId });',
    replace: '',
  },
  {
    name: 'a partition commits before what it caused is in the log',
    file: 'shard-node/directory/partition-state.ts',
    find: 'this.#unsettled[this.#done]!.open === 0) {',
    replace: 'true) {',
  },
  {
    name: 'a refused condition is accepted',
    file: 'shard-node/directory/decide.ts',
    find: '    wanted === condition.none || (wanted === condition.absent ? isAbsent : !isAbsent && known.docId === wanted);',
    replace: '    true || (wanted === condition.absent ? isAbsent : known?.docId === wanted);',
  },
  {
    name: 'write ids are forgotten',
    file: 'shard-node/directory/verdict-table.ts',
    find: '    return first === undefined || this.#isOld(first) ? null : first;',
    replace: '    return null;',
  },
  {
    name: 'an older version replaces a newer one',
    file: 'vector-index/apply-change.ts',
    find: '  for (const { segment, row } of older) segment.kill(row);\n',
    replace: '',
  },
  {
    name: 'a replica calls itself ready before it has replayed',
    file: 'shard-node/replica.ts',
    find: "    if (this.#phase !== 'loading' || !this.#covers(this.#heldAtFirst)) return;",
    replace: "    if (this.#phase !== 'loading') return;",
    also: [
      {
        file: 'shard-node/replica.ts',
        find: "this.#cutOff !== '' || !this.#covers(this.#heldAtFirst);",
        replace: "this.#cutOff !== '';",
      },
    ],
    from: 21,
  },
  {
    name: 'required positions are not waited for',
    file: 'shard-node/replica.ts',
    find: '      if (this.#covers(marks)) return true;',
    replace: '      return true;',
  },
  {
    name: 'the log is purged above the floor',
    file: 'coordinator/placement/truncation.ts',
    find: '    await log.purge(streamOf(uid), subject, reached);',
    replace: '    await log.purge(streamOf(uid), subject, reached + 20n);',
  },
  {
    name: 'a manifest covers more than was sealed',
    file: 'vector-index/maintenance/maintainer.ts',
    find: 'applied: Object.fromEntries(marks)',
    replace: 'applied: Object.fromEntries(state.applied)',
    from: 37,
  },
  {
    name: 'records with docIds from elsewhere are always valid',
    file: 'shard-node/directory/decide.ts',
    find: '    } else if (isAs) {',
    replace: '    } else if (isAs && known !== null) {',
    from: 13,
  },
  {
    name: 'a batch that fails is left out of an import without a word',
    file: 'coordinator/ingest/import.ts',
    find: `    // Also of a batch that ended while the next one was waited for.
    this.#failure.signal.throwIfAborted();
`,
    replace: '',
  },
  {
    name: 'the document asked about is a hit',
    file: 'coordinator/search/fetch.ts',
    find: 'new Set<string>(question.like === null ? [] : [question.like])',
    replace: 'new Set<string>()',
  },
  {
    name: 'coverage counts a missing shard as present',
    file: 'coordinator/search/scatter.ts',
    find: '    missing,\n    listsMissing: listsOf(plan, missing),',
    replace: '    missing: new Map(),\n    listsMissing: [],',
  },
  {
    name: 'one partition is not asked whether it has committed',
    file: 'coordinator/search/required.ts',
    find: '      partitionsOf(map, uid).map((placement) =>',
    replace: '      partitionsOf(map, uid).slice(0, 1).map((placement) =>',
  },
  {
    name: 'an expired document is shown until it is swept',
    file: 'coordinator/documents/visible.ts',
    find: "settings.expiresBy === '' ? null",
    replace: "settings.expiresBy !== '' ? null",
  },
  {
    name: 'the log is purged although it is held',
    file: 'coordinator/placement/truncation.ts',
    find: '    const floor = held !== null && held < wanted ? held : wanted;',
    replace: '    const floor = held !== null ? wanted : wanted;',
    also: [
      {
        file: 'coordinator/placement/truncation.ts',
        find: '...committed, ...holdsIn(map, uid)]',
        replace: '...committed, ...holdsIn(map, uid).slice(0, 0)]',
      },
    ],
  },
  {
    name: 'a replica that lost its data serves what the log still holds',
    file: 'shard-node/replica.ts',
    find: '      if (applied >= floor) continue;',
    replace: '      if (applied >= floor || floor > 0n) continue;',
    from: 11,
  },
  {
    name: 'a directory that lost its data hears what the log still holds',
    file: 'shard-node/directory/rebuild/rebuild.ts',
    find: '  return state.heard === 0n &&',
    replace: '  return state.heard < 0n &&',
  },
  {
    name: 'the sweeper deletes a document that was renewed meanwhile',
    file: 'coordinator/documents/expiry.ts',
    find: 'rows.map(({ id, docId }) => ({ id, condition: docId }));',
    replace: 'rows.map(({ id, docId }) => ({ id, condition: docId * 0n }));',
  },
  {
    name: 'a directory that starts again has forgotten its write ids',
    file: 'shard-node/directory/partition-state.ts',
    find: 'new VerdictTable(store.verdicts);',
    replace: 'new VerdictTable(store.verdicts.slice(0, 0));',
  },
  {
    name: 'an accepted write leaves the older version where it is',
    file: 'shard-node/directory/decide.ts',
    find: '  supersedeElsewhere(draft, { id, docId }, known, places);\n',
    replace: '',
  },
  {
    name: 'a directory is built anew without what is left of the log',
    file: 'shard-node/directory/rebuild/rebuild.ts',
    find: '    await left.decide();\n',
    replace: '',
    from: 11,
  },
  {
    name: 'damaged blocks are read',
    file: 'vector-index/segment/block-checks.ts',
    find: '    if (damaged >= 0) throw this.#file.damaged(blocks[damaged]!);\n',
    replace: '    void damaged;\n',
  },
  {
    name: 'two versions of a document are shown',
    file: 'coordinator/search/merge.ts',
    find: '=> newest.get(candidate.idHash) === candidate.docId;',
    replace: '=> newest.has(candidate.idHash);',
    also: [
      {
        file: 'coordinator/search/fetch.ts',
        find: '|| document === undefined || ids.has(document.id)) continue;',
        replace: '|| document === undefined || document.id === question.like) continue;',
      },
    ],
  },
  {
    name: 'a replica forgets what was superseded',
    file: 'vector-index/apply-change.ts',
    find: '  if (state.fences.covers(id, docId)) return;\n',
    replace: '',
    // Else directories, which hear that a version comes too late, supersede it at once.
    also: [
      {
        file: 'shard-node/directory/decide.ts',
        find: '      draft.superseded.push({ code, id, docId: known !== null && known.docId > least ? known.docId : least });',
        replace: '      void least;',
      },
    ],
  },
  {
    name: 'a training publishes before it has stored',
    file: 'coordinator/training/train.ts',
    find: '    await training.store(codebook.version, deadline);\n',
    replace: '',
  },
  {
    name: 'a split leaves its last part to no shard',
    file: 'coordinator/training/publish.ts',
    find: '{ length: codebook.lists }',
    replace: "{ length: codebook.method === 'split' ? codebook.lists - 1 : codebook.lists }",
    from: 49,
  },
  {
    name: 'a split leaves some rows of a list where they are',
    file: 'vector-index/lists/moved-rows.ts',
    find: '      rows.forEach((row, i) => (lists[row] = moved[i]!));',
    replace: '      rows.forEach((row, i) => (lists[row] = row % 2 === 0 ? moved[i]! : lists[row]!));',
    from: 111,
  },
];
