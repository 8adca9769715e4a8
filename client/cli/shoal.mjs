#!/usr/bin/env node
// Starts the `shoal` command: the sources of a checkout through tsx, or what `npm run build` wrote where there are no sources
// (images) or SHOAL_BUILD=dist asks for it.
import { existsSync } from 'node:fs';

const sources = new URL('./main.ts', import.meta.url);
const builds = [new URL('../../dist/client/cli/main.js', import.meta.url), new URL('./main.js', import.meta.url)];
const built = builds.find((file) => existsSync(file));
const useBuilt = built !== undefined && (process.env.SHOAL_BUILD === 'dist' || !existsSync(sources));

if (useBuilt) {
  await start(built);
} else {
  const tsx = await loadTsx();
  tsx.register();
  await start(sources);
}

async function loadTsx() {
  try {
    return await import('tsx/esm/api');
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    process.stderr.write(
      'shoal is not set up yet: its dependencies are missing; run `npm run setup` in the checkout\n',
    );
    process.exit(1);
  }
}

async function start(file) {
  const { main } = await import(file.href);
  await main(process.argv.slice(2));
}
