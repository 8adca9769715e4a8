/** One machine of a simulated cluster: its disk, and the process of the product on it, which dies and is started again. */
import type { Logger } from '../../base/logger.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { Registry } from '../../cluster/registry.js';
import type { Transport } from '../../cluster/rpc/transport.js';
import type { Clock } from '../../base/clock.js';
import type { Files } from '../../vector-index/files.js';
import { SimChangeLog, type SimLogHost } from './sim/change-log.js';
import { SimDisk } from './sim/disk.js';
import { SimFiles, type CrashPoint } from './sim/files.js';
import type { SimNetwork } from './sim/network.js';
import { SimObjects, type SimObjectsHost } from './sim/objects.js';
import { SimProcess } from './sim/process.js';
import { SimRegistry, type SimRegistryHost } from './sim/registry.js';
import type { Diary } from './diary.js';
import { transportOf } from './sim/transport.js';

/** What all machines share. */
export interface World {
  readonly network: SimNetwork;
  readonly log: SimLogHost;
  readonly registry: SimRegistryHost;
  readonly objects: SimObjectsHost;
  readonly diary: Diary;
}

/** What a node of the product is given. */
export interface Environment {
  readonly registry: Registry;
  readonly log: ChangeLog;
  readonly objects: ObjectStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transport: Transport;
  readonly files: Files;
}

/** A node that runs, as the product hands it back. */
export interface Running {
  readonly address: string;
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** How long after its death a process is started again by itself. */
const restartMs = 1_500;

export class Machine implements CrashPoint {
  readonly name: string;
  readonly disk: SimDisk;
  readonly #world: World;
  readonly #start: (environment: Environment) => Promise<Running>;
  countdown = -1;
  /** Whether a death is the machine's, which takes what no fsync saved, or only the process's. */
  isPowerCut = true;
  /** How long the next death lasts. */
  downMs = restartMs;
  #process: SimProcess;
  #running: Running | null = null;
  #skewMs = 0;
  /** Called whenever its process begins to serve. */
  onServing: () => void = () => undefined;
  starts = 0;
  /** When its process began. */
  startedMs = 0;
  deaths = 0;

  constructor(name: string, world: World, start: (environment: Environment) => Promise<Running>) {
    this.name = name;
    this.#world = world;
    this.#start = start;
    this.disk = new SimDisk(world.network.scheduler.random);
    this.#process = new SimProcess(name, world.network.scheduler);
    this.#process.kill();
  }

  /** HOST:PORT while it serves. */
  get address(): string | null {
    return this.#running?.address ?? null;
  }

  get isAlive(): boolean {
    return this.#process.isAlive;
  }

  /** Starts the process; one that cannot start dies and tries again. Nothing when it runs. */
  start(): void {
    if (this.#process.isAlive) return;
    this.starts += 1;
    this.startedMs = this.#world.network.scheduler.nowMs;
    const process = new SimProcess(this.name, this.#world.network.scheduler, this.#skewMs);
    this.#process = process;
    this.#world.diary.say(this.name, 'starts');
    this.#start(this.#environment(process)).then(
      (running) => {
        if (!process.isAlive) return;
        this.#running = running;
        this.#world.diary.say(this.name, 'serves');
        this.onServing();
      },
      (error: unknown) => {
        if (!process.isAlive) return;
        this.#world.diary.say(this.name, `cannot start: ${String(error)}`);
        this.#world.diary.judge(this.name, error);
        this.crash();
      },
    );
  }

  crash(): void {
    if (!this.#process.isAlive) return;
    this.#process.kill();
    this.#running = null;
    this.deaths += 1;
    this.countdown = -1;
    if (this.isPowerCut) this.disk.cutPower();
    else this.disk.keepAll();
    this.#world.diary.say(this.name, this.isPowerCut ? 'loses power' : 'is killed');
    const downMs = this.downMs;
    [this.downMs, this.isPowerCut] = [restartMs, true];
    this.#world.network.scheduler.after(downMs, () => this.start());
  }

  /** Moves its wall clock, for this process and those that follow. */
  jump(ms: number): void {
    this.#skewMs += ms;
    this.#process.jump(ms);
  }

  #environment(process: SimProcess): Environment {
    const { network, log, registry, objects, diary } = this.#world;
    return {
      registry: new SimRegistry(network, process, registry),
      log: new SimChangeLog(network, process, log),
      objects: new SimObjects(network, process, objects),
      clock: process.clock,
      logger: diary.logger(process),
      transport: transportOf(network, process),
      files: new SimFiles(process, this.disk, this),
    };
  }
}
