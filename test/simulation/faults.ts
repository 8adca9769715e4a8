/** What goes wrong in a simulation, and when: one fault after another, drawn from the seed; each ends by itself or is healed at the end. */
import { dirname } from 'node:path';
import type { Random } from '../../base/random.js';
import { keys } from '../../cluster/keys.js';
import { DirectoryState } from '../../proto/generated/shoal/v1/cluster.js';
import type { SimCluster } from './cluster.js';
import { replicaFolder } from '../../shard-node/replica-folder.js';
import { forgetDirectories, lostMessage, lostShards, type Losses } from './lost-data.js';
import type { Machine } from './machine.js';
import { drawKind, type FaultKind } from './plan.js';
import type { DiskImage, SimDisk } from './sim/disk.js';

export class Faults {
  readonly #cluster: SimCluster;
  readonly #random: Random;
  readonly #heal = new Set<() => void>();
  /** What is going to be put back as it was. */
  #pending = 0;
  /** Machines whose disk is another one, for now. */
  readonly #replaced = new Set<Machine>();
  readonly byKind: Record<string, number> = {};
  injected = 0;

  readonly #weights: Readonly<Record<FaultKind, number>>;
  readonly #losses: Losses;

  constructor(cluster: SimCluster, weights: Readonly<Record<FaultKind, number>>, losses: Losses) {
    this.#weights = weights;
    this.#losses = losses;
    this.#cluster = cluster;
    this.#random = cluster.scheduler.random;
  }

  /** Makes one thing go wrong. */
  inject(): void {
    const kind = drawKind(this.#random, this.#weights);
    this.injected += 1;
    this.byKind[kind] = (this.byKind[kind] ?? 0) + 1;
    this[kind]();
  }

  /** Whether something is still going to be put back as it was, for which its machine goes down once more. */
  get isMending(): boolean {
    return this.#pending > 0;
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

  /** A machine comes back without what it had of directories. */
  lostDirectory(): void {
    const machine = this.#any(this.#cluster.shardNodes);
    const onServing = forgetDirectories(this.#cluster, machine, this.#losses);
    this.#goDown(machine, 'without its directories');
    onServing();
    for (const path of machine.disk.paths().directories)
      if (/\/directory-\d+$/.test(path)) machine.disk.removeDirectory(path);
  }

  /** A machine comes back with an empty disk. What it cannot get from the log is put back later, as its message asks for. */
  emptyDisk(): void {
    const machine = this.#any(this.#cluster.shardNodes);
    if (this.#replaced.has(machine)) return this.kill();
    this.#replaced.add(machine);
    this.#cluster.diary.expectLoss(lostMessage);
    const onServing = forgetDirectories(this.#cluster, machine, this.#losses);
    this.#goDown(machine, 'with an empty disk');
    onServing();
    const image = machine.disk.replace();
    this.#later(this.#ms(500, 10_000), () => this.#putBack(machine, image));
  }

  /** One bit or a few of a file turn over while its machine is off; later the file is put back as it was. */
  bitRot(): void {
    const machine = this.#any(this.#cluster.shardNodes);
    const { disk } = machine;
    this.#goDown(machine, 'with bits turned over');
    // Names that were not synced went with the power.
    const { files } = disk.paths();
    if (files.length === 0) return;
    const path = this.#random.below(3) > 0 ? largest(files, disk) : this.#any(files);
    const count = this.#random.below(2) === 0 ? 1 : 2 + this.#random.below(200);
    this.#say(`${count} bits of ${path} on ${machine.name} turn over`);
    // A directory is built anew as a whole, and may be in the midst of that when the next thing goes wrong.
    this.#cluster.diary.expectLoss(path.includes('/directory-') ? dirname(path) : path);
    // What is copied from another node instead may be broken off, and is nothing then.
    this.#cluster.diary.expectLoss(lostMessage);
    const onServing = path.includes('/directory-') ? forgetDirectories(this.#cluster, machine, this.#losses) : null;
    const bits = 8 * disk.read(path).length;
    // Near each other, and rather where a file begins: its end says where what is, and is checked as a whole when it is opened.
    const first = Math.min(this.#random.below(bits), this.#random.below(bits));
    const turnBack = Array.from({ length: count }, () => disk.flip(path, (first + this.#random.below(2_048)) % bits));
    // Machines come back first.
    this.#later(2_000 + this.#ms(500, 10_000), () => {
      this.#goDown(machine, `with ${path} as it was`);
      for (const turn of turnBack) turn();
      onServing?.();
    });
  }

  /** Everything loses its power, and the log was put back from a copy that lacks its end. */
  lostEnd(): void {
    const { machines, world, scheduler } = this.#cluster;
    const downMs = this.#ms(50, 2_000);
    for (const machine of machines) this.#goDown(machine, 'with a log that lost its end');
    const starts = new Map(machines.map((machine) => [machine, machine.starts]));
    world.log.crash();
    const end = this.#losses.end(1 + this.#random.below(40));
    this.#later(downMs, () => (world.log.isDown = false));
    const isOver = (): boolean =>
      machines.every((machine) => machine.address !== null && machine.starts > starts.get(machine)!) &&
      world.registry.list(keys.directoryStates).every(({ value }) => DirectoryState.decode(value).state === 'ready');
    const wait = (sinceMs: number): void => {
      const nextMs = isOver() ? sinceMs : scheduler.nowMs;
      if (scheduler.nowMs - nextMs > 3_000) end();
      else this.#later(200, () => wait(nextMs));
    };
    wait(scheduler.nowMs);
  }

  #goDown(machine: Machine, how: string): void {
    machine.downMs = this.#ms(50, 4_000);
    machine.isPowerCut = this.#random.below(2) === 0;
    machine.crash();
    this.#say(`${machine.name} is going to come back ${how}`);
  }

  #putBack(machine: Machine, image: DiskImage): void {
    const lost = lostShards(this.#cluster, machine);
    if (lost === null) return this.#later(500, () => this.#putBack(machine, image));
    this.#replaced.delete(machine);
    if (lost.length === 0) return;
    const folders = lost.map(({ uid, shard, stay }) => `${uid}/${replicaFolder(shard, stay)}`);
    this.#goDown(machine, `with ${folders.join(', ')} put back`);
    for (const folder of folders) machine.disk.putBack(image, `/data/${folder}`);
  }

  #later(ms: number, task: () => void): void {
    this.#pending += 1;
    this.#cluster.scheduler.after(ms, () => {
      task();
      this.#pending -= 1;
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

/** The largest segment, which lives longest and is read most; of `files`, where there is none, the largest. */
function largest(files: readonly string[], disk: SimDisk): string {
  const segments = files.filter((path) => path.endsWith('.segment'));
  const among = segments.length > 0 ? segments : files;
  return among.reduce((best, path) => (disk.read(path).length > disk.read(best).length ? path : best));
}
