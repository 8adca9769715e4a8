/** Manifests that no backup can have, each with what is wrong with it. Their own checksum is right: the hostile can count. */
import { digestOf, encodeManifest } from '../../../../cluster/archive/archive-manifest.js';
import { smallArchive } from './small-archive.js';

type Json = Record<string, unknown>;

/** Bytes of a manifest that says `json`, with a checksum that matches. */
export function signed(json: unknown): Buffer {
  const body = Buffer.from(`${JSON.stringify(json)}\n`);
  return Buffer.concat([body, Buffer.from(`${digestOf(body)}\n`)]);
}

/** The fields of a sound manifest, to be changed. */
export function soundJson(): Json {
  const text = Buffer.from(encodeManifest(smallArchive().manifest)).toString('utf8');
  return JSON.parse(text.slice(0, text.lastIndexOf('}') + 1)) as Json;
}

/** A sound manifest after `change`. */
function changed(change: (json: Json) => void): Json {
  const json = soundJson();
  change(json);
  return json;
}

const firstOf = (json: Json, field: string): Json => (json[field] as Json[])[0] ?? {};
const filesOf = (json: Json): Json[] => firstOf(json, 'shards')['files'] as Json[];

/** Names that must never become a path. */
export const hostileNames: readonly unknown[] = [
  '../evil',
  '..',
  '.',
  '',
  '/etc/passwd',
  'a/b',
  'a\\b',
  'C:evil',
  '.hidden',
  '-rf',
  'a..b',
  'Upper',
  'sp ace',
  'nul\0byte',
  'line\nfeed',
  'ümlaut',
  'x'.repeat(201),
  7,
  null,
  ['a'],
];

/** [what is wrong, the manifest's object]. */
export const hostileManifests: readonly (readonly [string, unknown])[] = [
  ...hostileNames.map(
    (name) =>
      [
        `member named ${JSON.stringify(name)?.slice(0, 20)}`,
        changed((json) => {
          firstOf(json, 'members')['name'] = name;
          for (const file of filesOf(json)) file['member'] = name;
        }),
      ] as const,
  ),
  ...['../manifest', '/manifest', 'a/../b', 'MANIFEST'].map(
    (name) => [`file named ${name}`, changed((json) => void (filesOf(json)[0]!['file'] = name))] as const,
  ),
  ['no object', 7],
  ['a list', []],
  ['nothing', null],
  ['no format', changed((json) => void delete json['format'])],
  ['format 0', changed((json) => void (json['format'] = 0))],
  ['no members', changed((json) => void (json['members'] = []))],
  ['members that are no list', changed((json) => void (json['members'] = {}))],
  ['no shards', changed((json) => void (json['shards'] = []))],
  ['a member twice', changed((json) => void (json['members'] as Json[]).push(firstOf(json, 'members')))],
  [
    'a member that nothing uses',
    changed((json) => void (json['members'] as Json[]).push({ ...firstOf(json, 'members'), name: 'extra' })),
  ],
  ['a member used twice', changed((json) => void (firstOf(json, 'shards')['log'] = 'shard-0.manifest'))],
  ['a structure that is no member', changed((json) => void (json['structure'] = 'structure'))],
  ['a codec that is no member', changed((json) => void (json['codec'] = { version: 'r2', member: 'codec' }))],
  [
    'a codec version with a path',
    changed((json) => void (json['codec'] = { version: '../r2', member: 'shard-0.log' })),
  ],
  ['a shard twice', changed((json) => void (json['shards'] as Json[]).push(firstOf(json, 'shards')))],
  ['a list twice', changed((json) => void (firstOf(json, 'shards')['lists'] = [0, 0]))],
  ['a shard below 0', changed((json) => void (firstOf(json, 'shards')['shard'] = -1))],
  ['a size below 0', changed((json) => void (firstOf(json, 'members')['bytes'] = -1))],
  ['a size beyond any disk', changed((json) => void (firstOf(json, 'members')['bytes'] = 2 ** 60))],
  ['a size that is text', changed((json) => void (firstOf(json, 'members')['bytes'] = '24'))],
  ['a checksum that is none', changed((json) => void (firstOf(json, 'members')['sha256'] = 'abc'))],
  ['a sequence below 0', changed((json) => void (json['sequence'] = '-1'))],
  ['a sequence whose docIds have no room', changed((json) => void (json['sequence'] = String(2n ** 52n)))],
  ['a sequence that leaves no room', changed((json) => void (json['sequence'] = String(2n ** 52n - 1n)))],
  ['a cut above the sequence', changed((json) => void (json['cut'] = '13'))],
  ['a mark above the cut', changed((json) => void (firstOf(json, 'shards')['marks'] = { 'shoal.abc.1.0': '10' }))],
  [
    'a mark of another collection',
    changed((json) => void (firstOf(json, 'shards')['marks'] = { 'shoal.xyz.1.0': '7' })),
  ],
  ['a uid with a path', changed((json) => void (json['uid'] = '../abc'))],
  ['settings that are no base64', changed((json) => void (json['settings'] = '***'))],
  ['too many partitions', changed((json) => void (json['directoryPartitions'] = 1_000_000))],
  ['no partitions', changed((json) => void (json['directoryPartitions'] = 0))],
];
