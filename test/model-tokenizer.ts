/** The tokenizer of the default model, without the model. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../client/cli/package-root.js';
import { parseManifest } from '../encoder-node/model/manifest.js';
import { TextTokenizer } from '../encoder-node/tokenizer/tokenizer.js';

/** Folder of the default model. */
export const modelDirectory = join(packageRoot(), 'models', 'default');

export function modelTokenizer(): TextTokenizer {
  const path = join(modelDirectory, 'manifest.json');
  const { tokenizer } = parseManifest(readFileSync(path, 'utf8'), path);
  return new TextTokenizer(readFileSync(join(modelDirectory, tokenizer.file), 'utf8'));
}
