import type { Actor } from '../../src/domain/words.ts';
import { ServiceError } from '../../src/platform/errors.ts';
import type { NewSignal } from '../../src/respond/index.ts';
import type { Process, Simulation } from './stage.ts';
import { survive } from './node.ts';

type Task = () => Promise<void>;

/** The people and the tools of the world, who do what they like when they like. */
export interface People {
  /** Between two steps, so that it is certain which override counted when. */
  arrangeOverrides(): Promise<void>;
  /** What they want to do in this step. */
  act(): Promise<Task[]>;
}

const hour = 3_600_000;

export function createPeople(stage: Simulation): People {
  const { root, clock, dice, gate, world, oracle, verbs } = stage;
  const someone = (): Actor => ({ kind: 'person', id: dice.pick(world.people) });
  const somewhere = (): Process | undefined => {
    const alive = stage.processes.filter(({ node }) => node.alive);
    return alive.length === 0 ? undefined : dice.pick(alive);
  };
  const lastSeq = async (): Promise<number> => {
    const row = await root
      .selectFrom('events')
      .select((select) => select.fn.max('seq').as('seq'))
      .executeTakeFirst();
    return row?.seq ?? 0;
  };

  async function arrangeOverrides(): Promise<void> {
    const process = somewhere();
    if (!process || !dice.chance(0.15)) return;
    clock.advance(1);
    const now = clock.now();
    const active = oracle.overrides.filter((one) => one.removedSeq === Infinity);
    if (active.length > 0 && dice.chance(0.3)) {
      const one = dice.pick(active);
      const seq = await lastSeq();
      await gate.run([verbs.removeOverride(process.ctx, { overrideId: one.id, actor: someone(), now })]);
      one.removedSeq = seq;
      return;
    }
    const fromAt = now + dice.between(-2 * hour, 2 * hour);
    const span = { fromAt, untilAt: Math.max(fromAt, now) + dice.between(1, 10 * hour) };
    const input = { scheduleId: dice.pick(world.schedules).id, personId: dice.pick(world.people), ...span };
    const afterSeq = await lastSeq();
    let id = '';
    const add = async (): Promise<void> => {
      id = await verbs.addOverride(process.ctx, { ...input, actor: someone(), now });
    };
    await gate.run([add()]);
    oracle.overrides.push({ id, ...input, afterSeq, removedSeq: Infinity });
  }

  function signals(): NewSignal[] {
    const isStorm = dice.chance(0.08);
    const isAllClear = !isStorm && dice.chance(0.12);
    const services = isStorm || isAllClear ? world.services.slice(0, dice.between(12, 24)) : [];
    while (!isStorm && !isAllClear && services.length < 6 && dice.chance(0.7)) services.push(dice.pick(world.services));
    return services.flatMap(({ id }) => {
      const keys = isAllClear ? ['one', 'two'] : [dice.chance(0.75) ? 'one' : 'two'];
      const status = isAllClear || (!isStorm && dice.chance(0.35)) ? ('ok' as const) : ('firing' as const);
      return keys.map((dedupKey) => ({
        serviceId: id,
        sourceKind: 'check',
        sourceId: id,
        dedupKey,
        status,
        severity: dice.pick(['critical', 'major', 'minor'] as const),
        summary: `${id} ${dedupKey}`,
        evidence: {},
        at: clock.now(),
      }));
    });
  }

  /** The pages that are still to be sent of an incident that was just taken in hand: there must be none. */
  async function expectTakenBack(incidentId: string): Promise<void> {
    const pass = gate.hold();
    try {
      const owed = await root
        .selectFrom('pages')
        .select('id')
        .where('incident_id', '=', incidentId)
        .where('status', '=', 'pending')
        .executeTakeFirst();
      const { status } = await root
        .selectFrom('incidents')
        .select('status')
        .where('id', '=', incidentId)
        .executeTakeFirstOrThrow();
      if (owed && status !== 'triggered')
        stage.violate('who takes an incident calls nobody more', `${owed.id} is still owed`);
    } finally {
      gate.leave(pass);
    }
  }

  function actOn(process: Process, incidentId: string): Task {
    const { ctx } = process;
    const now = clock.now();
    const actor: Actor = dice.chance(0.85) ? someone() : { kind: 'api', id: 'key' };
    const about = { incidentId, actor, now };
    const kind = dice.roll();
    if (kind < 0.45)
      return async () => {
        const { changed } = await verbs.acknowledgeIncident(ctx, { ...about, via: 'console' });
        if (changed) await expectTakenBack(incidentId);
      };
    if (kind < 0.65)
      return async () => {
        await verbs.resolveIncident(ctx, { ...about, how: 'by-hand' });
        await expectTakenBack(incidentId);
      };
    if (kind < 0.85) {
      const toPersonId = dice.pick(world.people);
      return () => verbs.reassignIncident(ctx, { ...about, toPersonId });
    }
    if (kind < 0.93) return () => verbs.addNote(ctx, { ...about, body: 'looking' });
    const untilAt = now + dice.between(1, 90) * 60_000;
    return async () => {
      await verbs.snoozeIncident(ctx, { ...about, untilAt, via: 'console' });
      await expectTakenBack(incidentId);
    };
  }

  async function act(): Promise<Task[]> {
    const tasks: Task[] = [];
    const open = await root
      .selectFrom('incidents')
      .select('id')
      .where('status', '!=', 'resolved')
      .orderBy('id')
      .execute();
    const taker = somewhere();
    const batch = signals();
    if (taker && batch.length > 0) tasks.push(async () => void (await verbs.raiseSignals(taker.ctx, batch)));
    for (let some = dice.between(0, 3); some > 0 && open.length > 0; some--) {
      const process = somewhere();
      if (process) tasks.push(actOn(process, dice.pick(open).id));
    }
    return tasks.map((task) => () => survive(refusable(task)));
  }
  return { arrangeOverrides, act };
}

/** It may be too late: the incident was resolved meanwhile, and says so. */
async function refusable(task: Task): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (!(error instanceof ServiceError && error.code === 'conflict')) throw error;
  }
}
