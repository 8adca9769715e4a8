/** A whole cluster in one process: the product's coordinators and shard nodes on simulated machines, beside log, registry and objects. */
import { startCoordinator } from '../../coordinator/main.js';
import { startShardNode } from '../../shard-node/main.js';
import { Diary } from './diary.js';
import { Machine, type Environment, type Running, type World } from './machine.js';
import { SimLogHost } from './sim/change-log.js';
import { SimNetwork } from './sim/network.js';
import { SimObjectsHost } from './sim/objects.js';
import { SimProcess } from './sim/process.js';
import { SimRegistryHost } from './sim/registry.js';
import type { Scheduler } from './sim/scheduler.js';
import { splitLimits, trainDocumentsMin, trainingOn } from './sim/training.js';

/** How large the cluster is. */
export interface ClusterShape {
  readonly coordinators: number;
  readonly shardNodes: number;
  /** Bytes of memory after which a mutable segment is sealed. */
  readonly sealBytes: number;
  /** Milliseconds after which a mutable segment is sealed. */
  readonly sealAgeMs: number;
  /** Milliseconds between two sweeps of what has expired. */
  readonly sweepMs: number;
}

export class SimCluster {
  readonly scheduler: Scheduler;
  readonly diary: Diary;
  readonly world: World;
  readonly coordinators: readonly Machine[];
  readonly shardNodes: readonly Machine[];

  #endsLapsed = true;

  constructor(scheduler: Scheduler, shape: ClusterShape, print: ((line: string) => void) | null) {
    this.scheduler = scheduler;
    this.diary = new Diary(scheduler, print);
    const network = new SimNetwork(scheduler);
    this.world = {
      network,
      log: new SimLogHost(new SimProcess('log', scheduler)),
      registry: new SimRegistryHost(network),
      objects: new SimObjectsHost(),
      diary: this.diary,
    };
    let uids = 0;
    const newUid = (): string => `u${(uids += 1)}`;
    this.coordinators = names('coordinator', shape.coordinators).map(
      (name) =>
        new Machine(name, this.world, (environment) =>
          coordinator(name, { environment, newUid, sweepMs: shape.sweepMs }),
        ),
    );
    this.shardNodes = names('shard', shape.shardNodes).map(
      (name) => new Machine(name, this.world, (environment) => shardNode(name, environment, shape)),
    );
    this.#superviseLeases();
  }

  /** From now on whoever has lost its lease goes on. */
  leaveLapsed(): void {
    this.#endsLapsed = false;
  }

  /** Whoever has lost its lease takes a new one; half of them are ended and started again all the same, after a while. */
  #superviseLeases(): void {
    const { registry } = this.world;
    registry.onLapse = (holder) => {
      this.diary.say(holder.name, 'has lost its lease');
      if (this.scheduler.random.below(2) === 0) return;
      const machine = this.machines.find(({ name }) => name === holder.name);
      this.scheduler.after(this.scheduler.random.unit() * 5_000, () => {
        if (this.#endsLapsed && holder.isAlive) machine?.crash();
      });
    };
  }

  get machines(): readonly Machine[] {
    return [...this.coordinators, ...this.shardNodes];
  }

  /** Resolves when every node serves. */
  async start(): Promise<void> {
    for (const machine of this.machines) machine.start();
    await this.until(() => this.machines.every(({ address }) => address !== null), 60_000, 'every node to serve');
  }

  /** Resolves when `holds`; a violation when that takes longer than `ms`. */
  async until(holds: () => boolean | Promise<boolean>, ms: number, what: string | (() => string)): Promise<void> {
    const endMs = this.scheduler.nowMs + ms;
    while (!(await holds())) {
      if (this.scheduler.nowMs > endMs) {
        return this.diary.violation(`waited ${ms} ms in vain for ${typeof what === 'string' ? what : what()}`);
      }
      await this.scheduler.sleep(50);
    }
  }
}

function names(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${kind}-${number}`);
}

function coordinator(
  id: string,
  {
    environment,
    newUid,
    sweepMs,
  }: { readonly environment: Environment; readonly newUid: () => string; readonly sweepMs: number },
): Promise<Running> {
  const config = { id, host: id, port: 7420, expirySweepMs: sweepMs, trainDocumentsMin };
  return startCoordinator({ config, newUid, ...environment });
}

function shardNode(id: string, environment: Environment, shape: ClusterShape): Promise<Running> {
  const { sealBytes, sealAgeMs } = shape;
  const config = { id, host: id, dataDirectory: '/data', sealBytes, sealAgeMs, maintainEveryMs: 250, splitLimits };
  return startShardNode({ config, train: trainingOn(environment.clock), ...environment });
}
