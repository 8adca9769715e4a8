/** What should somebody do about an object of the store, or another file, that is lost or damaged? */

/** The end of a message about what only a backup has. */
export const restoreRemedy = 'make a new collection from a backup: `shoal restore FOLDER NAME`';

/** By what names of objects begin with, as `keys.ts` spells them. */
const remedies: readonly (readonly [string, string])[] = [
  ['structures/', restoreRemedy],
  ['codebooks/', restoreRemedy],
  [
    'parameters/',
    'let another version serve: `shoal codebooks NAME --activate VERSION`, or learn anew: `shoal train NAME --method distill-vq`',
  ],
  ['trainings/', 'train again: `shoal train NAME`; the collection itself is whole'],
  [
    'codecs/',
    'store it again by making any collection with the same model: `shoal collections create NAME`, then restart the shard nodes',
  ],
];

/** The end of a message about the object `name`: commands, NAME being a collection's. */
export function objectRemedy(name: string): string {
  return remedies.find(([beginning]) => name.startsWith(beginning))?.[1] ?? restoreRemedy;
}
