/** The file system of the machine: the one place of this folder that knows node:fs. */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { mapFile } from '../kernels/kernels.js';
import type { Files, WritableFile } from './files.js';

export const systemFiles: Files = {
  makeDirectory: async (path) => void (await mkdir(path, { recursive: true })),
  list: (path) => readdir(path),
  read: (path) => readFile(path),
  create: async (path): Promise<WritableFile> => {
    const handle = await open(path, 'w');
    return {
      write: (bytes) => handle.writeFile(bytes),
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  removeDirectory: (path) => rm(path, { recursive: true, force: true }),
  syncDirectory: async (path) => {
    const directory = await open(path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
  map: mapFile,
};
