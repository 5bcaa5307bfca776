import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../random.js';
import type { CloudCell } from './cloud.js';
import { type Life, lifeOf, shortLife, type Step } from './lives.js';
import { SimulatedServer } from './simulated-server.js';
import type { Commit } from './truth.js';

/** The number of servers that exist at the same time. */
const POPULATION = 300;
/** The number of transactions that are in progress at the same time, without those that stay open. */
const WRITERS = 6;
/** The age of the first action of the past, in seconds. */
const PAST_SECONDS = 30 * 86_400;

/** The transactions before the test. */
const PAST: Commit = { sent: 0, done: 0, isLate: false };

interface Member {
  readonly life: Life;
  readonly cells: Set<CloudCell>;
  isDropped: boolean;
}

export interface Pace {
  /** The number of actions, with those of the past, after which the population stops. */
  readonly actions: number;
  /** The highest number of new actions in a second. */
  readonly perSecond: number;
  /** The longest time that a late transaction stays open, in milliseconds. */
  readonly late: number;
}

/** Servers that exist at the same time, and commit their changes. */
export class Population {
  private idle: Member[] = [];
  private readonly members = new Set<Member>();
  private pause: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly random: Random,
    private readonly cells: readonly CloudCell[],
  ) {}

  get actions(): number {
    return this.cells.reduce((sum, { truth }) => sum + truth.actionCount, 0);
  }

  /** Fills the empty databases with servers that no longer change. Archives half of the deleted servers. */
  async past(actions: number): Promise<void> {
    let time = Date.now() / 1_000 - PAST_SECONDS;
    while (this.actions < actions) {
      const lives = Array.from({ length: POPULATION / 10 }, () =>
        lifeOf(this.random, this.cells, () => time),
      );
      while (lives.length > 0) {
        const index = this.random.int(0, lives.length - 1);
        const step = lives[index]?.next();
        if (!step || step.done) lives.splice(index, 1);
        else step.value.cell.truth.apply(step.value.changes, PAST);
        time += 0.1;
      }
    }
    for (const { truth } of this.cells) {
      const deleted = truth.rows('instances', false).filter((row) => row['deleted'] !== 0);
      const moved = deleted.filter(() => this.random.chance(0.5)).map(({ id }) => id);
      truth.apply(truth.moves(moved), PAST);
    }
    await Promise.all(this.cells.map((cell) => cell.load()));
  }

  /** Commits changes until there are enough actions, and all transactions are committed. */
  async live(pace: Pace): Promise<void> {
    const begun = this.actions;
    const start = performance.now();
    const isAhead = (): boolean =>
      this.actions - begun > ((performance.now() - start) / 1_000) * pace.perSecond;
    const write = async (): Promise<void> => {
      while (this.actions < pace.actions) {
        await this.pause;
        if (isAhead()) await sleep(20);
        else await this.commitSome(pace.late);
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, write));
    for (const cell of this.cells) await cell.settled();
  }

  /** Restores a backup of a cell. The servers of the cell no longer change afterwards. */
  async restore(cell: CloudCell, backup: ReturnType<CloudCell['backup']>): Promise<void> {
    await this.whilePaused(async () => {
      await cell.restore(backup);
      for (const member of this.members) member.isDropped ||= member.cells.has(cell);
      this.idle = this.idle.filter(({ isDropped }) => !isDropped);
    });
  }

  /** Runs `work` while no transaction is in progress. */
  async whilePaused(work: () => Promise<void>): Promise<void> {
    const before = this.pause;
    const done = (async () => {
      await before;
      for (const cell of this.cells) await cell.settled();
      await work();
    })();
    this.pause = done.catch(() => undefined);
    await done;
  }

  /** Archives some of the deleted servers of each cell. */
  async archive(): Promise<void> {
    for (const cell of this.cells) {
      const deleted = cell.truth.rows('instances', false).filter((row) => row['deleted'] !== 0);
      await cell.archive(deleted.filter(() => this.random.chance(0.3)).map(({ id }) => id));
    }
  }

  /**
   * Creates servers in a cell that are deleted and archived at once.
   *
   * @returns the ids of their actions
   */
  async burst(cell: CloudCell, servers: number): Promise<number[]> {
    const uuids: string[] = [];
    for (let count = 0; count < servers; count += 1) {
      const server = new SimulatedServer(this.random, cell, () => Date.now() / 1_000);
      uuids.push(server.uuid);
      for (const { changes } of shortLife(server)) await cell.commit(changes);
    }
    const rows = uuids.flatMap((uuid) => cell.truth.childrenOf('instances', uuid));
    const actions = uuids.flatMap((uuid) => cell.truth.childrenOf('instance_actions', uuid));
    await cell.archive(rows.map(({ id }) => id));
    return actions.map(({ id }) => id);
  }

  private async commitSome(late: number): Promise<void> {
    const chosen = Array.from({ length: this.random.int(1, 8) }, () => this.choose());
    const steps = chosen.flatMap((member) => {
      const next = member.life.next();
      if (next.done) this.members.delete(member);
      return next.done ? [] : [{ member, step: next.value }];
    });
    for (const { member, step } of steps) member.cells.add(step.cell);
    const soon = steps.filter(({ step }) => !step.isLate);
    for (const { member, step } of steps.filter(({ step: { isLate } }) => isLate)) {
      void this.commit(step.cell, [{ member, step }], this.random.int(1, late));
    }
    await Promise.all(
      this.cells.map((cell) =>
        this.commit(
          cell,
          soon.filter(({ step }) => step.cell === cell),
        ),
      ),
    );
  }

  private async commit(
    cell: CloudCell,
    steps: readonly { readonly member: Member; readonly step: Step }[],
    held = 0,
  ): Promise<void> {
    if (steps.length === 0) return;
    await cell.commit(
      steps.flatMap(({ step }) => step.changes),
      held,
    );
    this.idle.push(...steps.map(({ member }) => member).filter(({ isDropped }) => !isDropped));
  }

  /** Removes a random member from the idle ones. Adds a new member while the population is small. */
  private choose(): Member {
    if (this.members.size < POPULATION || this.idle.length === 0) {
      const random = new Random(this.random.int(0, 2 ** 31));
      const life = lifeOf(random, this.cells, () => Date.now() / 1_000);
      const member: Member = { life, cells: new Set(), isDropped: false };
      this.members.add(member);
      return member;
    }
    const [chosen] = this.idle.splice(this.random.int(0, this.idle.length - 1), 1);
    if (chosen === undefined) throw new Error('no member is idle');
    return chosen;
  }
}
