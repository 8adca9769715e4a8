/** Names in the registry, the log and the object store: one place, so that every node spells them alike. */

/** Registry keys. A name points to a uid, so that an alias or a new collection of the same name is one write. */
export const keys = {
  nodes: 'nodes/',
  node: (id: string) => `nodes/${id}`,
  collections: 'collections/',
  /** Value: the uid, as text. */
  collection: (name: string) => `collections/${name}`,
  settings: 'settings/',
  /** Value: CollectionSettings. */
  setting: (uid: string) => `settings/${uid}`,
  placements: 'placements/',
  /** Value: ShardPlacement. */
  placement: (uid: string, shard: number) => `placements/${uid}/${shard}`,
  placementsOf: (uid: string) => `placements/${uid}/`,
  replicas: 'replicas/',
  /** Value: ReplicaState, under the lease of its node. */
  replica: (uid: string, shard: number, node: string) => `replicas/${uid}/${shard}/${node}`,
  aliases: 'aliases/',
  /** Value: the name of a collection or of another alias, as text. */
  alias: (name: string) => `aliases/${name}`,
  directories: 'directories/',
  /** Value: DirectoryPlacement. */
  directory: (uid: string, partition: number) => `directories/${uid}/${partition}`,
  directoriesOf: (uid: string) => `directories/${uid}/`,
  directoryStates: 'directory-states/',
  /** Value: DirectoryState, under the lease of its node. */
  directoryState: (uid: string, partition: number, node: string) => `directory-states/${uid}/${partition}/${node}`,
  allRemains: 'remains/',
  /** Empty value: what there is of the collection outside the registry is to go. */
  remains: (uid: string) => `remains/${uid}`,
  /** Empty value, under the lease of its maker: the collection is being made. */
  opening: (uid: string) => `opening/${uid}`,
  /** Empty value, under a lease of the coordinator that sees to it: the collection is being trained. */
  training: (uid: string) => `trainings/${uid}`,
  trainingRecords: 'training-records/',
  /** Value: TrainingRecord, of the latest training of the collection. */
  trainingRecord: (uid: string) => `training-records/${uid}`,
  trainingStates: 'training-states/',
  /** Value: TrainingState, under the lease of `training`: the latest training is carried out. */
  trainingState: (uid: string) => `training-states/${uid}`,
  holds: 'holds/',
  /** Value: a log position, as decimal text: nothing above it is purged while the key is there (a backup, a joining replica). */
  hold: (uid: string, name: string) => `holds/${uid}/${name}`,
  holdsOf: (uid: string) => `holds/${uid}/`,
  /** Value: the truncation floor of a subject, as decimal text. */
  floor: (subject: string) => `floors/${subject}`,
  floorsOf: (uid: string) => `floors/shoal.${uid}.`,
} as const;

/** A log position as the registry has it: decimal text, for floors and holds. */
export function positionValue(position: bigint): Buffer {
  return Buffer.from(String(position));
}

/** The position in a value of the registry. */
export function positionIn(value: Uint8Array): bigint {
  return BigInt(Buffer.from(value).toString('utf8'));
}

/** The subject of the records that a collection's directory decides. */
export function directorySubject(uid: string): string {
  return `shoal.${uid}.directory`;
}

/** All that is said in a collection. */
export function allSubjects(uid: string): string {
  return `shoal.${uid}.>`;
}

/** What the names of a collection's structures begin with. */
export function structuresOf(uid: string): string {
  return `structures/${uid}/`;
}

/** Object name of a structure: coarse centroids of version `version`. */
export function structureObject(uid: string, version: number): string {
  return `${structuresOf(uid)}${version}`;
}

/** What the names of a collection's codebooks begin with. */
export function codebooksOf(uid: string): string {
  return `codebooks/${uid}/`;
}

/** Object name of a codebook: what version `version` codes the vectors of inverted lists with. */
export function codebookObject(uid: string, version: number): string {
  return `${codebooksOf(uid)}${version}`;
}

/** What the names of a collection's learned parameters begin with. */
export function parametersOf(uid: string): string {
  return `parameters/${uid}/`;
}

/** Object name of learned parameters: what version `version` scans the codes of its structure by. */
export function parametersObject(uid: string, version: number): string {
  return `${parametersOf(uid)}${version}`;
}

/** What the names of objects of a collection's trainings begin with: they go when these end. */
export function trainingObjectsOf(uid: string): string {
  return `trainings/${uid}/`;
}

/** Object name of the queries and judgements that training `number` was ordered with: TrainRequest. */
export function orderedQueriesObject(uid: string, number: number): string {
  return `${trainingObjectsOf(uid)}${number}/ordered-queries`;
}

/** Object name of what training `number` asks with: the vectors in a BeginTrainingRequest. */
export function askedVectorsObject(uid: string, number: number): string {
  return `${trainingObjectsOf(uid)}${number}/asked-vectors`;
}

/** What the names of the checkpoints of training `number` begin with. */
export function checkpointsOf(uid: string, number: number): string {
  return `${trainingObjectsOf(uid)}${number}/checkpoint-`;
}

/** Object name of a checkpoint after `step` steps; later ones come behind in the order of names. */
export function checkpointObject(uid: string, number: number, step: number): string {
  return `${checkpointsOf(uid, number)}${String(step).padStart(10, '0')}`;
}

/** The subject of a shard's records. */
export function shardSubject(uid: string, generation: bigint, shard: number): string {
  return `shoal.${uid}.${generation}.${shard}`;
}

/** The stream of a collection. */
export function streamOf(uid: string): string {
  return uid;
}

/** Object name of a token codec's tables; the version is a digest of its content, so equal codecs share one object. */
export function codecObject(version: string): string {
  return `codecs/${version}`;
}
