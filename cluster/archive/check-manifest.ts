/** What a manifest of a backup must be before a word of it is believed: types, ranges, names, and that its parts fit together. */
import { ShoalError } from '../../base/errors.js';
import type { ArchivedShard, ArchiveManifest, ArchiveMember } from './archive.js';

const membersMax = 1_000_000;
const memberBytesMax = 2 ** 48;
const positionMax = 2n ** 51n - 1n;

type Json = Readonly<Record<string, unknown>>;

/** `json` as a manifest. FAILED_PRECONDITION for a newer format than `format`, else INVALID_ARGUMENT saying what is wrong. */
export function checkManifest(json: unknown, format: number): ArchiveManifest {
  const fields = object(json, 'the manifest');
  const found = whole(fields['format'], 'format', 1, Number.MAX_SAFE_INTEGER);
  if (found > format) {
    const what = `the backup has format ${found}, this program reads up to ${format}`;
    throw new ShoalError('FAILED_PRECONDITION', `${what}; use the newer Shoal that wrote it`);
  }
  const manifest: ArchiveManifest = {
    format: found,
    writtenBy: text(fields['writtenBy'], 'writtenBy'),
    collection: text(fields['collection'], 'collection'),
    uid: matching(fields['uid'], 'uid', /^[0-9a-z]{1,64}$/),
    created: text(fields['created'], 'created'),
    sequence: position(fields['sequence'], 'sequence'),
    cut: position(fields['cut'], 'cut'),
    settings: base64(fields['settings'], 'settings'),
    directoryPartitions: whole(fields['directoryPartitions'], 'directoryPartitions', 1, 256),
    structure: fields['structure'] === null ? null : memberName(fields['structure'], 'structure'),
    // An archive of a Shoal that trained or learned nothing yet does not say.
    codebook: (fields['codebook'] ?? null) === null ? null : memberName(fields['codebook'], 'codebook'),
    parameters: (fields['parameters'] ?? null) === null ? null : memberName(fields['parameters'], 'parameters'),
    codec: fields['codec'] === null ? null : codecOf(fields['codec']),
    shards: list(fields['shards'], 'shards').map(shardOf),
    members: list(fields['members'], 'members').map(memberOf),
  };
  checkWhole(manifest);
  return manifest;
}

/** Every member is used once, every name used is a member, and no shard or list is there twice. */
function checkWhole(manifest: ArchiveManifest): void {
  const { members, shards, sequence, cut, uid } = manifest;
  if (members.length > membersMax) throw wrong(`it has ${members.length} members, more than ${membersMax}`);
  if (cut > sequence) throw wrong('its cut is above its sequence');
  if (shards.length === 0) throw wrong('it has no shards');
  const named = unique(
    members.map(({ name }) => name),
    'member',
  );
  const used = [
    ...shards.flatMap((shard) => [...shard.files.map(({ member }) => member), shard.log]),
    ...(manifest.structure === null ? [] : [manifest.structure]),
    ...(manifest.codebook === null ? [] : [manifest.codebook]),
    ...(manifest.parameters === null ? [] : [manifest.parameters]),
    ...(manifest.codec === null ? [] : [manifest.codec.member]),
  ];
  const wanted = unique(used, 'use of member');
  for (const name of wanted) if (!named.has(name)) throw wrong(`it uses '${name}', which is no member`);
  for (const name of named) if (!wanted.has(name)) throw wrong(`nothing uses its member '${name}'`);
  unique(
    shards.map(({ shard }) => String(shard)),
    'shard',
  );
  unique(
    shards.flatMap(({ lists }) => Array.from(lists, String)),
    'list',
  );
  for (const { marks, shard, files } of shards) {
    unique(
      files.map(({ file }) => file),
      `file of shard ${shard}:`,
    );
    for (const [subject, mark] of Object.entries(marks)) {
      if (!subject.startsWith(`shoal.${uid}.`))
        throw wrong(`shard ${shard} has a mark of the foreign subject '${subject}'`);
      if (mark > cut) throw wrong(`the mark of shard ${shard} is above the cut`);
    }
  }
}

function shardOf(json: unknown): ArchivedShard {
  const fields = object(json, 'a shard');
  const shard = whole(fields['shard'], 'shard', 0, 0xffffffff);
  const what = (field: string): string => `${field} of shard ${shard}`;
  return {
    shard,
    generation: position(fields['generation'], what('generation')),
    lists: Uint32Array.from(list(fields['lists'], what('lists')), (each) => whole(each, what('lists'), 0, 0xffffffff)),
    marks: Object.fromEntries(
      Object.entries(object(fields['marks'], what('marks'))).map(([subject, mark]) => [
        subject,
        position(mark, what('marks')),
      ]),
    ),
    files: list(fields['files'], what('files')).map((each) => {
      const { file, member } = object(each, what('a file'));
      return { file: memberName(file, what('a file')), member: memberName(member, what('a file')) };
    }),
    log: memberName(fields['log'], what('log')),
  };
}

function memberOf(json: unknown): ArchiveMember {
  const fields = object(json, 'a member');
  const name = memberName(fields['name'], 'a member');
  return {
    name,
    bytes: whole(fields['bytes'], `bytes of '${name}'`, 0, memberBytesMax),
    sha256: matching(fields['sha256'], `sha256 of '${name}'`, /^[0-9a-f]{64}$/),
  };
}

function codecOf(json: unknown): { version: string; member: string } {
  const fields = object(json, 'the codec');
  return {
    version: matching(fields['version'], 'the version of the codec', /^[A-Za-z0-9._-]{1,128}$/),
    member: memberName(fields['member'], 'the codec'),
  };
}

/** A name that is safe as a file in any folder: no separator, no parent, nothing hidden. */
export function memberName(value: unknown, what: string): string {
  const name = matching(value, what, /^[a-z0-9][a-z0-9.-]{0,199}$/);
  if (name.includes('..')) throw wrong(`${what} is ${JSON.stringify(name)}`);
  return name;
}

function matching(value: unknown, what: string, pattern: RegExp): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw wrong(`${what} is ${shown(value)}`);
}

function text(value: unknown, what: string): string {
  return matching(value, what, /^.{0,256}$/u);
}

function whole(value: unknown, what: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw wrong(`${what} is ${shown(value)}, no whole number from ${least} to ${most}`);
}

/** A log position: decimal text. */
function position(value: unknown, what: string): bigint {
  // DocIds, which are 4,096 times as large, have to fit 64 bits, also those of all that is still to be written after a restore.
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? BigInt(value) : null;
  if (number !== null && number <= positionMax) return number;
  throw wrong(`${what} is ${shown(value)}, no log position`);
}

function base64(value: unknown, what: string): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : null;
  if (bytes !== null && bytes.toString('base64') === value) return bytes;
  throw wrong(`${what} is no base64`);
}

function object(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw wrong(`${what} is no object`);
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(`${what} is no list`);
}

function unique(names: readonly string[], what: string): ReadonlySet<string> {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw wrong(`${what} '${name}' is there twice`);
    seen.add(name);
  }
  return seen;
}

function shown(value: unknown): string {
  const written = JSON.stringify(value) ?? 'nothing';
  return written.length > 80 ? `${written.slice(0, 80)}…` : written;
}

function wrong(why: string): ShoalError {
  return new ShoalError('INVALID_ARGUMENT', `this is no backup: ${why}; use an archive that \`shoal backup\` wrote`);
}
