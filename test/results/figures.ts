/** Figures as the document shows them, and folders that parts need. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LeftOut } from './findings.js';

/** Four digits behind the point, none before it: .7389. */
export function figure(value: number): string {
  return value.toFixed(4).replace(/^(-?)0\./, '$1.');
}

/** A difference, with its sign. */
export function difference(value: number): string {
  return value < 0 ? figure(value).replace('-', '−') : `+${figure(value)}`;
}

/** The folder of the labelled collection `name`. Throws `LeftOut` where it is not there. */
export function collectionFolder(data: string, name: string): string {
  const folder = join(data, name);
  if (!existsSync(folder)) throw new LeftOut(`the collection ${name} is not in ${data}; name its folder by --data`);
  return folder;
}
