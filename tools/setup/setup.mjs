/**
 * The set-up of a fresh clone: `node tools/setup/setup.mjs [--for demo|test|nightly|bench|results|build]`.
 *
 * Runs before node_modules exists, so it is plain JavaScript on Node alone; this file only checks the version of Node, in
 * syntax that old versions can read, and hands over to steps.mjs.
 */
import { readFileSync } from 'fs';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const wanted = manifest.engines.node.replace('>=', '');

if (isOlder(process.versions.node, wanted)) {
  process.stderr.write(
    `set-up: Shoal needs Node ${wanted} or newer, and this is Node ${process.versions.node}; install a newer one and run this again\n`,
  );
  process.exit(1);
}
import('./steps.mjs')
  .then((steps) => steps.setUp(process.argv.slice(2)))
  .then(
    (exitCode) => process.exit(exitCode),
    (error) => {
      process.stderr.write(`set-up: ${error.stack}\n`);
      process.exit(1);
    },
  );

function isOlder(version, floor) {
  const [left, right] = [version, floor].map((text) => text.split('.').map(Number));
  for (let i = 0; i < right.length; i++) {
    if (left[i] !== right[i]) return left[i] < right[i];
  }
  return false;
}
