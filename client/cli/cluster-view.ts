/** Nodes, shards, models and problems as people read them. */
import { byteSize, table, type Colours } from './format.js';
import type { ClusterNode, ClusterStatus, ModelInfo, Problem, ShardInfo } from '../sdk/types.js';

/** The cluster's health, its nodes and collections, and each problem with its remedy. */
export function statusText(status: ClusterStatus, paint: Colours): string {
  const health = status.healthy ? paint.green('healthy') : paint.red('not healthy');
  const parts = [
    `${health}  shoal ${status.version}`,
    nodesTable(status.nodes, paint),
    status.collections.length === 0 ? 'no collections' : `collections: ${status.collections.join(', ')}`,
  ];
  return withProblems(parts.join('\n\n'), status.problems, paint);
}

/** `text`, then each problem with its reason and its remedy. */
export function withProblems(text: string, problems: readonly Problem[], paint: Colours): string {
  const shown = problems.map(({ what, why, todo }) => `${paint.yellow(what)}\n  why:  ${why}\n  todo: ${todo}`);
  return [text, ...shown].join('\n\n');
}

export function nodesTable(nodes: readonly ClusterNode[], paint: Colours): string {
  if (nodes.length === 0) return 'no nodes';
  const rows = nodes.map((node) => [
    node.id,
    node.kind,
    node.address,
    node.version,
    node.kernels || '–',
    node.model === '' ? '–' : `${node.model} (${node.executionProvider})`,
  ]);
  return table(['node', 'kind', 'address', 'version', 'kernels', 'model'], rows, paint);
}

/** One row a replica. */
export function shardsTable(shards: readonly ShardInfo[], paint: Colours): string {
  if (shards.length === 0) return 'no shards';
  const rows = shards.flatMap((shard) => {
    const size = [shard.lists, shard.documents, byteSize(shard.bytes), shard.segments];
    if (shard.replicas.length === 0) return [[String(shard.shard), ...size, '–', paint.red('no replica'), '–', 0, 0]];
    return shard.replicas.map((replica, index) => [
      index === 0 ? String(shard.shard) : '',
      ...(index === 0 ? size : ['', '', '', '']),
      replica.node,
      replica.state === 'ready' ? paint.green(replica.state) : paint.yellow(replica.state),
      replica.applied.toString(),
      replica.lag,
      replica.olderRows,
    ]);
  });
  return table(
    ['shard', 'lists', 'documents', 'on disk', 'segments', 'node', 'state', 'applied', 'lag', 'to re-encode'],
    rows,
    paint,
  );
}

export function modelsTable(models: readonly ModelInfo[], paint: Colours): string {
  if (models.length === 0) return 'no models: no encoder node is there';
  const rows = models.map((model) => [
    model.name,
    String(model.dim),
    model.tokenDim === 0 ? 'none' : `${model.tokenDim}${model.tokenCodec === '' ? '' : ` (${model.tokenCodec})`}`,
    model.sparse || 'none',
    model.digest.slice(0, 12),
    model.nodes.join(', '),
  ]);
  return table(['model', 'dense', 'tokens', 'sparse', 'digest', 'nodes'], rows, paint);
}
