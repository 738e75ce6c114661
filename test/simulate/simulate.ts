import { type Kysely, sql } from 'kysely';
import type { Ctx } from '../../src/platform/context.ts';
import type { Tables } from '../../src/platform/db/tables.ts';
import type { Opened } from '../../src/platform/db/open-database.ts';
import type { Random } from '../../src/platform/random.ts';
import { fakeClock } from '../harness/clock.ts';
import { testCtx } from '../harness/ctx.ts';
import { seededRandom } from '../harness/seeded-random.ts';
import { createGate } from './gate.ts';
import { checkNow, checkPages, checkRest, checkStorms } from './laws.ts';
import { nodeDatabase, type SimNode, survive } from './node.ts';
import { createOracle } from './oracle.ts';
import { createPeople } from './people.ts';
import { createPhones, type PhoneMode } from './phones.ts';
import type { Process, Simulation } from './stage.ts';
import { checkStories } from './story.ts';
import { type Verbs, verbs as realVerbs } from './verbs.ts';
import { createDice, type Dice, furnish, makeWorld } from './world.ts';

export interface SimulateOptions {
  seed: number;
  /** How often the clock moves and everybody acts. */
  steps: number;
  /** Respond with a bug; as it is when left out. */
  verbs?: Verbs;
}

export interface Outcome {
  seed: number;
  incidents: number;
  pages: number;
  messages: number;
  duplicates: number;
  crashes: number;
  violations: string[];
  /** Everything that happened, as one number: the same for the same seed. */
  fingerprint: string;
}

/** Plays one seed on the opened database, which it empties first. The same seed on the embedded database replays exactly. */
export async function simulate(opened: Opened, options: SimulateOptions): Promise<Outcome> {
  const violations: string[] = [];
  const stage = await openSimulation(opened, options, violations);
  const people = createPeople(stage);
  let crashes = 0;
  for (let step = 0; step < options.steps && violations.length === 0; step++) {
    stage.clock.advance(nextPause(stage.dice));
    await revive(stage, opened.kind);
    await people.arrangeOverrides();
    misbehave(stage);
    const tasks = [...(await people.act()), ...stage.processes.flatMap((process) => loops(stage, process))];
    await stage.gate.run(tasks.map((task) => task()));
    crashes += await bury(stage);
    await checkNow(stage.root, stage.clock.now(), stage.violate);
    if (stage.dice.chance(0.3)) await rest(stage);
  }
  const quietSince = await endWell(stage, opened.kind);
  const duplicates = await checkPages(stage.root, stage.phones, { quietSince, now: stage.clock.now() }, stage.violate);
  checkStorms(stage.phones.deliveries, stage.violate);
  await checkStories(stage.root, stage.world, stage.oracle, stage.violate);
  const counted = await count(stage.root);
  return {
    seed: options.seed,
    ...counted,
    messages: stage.phones.deliveries.length,
    duplicates,
    crashes,
    violations,
  };
}

async function openSimulation(opened: Opened, options: SimulateOptions, violations: string[]): Promise<Simulation> {
  const root = opened.db;
  await sql`truncate events, mails, signals, alerts, incidents, pages, escalations, services, schedules, schedule_overrides, policies, teams,
    team_members, contact_methods, people, auth_users restart identity cascade`.execute(root);
  const dice = createDice(seededRandom(options.seed));
  const world = makeWorld(dice);
  const clock = fakeClock(world.startAt);
  const locksMayWait = opened.kind === 'postgres';
  const gate = createGate(seededRandom(options.seed + 1_000_003), { locksMayWait });
  const violate = (law: string, what: string): void =>
    void (violations.length < 20 && violations.push(`${law}: ${what}`));
  const phones = createPhones({ root, clock, gate, dice, violate });
  const bytes = seededRandom(options.seed + 2_000_003);
  const random: Random = { bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(bytes() * 256)) };
  const base: Ctx = { ...testCtx(opened, clock), random, wake: () => {} };
  await furnish(base, world);
  const processes = Array.from({ length: dice.chance(0.6) ? 2 : 1 }, (_, index) => {
    const node: SimNode = { id: `node-${index}-0`, alive: true, lives: Infinity };
    const db = nodeDatabase(root, node, gate, locksMayWait ? 'statement' : 'transaction');
    return { node, ctx: { ...base, db, nodeId: node.id } };
  });
  const verbs = options.verbs ?? realVerbs;
  return { root, clock, dice, gate, world, oracle: createOracle(world), phones, verbs, processes, violate };
}

/** Mostly seconds, often minutes, sometimes the clock jumps by hours: a laptop that was closed, a night without trouble. */
function nextPause(dice: Dice): number {
  const kind = dice.roll();
  if (kind < 0.45) return dice.between(1, 30) * 1_000;
  if (kind < 0.8) return dice.between(1, 6) * 60_000;
  return kind < 0.92 ? dice.between(10, 40) * 60_000 : dice.between(60, 720) * 60_000;
}

/** The three loops of a process, which know nothing of each other. */
function loops({ verbs, clock, phones }: Simulation, { node, ctx }: Process): (() => Promise<void>)[] {
  if (!node.alive) return [];
  const pager = phones.pagerOf(node);
  const until = (work: () => Promise<number>) => async (): Promise<void> => {
    for (let round = 0; round < 200; round++) if ((await work()) === 0) return;
    throw new Error('respond does not come to rest');
  };
  return [
    until(() => verbs.processSignals(ctx, clock.now())),
    until(() => verbs.runEscalations(ctx, clock.now())),
    until(() => verbs.sendPages(ctx, pager, clock.now())),
  ].map((task) => () => survive(task()));
}

/** Decides what goes wrong in this step. */
function misbehave({ dice, world, phones, processes }: Simulation): void {
  const modes: PhoneMode[] = ['well', 'well', 'flaky', 'busy', 'gone'];
  for (const id of [...world.methods.values()].flat()) if (dice.chance(0.06)) phones.modes.set(id, dice.pick(modes));
  phones.dying.clear();
  for (const { node } of processes) {
    if (!node.alive || !dice.chance(0.12)) continue;
    if (dice.chance(0.5)) node.lives = dice.between(0, 60);
    else phones.dying.set(node, dice.pick(['before', 'after']));
  }
}

/** Notes what the dead had on its way. Returns how many died. */
async function bury({ processes, phones }: Simulation): Promise<number> {
  let died = 0;
  for (const { node } of processes) {
    if (node.alive) {
      node.lives = Infinity;
      continue;
    }
    if (node.lives === -Infinity) continue;
    await phones.loseReceipts(node.id);
    node.lives = -Infinity;
    died += 1;
  }
  return died;
}

/** Starts dead processes again, some of them later. The only one on its data releases what it finds; others wait for the lease. */
async function revive(stage: Simulation, kind: Opened['kind'], all = false): Promise<void> {
  for (const process of stage.processes) {
    const { node } = process;
    if (node.alive || !(all || stage.dice.chance(0.6))) continue;
    const [name, index, start] = node.id.split('-');
    node.id = `${name}-${index}-${Number(start) + 1}`;
    node.alive = true;
    node.lives = Infinity;
    process.ctx = { ...process.ctx, nodeId: node.id };
    if (stage.processes.length === 1 && kind === 'embedded')
      await stage.gate.run([stage.verbs.releaseLeases(process.ctx)]);
  }
}

/** One process alone does everything that is due. */
async function rest(stage: Simulation): Promise<void> {
  const process = stage.processes.find(({ node }) => node.alive);
  if (!process) return;
  const { verbs, clock, phones } = stage;
  const pager = phones.pagerOf(process.node);
  phones.dying.clear();
  let now = clock.now();
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 200; round++) {
      now = clock.now();
      const { ctx } = process;
      const signals = await verbs.processSignals(ctx, now);
      const steps = await verbs.runEscalations(ctx, now);
      if (signals + steps + (await verbs.sendPages(ctx, pager, now)) === 0) return;
    }
    throw new Error('respond does not come to rest');
  };
  await stage.gate.run([settle()]);
  await checkRest(stage.root, now, stage.violate);
}

/** Lets everything work for a while, so that what is still owed was lost. Returns since when. */
async function endWell(stage: Simulation, kind: Opened['kind']): Promise<number> {
  const quietSince = stage.clock.now();
  for (const id of stage.phones.modes.keys()) stage.phones.modes.set(id, 'well');
  await revive(stage, kind, true);
  for (const pauseMs of [1, 61_000, 65_000, 65_000, 65_000, 65_000]) {
    stage.clock.advance(pauseMs);
    await rest(stage);
    await checkNow(stage.root, stage.clock.now(), stage.violate);
  }
  return quietSince;
}

async function count(root: Kysely<Tables>): Promise<Pick<Outcome, 'incidents' | 'pages' | 'fingerprint'>> {
  const { rows } = await sql<{ incidents: number; pages: number; fingerprint: string }>`
    select (select count(*)::int from incidents) as incidents, (select count(*)::int from pages) as pages,
      (select md5(string_agg(concat_ws(' ', seq, at, id, kind, incident_id, actor_id, data), '' order by seq)) from events) as fingerprint
    `.execute(root);
  if (!rows[0]) throw new Error('a count has a row');
  return rows[0];
}
