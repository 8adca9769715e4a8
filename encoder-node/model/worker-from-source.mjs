/** Starts worker.ts in a thread of a process that runs from source: tsx serves a thread only when the thread asks for it. */
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
