import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  cancelMaintenance,
  completeMaintenance,
  endSeries,
  notifySubscribers,
  planMaintenances,
  planSeries,
  scheduleMaintenance,
  startMaintenance,
  tickMaintenances,
  updateMaintenance,
} from '../../../src/tell/index.ts';
import { maintenancesFileSchema } from '../../../src/tell/statuspage-schemas.ts';
import { both } from '../db/both.ts';
import { addPage, begin, day, minute, openTell, type Tell } from './open-tell.ts';

const hour = 60 * minute;
const actor = { kind: 'person', id: 'per_alice' } as const;
const plan = {
  title: 'Larger machines',
  body: 'Search may be slow.',
  startsAt: begin + hour,
  endsAt: begin + 2 * hour,
  serviceIds: ['search'],
};

describe.each(both)('maintenance on $kind', (subject) => {
  let tell: Tell;
  beforeEach(async () => {
    tell = await openTell(subject);
    await addPage(tell);
  });
  afterEach(() => tell.close());

  const by = () => ({ actor, now: tell.time.now });
  const kinds = async (): Promise<string[]> =>
    (await tell.db.selectFrom('events').select('kind').orderBy('seq').execute()).map((event) => event.kind);
  const statusOf = async (id: string): Promise<string> =>
    (await tell.db.selectFrom('maintenances').select('status').where('id', '=', id).executeTakeFirstOrThrow()).status;
  const published = async (name: string): Promise<string[]> => {
    await tell.tick();
    const file = maintenancesFileSchema.parse(await tell.json(`/api/v2/scheduled-maintenances/${name}.json`));
    return file.scheduled_maintenances.map((maintenance) => maintenance.name);
  };

  test('is announced, starts and ends by itself, and the page says so', async () => {
    const id = await scheduleMaintenance(tell.ctx, { ...plan, ...by() });
    expect(await tickMaintenances(tell.ctx, tell.time.now)).toBe(0);
    expect(await published('upcoming')).toEqual(['Larger machines']);
    expect(await tell.read('/')).toContain('Planned maintenance');
    expect(await tell.read('/')).toContain('Everything is working');

    tell.time.now = plan.startsAt;
    expect(await tickMaintenances(tell.ctx, tell.time.now)).toBe(1);
    expect(await tickMaintenances(tell.ctx, tell.time.now)).toBe(0);
    expect(await published('active')).toEqual(['Larger machines']);
    expect(await published('upcoming')).toEqual([]);
    const running = await tell.read('/');
    expect(running).toContain('Maintenance is in progress');
    expect(running).toContain('Maintenance in progress');
    expect(await tell.read('/api/v2/components.json')).toContain('under_maintenance');

    tell.time.now = plan.endsAt;
    expect(await tickMaintenances(tell.ctx, tell.time.now)).toBe(1);
    expect(await statusOf(id)).toBe('completed');
    expect(await published('active')).toEqual([]);
    expect(await tell.read('/api/v2/components.json')).not.toContain('under_maintenance');
    expect(await kinds()).toEqual([
      'maintenance.scheduled',
      'maintenance.announced',
      'maintenance.started',
      'maintenance.completed',
    ]);
  });

  test('slept through, it is still told as started and completed', async () => {
    const id = await scheduleMaintenance(tell.ctx, { ...plan, ...by() });
    await tickMaintenances(tell.ctx, plan.endsAt + hour);
    expect(await statusOf(id)).toBe('completed');
    expect((await kinds()).slice(-2)).toEqual(['maintenance.started', 'maintenance.completed']);
  });

  test('can be moved, and extended while it runs, but its start stays', async () => {
    const id = await scheduleMaintenance(tell.ctx, { ...plan, ...by() });
    await updateMaintenance(tell.ctx, {
      id,
      change: { startsAt: begin + 2 * hour, endsAt: begin + 3 * hour },
      ...by(),
    });
    expect(await tickMaintenances(tell.ctx, plan.startsAt)).toBe(0);
    tell.time.now = begin + 2 * hour;
    await tickMaintenances(tell.ctx, tell.time.now);
    await updateMaintenance(tell.ctx, { id, change: { endsAt: begin + 4 * hour, serviceIds: ['docs'] }, ...by() });
    await expect(updateMaintenance(tell.ctx, { id, change: { startsAt: begin }, ...by() })).rejects.toMatchObject({
      fields: [{ path: 'startsAt' }],
    });
    expect(await tickMaintenances(tell.ctx, begin + 3 * hour)).toBe(0);
    await tell.tick();
    expect(await tell.read('/api/v2/scheduled-maintenances/active.json')).toContain('cmp-docs');
    expect(await tickMaintenances(tell.ctx, begin + 4 * hour)).toBe(1);
    await expect(updateMaintenance(tell.ctx, { id, change: { title: 'x' }, ...by() })).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  test('taken back, it neither starts nor shows', async () => {
    const id = await scheduleMaintenance(tell.ctx, { ...plan, ...by() });
    expect(await cancelMaintenance(tell.ctx, { id, ...by() })).toEqual({ changed: true });
    expect(await cancelMaintenance(tell.ctx, { id, ...by() })).toEqual({ changed: false });
    expect(await tickMaintenances(tell.ctx, plan.startsAt)).toBe(0);
    expect(await published('upcoming')).toEqual([]);
    expect(await tell.read('/')).not.toContain('Larger machines');
    expect(await kinds()).toEqual(['maintenance.scheduled', 'maintenance.announced', 'maintenance.cancelled']);
  });

  const subscribe = async (): Promise<void> => {
    const row = { id: 'sub_1', page_id: 'main', email: 'reader@example.com', created_at: begin - day };
    await tell.db
      .insertInto('subscribers')
      .values({ ...row, status: 'confirmed', confirmed_at: begin - day, unsubscribed_at: null })
      .execute();
  };
  const subjects = async (): Promise<string[]> => {
    await notifySubscribers(tell.ctx);
    return (await tell.db.selectFrom('mails').select('subject').orderBy('id').execute()).map((mail) => mail.subject);
  };

  test('subscribers are told before it begins, once, and again only when its time changes or it is cancelled', async () => {
    await subscribe();
    const week = { startsAt: begin + 7 * day, endsAt: begin + 7 * day + hour };
    const id = await scheduleMaintenance(tell.ctx, { ...plan, ...week, ...by() });
    await updateMaintenance(tell.ctx, { id, change: { endsAt: week.endsAt + hour }, ...by() });
    expect(await subjects()).toEqual([]);
    tell.time.now = begin + 4 * day;
    await tickMaintenances(tell.ctx, tell.time.now);
    await tickMaintenances(tell.ctx, tell.time.now);
    expect(await subjects()).toEqual(['Planned maintenance: Larger machines']);
    tell.time.now += minute;
    await updateMaintenance(tell.ctx, { id, change: { title: 'Machines' }, ...by() });
    await updateMaintenance(tell.ctx, { id, change: { endsAt: week.endsAt + 2 * hour }, ...by() });
    tell.time.now += minute;
    expect(await subjects()).toHaveLength(2);
    tell.time.now += minute;
    await cancelMaintenance(tell.ctx, { id, ...by() });
    expect((await subjects()).slice(1)).toEqual([
      'Maintenance at another time: Machines',
      'Maintenance cancelled: Machines',
    ]);
    const mail = await tell.db.selectFrom('mails').select(['body_text', 'headers']).executeTakeFirstOrThrow();
    expect(mail.body_text).toContain('From: 10 December 2026 at 14:40 UTC');
    expect(mail.body_text).toContain('Affects: The search');
    expect(mail.headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
  });

  test('started now it lasts as long as planned, and a person ends it; neither can be done out of turn', async () => {
    const id = await scheduleMaintenance(tell.ctx, { ...plan, ...by() });
    await expect(completeMaintenance(tell.ctx, { id, ...by() })).rejects.toMatchObject({ code: 'conflict' });
    expect(await startMaintenance(tell.ctx, { id, ...by() })).toEqual({ changed: true });
    expect(await startMaintenance(tell.ctx, { id, ...by() })).toEqual({ changed: false });
    const row = await tell.db.selectFrom('maintenances').selectAll().executeTakeFirstOrThrow();
    expect(row).toMatchObject({ status: 'in_progress', starts_at: begin, ends_at: begin + hour });
    tell.time.now += minute;
    expect(await completeMaintenance(tell.ctx, { id, ...by() })).toEqual({ changed: true });
    expect(await completeMaintenance(tell.ctx, { id, ...by() })).toEqual({ changed: false });
    await expect(startMaintenance(tell.ctx, { id, ...by() })).rejects.toMatchObject({ code: 'conflict' });
    expect(await tell.db.selectFrom('maintenances').select('ends_at').executeTakeFirst()).toEqual({
      ends_at: begin + minute,
    });
  });

  const series = {
    title: 'Patch day',
    body: '',
    serviceIds: ['search'],
    durationMs: hour,
    announceBeforeMs: day,
    firstAt: Date.UTC(2027, 1, 7, 1),
    timeZone: 'Europe/Berlin',
    rule: 'FREQ=MONTHLY;BYDAY=1SU',
  };
  const starts = async (): Promise<string[]> =>
    (await tell.db.selectFrom('maintenances').select('starts_at').orderBy('starts_at').execute()).map((row) =>
      new Date(row.starts_at).toISOString().slice(0, 16),
    );
  const pass = async (at: number): Promise<void> => {
    tell.time.now = at;
    await planMaintenances(tell.ctx, at);
    await tickMaintenances(tell.ctx, at);
  };

  test('a series keeps its time on the wall clock, has its next one planned always, and ends when it is told to', async () => {
    const id = await planSeries(tell.ctx, { ...series, ...by() });
    expect(await starts()).toEqual(['2027-02-07T01:00']);
    await pass(Date.UTC(2027, 1, 7, 1));
    await pass(Date.UTC(2027, 1, 7, 1, 1));
    await pass(Date.UTC(2027, 2, 7, 1));
    await pass(Date.UTC(2027, 2, 7, 3));
    // Berlin is two hours ahead since the end of March.
    expect(await starts()).toEqual(['2027-02-07T01:00', '2027-03-07T01:00', '2027-04-04T00:00']);
    const [next] = await tell.db.selectFrom('maintenances').select('id').where('status', '=', 'scheduled').execute();
    await cancelMaintenance(tell.ctx, { id: next?.id ?? '', ...by() });
    await pass(tell.time.now + minute);
    expect((await starts()).at(-1)).toBe('2027-05-02T00:00');
    expect(await endSeries(tell.ctx, { id, ...by() })).toEqual({ changed: true });
    expect(await endSeries(tell.ctx, { id, ...by() })).toEqual({ changed: false });
    await pass(Date.UTC(2027, 8, 1));
    expect(await starts()).toHaveLength(4);
    const open = tell.db.selectFrom('maintenances').select('id').where('status', 'in', ['scheduled', 'in_progress']);
    expect(await open.execute()).toEqual([]);
  });

  test('slept through for months, a series makes no backlog; a counted one ends by itself', async () => {
    await planSeries(tell.ctx, { ...series, ...by(), rule: 'FREQ=DAILY;COUNT=100' });
    await pass(Date.UTC(2027, 3, 1));
    await pass(Date.UTC(2027, 3, 1) + minute);
    expect(await starts()).toEqual(['2027-02-07T01:00', '2027-04-01T00:00', '2027-04-02T00:00']);
    await pass(Date.UTC(2027, 11, 1));
    expect(await tell.db.selectFrom('maintenance_series').select('plan_at').executeTakeFirst()).toEqual({
      plan_at: null,
    });
  });

  test.each([
    [{ rule: 'FREQ=HOURLY' }, 'rule'],
    [{ rule: 'FREQ=DAILY;BYSECOND=1' }, 'rule'],
    [{ rule: 'FREQ=DAILY\nEXDATE:20270207T010000Z' }, 'rule'],
    [{ rule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' }, 'rule'],
    [{ rule: 'FREQ=DAILY;UNTIL=20200101T000000Z', firstAt: Date.UTC(2019, 0, 1) }, 'rule'],
    [{ timeZone: 'Europe/Atlantis' }, 'timeZone'],
    [{ title: ' ' }, 'title'],
    [{ serviceIds: ['nothing'] }, 'serviceIds'],
  ])('a series with %j is refused and leaves nothing behind', async (change, path) => {
    await expect(planSeries(tell.ctx, { ...series, ...by(), ...change })).rejects.toMatchObject({
      fields: [{ path }],
    });
    expect(await tell.db.selectFrom('maintenance_series').selectAll().execute()).toEqual([]);
  });

  test.each([
    [{ title: '  ' }, 'title'],
    [{ title: 'x'.repeat(201) }, 'title'],
    [{ endsAt: plan.startsAt }, 'endsAt'],
    [{ startsAt: begin - 2 * hour, endsAt: begin - hour }, 'endsAt'],
    [{ startsAt: 1.5 }, 'startsAt'],
    [{ serviceIds: ['search', 'nothing'] }, 'serviceIds'],
  ])('a plan with %j is refused, names the field, and leaves nothing behind', async (change, path) => {
    await expect(scheduleMaintenance(tell.ctx, { ...plan, ...change, ...by() })).rejects.toMatchObject({
      code: 'invalid',
      fields: [{ path }],
    });
    expect(await tell.db.selectFrom('maintenances').selectAll().execute()).toEqual([]);
    expect(await kinds()).toEqual([]);
  });

  test('an unknown one is not found', async () => {
    await expect(cancelMaintenance(tell.ctx, { id: 'mnt_x', ...by() })).rejects.toMatchObject({ code: 'not-found' });
  });
});
