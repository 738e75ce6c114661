import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  cancelMaintenance,
  scheduleMaintenance,
  tickMaintenances,
  updateMaintenance,
} from '../../../src/tell/index.ts';
import { maintenancesFileSchema } from '../../../src/tell/statuspage-schemas.ts';
import { both } from '../db/both.ts';
import { addPage, begin, minute, openTell, type Tell } from './open-tell.ts';

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
    expect(await kinds()).toEqual(['maintenance.scheduled', 'maintenance.started', 'maintenance.completed']);
  });

  test('slept through, it is still told as started and completed', async () => {
    const id = await scheduleMaintenance(tell.ctx, { ...plan, ...by() });
    await tickMaintenances(tell.ctx, plan.endsAt + hour);
    expect(await statusOf(id)).toBe('completed');
    expect(await kinds()).toEqual(['maintenance.scheduled', 'maintenance.started', 'maintenance.completed']);
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
    expect(await kinds()).toEqual(['maintenance.scheduled', 'maintenance.cancelled']);
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
