/** Members of a backup that the coordinator stores itself: structure, codebook, learned parameters and token codec, checked against the settings first. */
import { ShoalError } from '../../base/errors.js';
import { codebookObject, codecObject, parametersObject, structureObject } from '../../cluster/keys.js';
import { readLearnedParametersFile } from '../../vector-index/codebook/learned-parameters.js';
import { codedLists, readListCodebookFile } from '../../vector-index/codebook/list-codebook.js';
import { readStructureFile } from '../../vector-index/codebook/structure-file.js';
import { listCountOf } from '../../vector-index/codebook/structure.js';
import { TokenCodec } from '../../vector-index/codebook/token-codec.js';
import { LearnedScans } from '../../vector-index/lists/learned-scan.js';
import { ListCoder } from '../../vector-index/lists/list-coder.js';
import type { BackupParts } from './parts.js';
import type { HeldKind, RestorePlan } from './restore-plan.js';

/** Bytes of one of them, which are held in memory. */
const objectBytesMax = 1024 * 1024 * 1024;

export class HeldObjects {
  readonly #plan: RestorePlan;
  readonly #parts: Pick<BackupParts, 'objects'>;
  readonly #pieces: { readonly [Kind in HeldKind]: Buffer[] } = {
    structure: [],
    codebook: [],
    parameters: [],
    codec: [],
  };
  #isStored = false;

  constructor(plan: RestorePlan, parts: Pick<BackupParts, 'objects'>) {
    this.#plan = plan;
    this.#parts = parts;
  }

  /** The next bytes of one of them. INVALID_ARGUMENT when it is too large, or comes after all were stored. */
  hold(kind: HeldKind, bytes: Buffer): void {
    if (this.#isStored) throw wrong(`its ${kind} comes after its shards`);
    const pieces = this.#pieces[kind];
    pieces.push(bytes);
    if (pieces.reduce((sum, piece) => sum + piece.length, 0) <= objectBytesMax) return;
    throw wrong(`its ${kind} has more than ${objectBytesMax} bytes`);
  }

  /** Stores them under the names of the new collection. INVALID_ARGUMENT where they do not fit it, DATA_LOSS where one is damaged. Idempotent. */
  async store(): Promise<void> {
    if (this.#isStored) return;
    this.#isStored = true;
    this.#check();
    const { uid, structureVersion, codebookVersion, parametersVersion } = this.#plan.settings;
    const { structure, codebook, parameters, codec } = this.#plan.manifest;
    const { objects } = this.#parts;
    if (structure !== null) await objects.put(structureObject(uid, structureVersion), this.#bytes('structure'));
    if (codebook !== null) await objects.put(codebookObject(uid, codebookVersion), this.#bytes('codebook'));
    if (parameters !== null) await objects.put(parametersObject(uid, parametersVersion), this.#bytes('parameters'));
    if (codec !== null) await objects.put(codecObject(codec.version), this.#bytes('codec'));
  }

  #check(): void {
    const { manifest, settings } = this.#plan;
    const lists = new Set(manifest.shards.flatMap((shard) => [...shard.lists]));
    if (manifest.structure !== null) {
      const structure = readStructureFile(this.#bytes('structure'));
      const count = listCountOf(structure);
      const isWhole = lists.size === count && [...lists].every((list) => list < count);
      if (structure.dim !== settings.dim || !isWhole) throw wrong('its structure is not that of its shards');
    }
    if (manifest.codebook !== null) {
      const codebook = readListCodebookFile(this.#bytes('codebook'));
      if (codebook.dim !== settings.dim || codedLists(codebook) !== lists.size)
        throw wrong('its codebook is not that of its lists');
    }
    if (manifest.parameters !== null) {
      const { structureVersion: version } = settings;
      const [structure, codebook] = [
        readStructureFile(this.#bytes('structure')),
        readListCodebookFile(this.#bytes('codebook')),
      ];
      const parameters = readLearnedParametersFile(this.#bytes('parameters'));
      if (new LearnedScans().of(new ListCoder({ version, structure, codebook }), parameters) === null)
        throw wrong('its learned parameters are not those of its codebook');
    }
    if (manifest.codec === null) return;
    const { version } = TokenCodec.parse(this.#bytes('codec'));
    if (version !== manifest.codec.version) throw wrong(`its codec is '${version}', not as it says`);
  }

  #bytes(kind: HeldKind): Buffer {
    return Buffer.concat(this.#pieces[kind]);
  }
}

function wrong(why: string): ShoalError {
  return new ShoalError('INVALID_ARGUMENT', `this backup cannot be restored: ${why}`);
}
