/** Memory of this process that no file backs: what a cluster inside it really needs. */
import { readFile } from 'node:fs/promises';

/** Bytes of anonymous resident memory; null where the system does not say (anything but Linux). */
export async function anonymousBytes(): Promise<number | null> {
  try {
    return rssAnon(await readFile('/proc/self/status', 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The value of RssAnon in the text of /proc/PID/status, in bytes; null without one. */
export function rssAnon(status: string): number | null {
  const kibibytes = /^RssAnon:\s*(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}
