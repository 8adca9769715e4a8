/** What goes wrong in a simulation, and when: one fault after another, drawn from the seed; each ends by itself or is healed at the end. */
import type { Random } from '../../base/random.js';
import type { SimCluster } from './cluster.js';

/** How often each kind is drawn. */
const kinds = {
  crash: 6,
  kill: 2,
  cut: 4,
  cutOneWay: 3,
  delay: 4,
  reset: 3,
  diskFull: 2,
  syncFailure: 2,
  clockJump: 2,
  logCrash: 2,
  logFull: 1,
  lostAnswers: 3,
  registryDown: 2,
  objectsDown: 1,
} as const;

type Kind = keyof typeof kinds;

export class Faults {
  readonly #cluster: SimCluster;
  readonly #random: Random;
  readonly #heal = new Set<() => void>();
  readonly byKind: Record<string, number> = {};
  injected = 0;

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
    this.#random = cluster.scheduler.random;
  }

  /** Makes one thing go wrong. */
  inject(): void {
    const kind = this.#draw();
    this.injected += 1;
    this.byKind[kind] = (this.byKind[kind] ?? 0) + 1;
    this[kind]();
  }

  /** Ends every fault, and starts what is down. */
  healAll(): void {
    for (const heal of [...this.#heal]) heal();
    for (const machine of this.#cluster.machines) {
      machine.countdown = -1;
      machine.disk.failingSyncs = 0;
      // What a disk refused to save ends a replica for good; people start its node again.
      if (machine.disk.failedSyncs > 0) machine.crash();
      machine.start();
    }
  }

  #draw(): Kind {
    const all = Object.entries(kinds) as [Kind, number][];
    let left = this.#random.below(all.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [kind, weight] of all) {
      left -= weight;
      if (left < 0) return kind;
    }
    return 'crash';
  }

  /** The power of a machine goes, at once or at one of its next changes of the disk. */
  crash(): void {
    const machine = this.#any(this.#cluster.machines);
    machine.isPowerCut = true;
    machine.downMs = this.#ms(50, 6_000);
    if (this.#random.below(3) === 0) return machine.crash();
    machine.countdown = this.#random.below(25);
    this.#say(`${machine.name} is going to crash after ${machine.countdown} changes of its disk`);
  }

  /** A process dies, its machine stays. */
  kill(): void {
    const machine = this.#any(this.#cluster.machines);
    machine.isPowerCut = false;
    machine.downMs = this.#ms(50, 4_000);
    machine.crash();
  }

  cut(): void {
    const [left, right] = this.#pair();
    this.#cut(left, right, true);
  }

  cutOneWay(): void {
    const [left, right] = this.#pair();
    this.#cut(left, right, false);
  }

  delay(): void {
    const { network } = this.#cluster.world;
    const [left, right] = this.#pair();
    const delayMs = this.#ms(10, 1_500);
    const set = (ms: number): void => (network.setDelay(left, right, ms), network.setDelay(right, left, ms));
    this.#for(this.#ms(500, 6_000), `messages between ${left} and ${right} take ${delayMs.toFixed(0)} ms more`, {
      begin: () => set(delayMs),
      end: () => set(0),
    });
  }

  reset(): void {
    const [left, right] = this.#pair();
    this.#say(`connections between ${left} and ${right} break`);
    this.#cluster.world.network.reset(left, right);
  }

  diskFull(): void {
    const { disk, name } = this.#any(this.#cluster.shardNodes);
    this.#for(this.#ms(500, 8_000), `the disk of ${name} is full`, {
      begin: () => (disk.isFull = true),
      end: () => (disk.isFull = false),
    });
  }

  syncFailure(): void {
    const { disk, name } = this.#any(this.#cluster.shardNodes);
    disk.failingSyncs = 1 + this.#random.below(2);
    this.#say(`${disk.failingSyncs} syncs on ${name} are going to fail`);
  }

  clockJump(): void {
    const machine = this.#any(this.#cluster.machines);
    const ms = (this.#random.below(2) === 0 ? -1 : 1) * this.#random.below(3_600_000);
    this.#say(`the clock of ${machine.name} jumps by ${ms} ms`);
    machine.jump(ms);
  }

  logCrash(): void {
    const { log } = this.#cluster.world;
    this.#for(this.#ms(50, 4_000), 'the log loses power', {
      begin: () => log.crash(),
      end: () => (log.isDown = false),
    });
  }

  logFull(): void {
    const { log } = this.#cluster.world;
    this.#for(this.#ms(200, 3_000), 'the disk of the log is full', {
      begin: () => (log.isFull = true),
      end: () => (log.isFull = false),
    });
  }

  lostAnswers(): void {
    const { log, registry, objects } = this.#cluster.world;
    const host = this.#any([log, log, registry, objects]);
    const share = 0.1 + this.#random.unit() * 0.6;
    this.#for(this.#ms(200, 4_000), `${(share * 100).toFixed(0)} % of the answers of the ${host.name} are lost`, {
      begin: () => (host.lostAnswers = share),
      end: () => (host.lostAnswers = 0),
    });
  }

  registryDown(): void {
    const { registry } = this.#cluster.world;
    this.#for(this.#ms(200, 12_000), 'the registry is down', {
      begin: () => (registry.isDown = true),
      end: () => (registry.isDown = false),
    });
  }

  objectsDown(): void {
    const { objects } = this.#cluster.world;
    this.#for(this.#ms(200, 6_000), 'the object store is down', {
      begin: () => (objects.isDown = true),
      end: () => (objects.isDown = false),
    });
  }

  #cut(left: string, right: string, isBoth: boolean): void {
    const { network } = this.#cluster.world;
    const doReset = this.#random.below(2) === 0;
    this.#for(this.#ms(100, 15_000), `${left} ${isBoth ? 'and' : 'to'} ${right} are cut`, {
      begin: () => {
        network.setCut(left, right, true);
        if (isBoth) network.setCut(right, left, true);
        if (doReset) network.reset(left, right);
      },
      end: () => {
        network.setCut(left, right, false);
        network.setCut(right, left, false);
      },
    });
  }

  #for(ms: number, what: string, fault: { begin(): void; end(): void }): void {
    this.#say(`${what} for ${ms.toFixed(0)} ms`);
    fault.begin();
    const end = (): void => {
      if (this.#heal.delete(end)) fault.end();
    };
    this.#heal.add(end);
    this.#cluster.scheduler.after(ms, end);
  }

  /** Two machines that talk to each other. */
  #pair(): [string, string] {
    const { coordinators, shardNodes } = this.#cluster;
    const node = this.#any(this.#cluster.machines).name;
    const service = this.#any(['log', 'log', 'registry', 'objects']);
    const others = [service, this.#any(coordinators).name, this.#any(shardNodes).name].filter((name) => name !== node);
    return [node, this.#any(others)];
  }

  #ms(least: number, most: number): number {
    // Short ones are as frequent as long ones.
    return least * Math.pow(most / least, this.#random.unit());
  }

  #any<T>(of: readonly T[]): T {
    return of[this.#random.below(of.length)]!;
  }

  #say(what: string): void {
    this.#cluster.diary.say('fault', what);
  }
}
