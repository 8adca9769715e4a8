/** `shoal models …`: the encoder models that the cluster has, and a check of a model's folder. */
import { counted } from '../../../base/counted.js';
import { addCommand, type CommandHost } from '../command.js';
import type { Command } from 'commander';

export function addModels(program: Command, host: CommandHost): void {
  const group = program.command('models').summary('list the encoder models, check a model folder');
  group.description('Encoder models turn text into dense, sparse and token vectors.');
  addCommand(group, host, {
    usage: 'list',
    summary: 'list the models that encoder nodes serve',
    examples: ['shoal models list'],
    run: async (call) => {
      const models = await call.withClient((client) => client.cluster.models());
      await call.answer({ models }, async () => {
        const { colours } = await import('../format.js');
        const { modelsTable } = await import('../cluster-view.js');
        return modelsTable(models, colours(call.context));
      });
    },
  });
  addCommand(group, host, {
    usage: 'check <dir>',
    summary: 'load a model folder and encode a text with it',
    details: 'Starts an encoder node on the folder for a moment. Needs no cluster.',
    examples: ['shoal models check models/default'],
    remote: false,
    run: async (call, args) => {
      const { checkModel } = await import('../dev/check-model.js');
      const report = await checkModel(args.text(0), call.context.clock);
      await call.answer(report, () =>
        [
          `${report.model} is well`,
          `  digest   ${report.digest}`,
          `  dense    ${counted(report.dim, 'dimension')}`,
          `  tokens   ${report.tokenDim === 0 ? 'none' : `${counted(report.tokenDim, 'dimension')}, codec ${report.tokenCodec || 'none'}`}`,
          `  sparse   ${report.sparse}`,
          `  provider ${report.executionProvider}`,
          `  a query of ${counted(report.queryTokens, 'token')} took ${report.encodeMs.toFixed(1)} ms`,
        ].join('\n'),
      );
    },
  });
}
