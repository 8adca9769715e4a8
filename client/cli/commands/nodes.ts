/** `shoal nodes`: the members of the cluster. */
import { addCommand, type CommandHost } from '../command.js';
import type { Command } from 'commander';

export function addNodes(program: Command, host: CommandHost): void {
  addCommand(program, host, {
    usage: 'nodes',
    summary: 'list the nodes of the cluster',
    examples: ['shoal nodes', 'shoal nodes --json'],
    run: async (call) => {
      const { nodes } = await call.withClient((client) => client.cluster.status());
      await call.answer({ nodes }, async () => {
        const { colours } = await import('../format.js');
        const { nodesTable } = await import('../cluster-view.js');
        return nodesTable(nodes, colours(call.context));
      });
    },
  });
}
