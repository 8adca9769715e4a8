/** The rules of the house, held against the whole tree. Each check has its own tests beside this file. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorCodes } from '../../base/errors.js';
import { checkCode } from './code.js';
import { checkErrorCodes, checkForeignWords, checkNamedPaths } from './documents.js';
import { checkCycles } from './cycles.js';
import { checkImports } from './imports.js';
import { checkMirrors, checkNativeDoor } from './mirrors.js';
import { filesEndingIn, render, root, type Finding, type SourceFile } from './tree.js';

describe('the tree', () => {
  const code = filesEndingIn(['.ts']);
  const documents = filesEndingIn(['.md']);
  const texts = filesEndingIn(['.ts', '.mjs', '.md', '.cc', '.h', '.proto', '.yaml', '.gyp']);

  it('imports only along the arrows of the layer table', () => assertNone(checkImports(code)));
  it('imports nothing that imports it back', () => assertNone(checkCycles(code)));
  it('keeps to the rules inside each file', () => assertNone(code.flatMap(checkCode)));
  it('has a test for every product file', () => assertNone(checkMirrors(code)));
  it('exports the same native functions in the same order on both sides', () => {
    assertNone(checkNativeDoor(fileNamed(texts, 'kernels/native-kernels.ts'), fileNamed(texts, 'kernels/binding.cc')));
  });
  it('names only paths that exist in its documents', () => {
    assertNone(documents.flatMap((file) => checkNamedPaths(file, isThere)));
  });
  it('documents every error code as it is', () => {
    assertNone(checkErrorCodes(fileNamed(documents, 'README.md'), errorCodes));
  });
  it('speaks of itself alone', () => {
    assertNone(texts.filter((file) => !file.path.startsWith('test/tidy/')).flatMap(checkForeignWords));
  });
});

/** What a build makes is named in documents, and is there only after it. */
function isThere(path: string): boolean {
  return ['dist', 'build', '.cache', 'shoal-data'].includes(path.split('/')[0] ?? '') || existsSync(join(root, path));
}

function assertNone(findings: readonly Finding[]): void {
  assert.equal(findings.length, 0, `\n${render(findings)}`);
}

function fileNamed(files: readonly SourceFile[], path: string): SourceFile {
  const found = files.find((file) => file.path === path);
  assert.ok(found !== undefined, `${path} exists`);
  return found;
}
