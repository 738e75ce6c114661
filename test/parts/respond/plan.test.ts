import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { processSignals, runEscalations } from '../../../src/respond/index.ts';
import { addPolicy, archivePolicy, changePolicy } from '../../../src/respond/plan/edit-policies.ts';
import { addSchedule, archiveSchedule, changeSchedule } from '../../../src/respond/plan/edit-schedules.ts';
import { addTeam, archiveTeam, changeTeam } from '../../../src/respond/plan/edit-teams.ts';
import { previewSchedule } from '../../../src/respond/plan/judge-schedule.ts';
import { readPlannedSchedules, readPolicies, readTeams } from '../../../src/respond/plan/read-plan.ts';
import type { ScheduleBody } from '../../../src/respond/plan/schemas.ts';
import { type TestApp, openTestApp } from '../../harness/app.ts';
import { both } from '../db/both.ts';
import { openStage, type Stage } from './respond-stage.ts';

const weekly = (people: string[], more: object = {}): ScheduleBody['layers'][number] => ({
  people,
  rotation: { kind: 'weekly', every: 1, handOffDay: 1, handOffTime: '09:00', start: '2026-11-02' },
  ...more,
});
const primary: ScheduleBody = { name: 'Primary', timeZone: 'Europe/Berlin', layers: [weekly(['alice', 'bob'])] };
type Problem = { errors?: { path: string }[] } | undefined;
const codes = (findings: { code: string }[]): string[] => findings.map(({ code }) => code);

describe.each(both)('planning on $kind', (subject) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await openStage(subject);
  });
  afterEach(() => stage.close());
  const by = () => ({ actor: { kind: 'person' as const, id: 'alice' }, now: stage.clock.now() });

  test('a schedule and a policy made from nothing decide who is called, and are only let go of in order', async () => {
    const { ctx } = stage;
    const schedule = await addSchedule(ctx, primary, by());
    expect(schedule.findings).toEqual([]);
    const wait = { waitMs: 300_000 };
    const steps = [{ targets: [{ kind: 'schedule' as const, id: schedule.id }], ...wait }];
    const body = { name: 'Call us', steps, repeatCount: 1, acknowledgeTimeoutMs: null, autoResolveMs: null };
    const policy = await addPolicy(ctx, body, by());
    expect(policy.findings).toEqual([]);
    const member = { personId: 'bob', isLead: true };
    const team = await addTeam(ctx, { name: 'Shop', policyId: policy.id, members: [member] }, by());
    await ctx.db.updateTable('services').set({ team_id: team.id, policy_id: null }).where('id', '=', 'a').execute();

    // Tuesday 1 December in Berlin: the fifth turn since 2 November, Alice's.
    await stage.raise();
    await processSignals(ctx, stage.clock.now());
    await runEscalations(ctx, stage.clock.now());
    const called = await ctx.db.selectFrom('pages').select('person_id').execute();
    expect(called).toEqual([{ person_id: 'alice' }]);

    await expect(archiveSchedule(ctx, schedule.id, by())).rejects.toThrow('Primary is still used by Call us');
    await expect(archivePolicy(ctx, policy.id, by())).rejects.toThrow('Call us is still used by Shop');
    await expect(archiveTeam(ctx, team.id, by())).rejects.toThrow('Shop is still used by');
    await changeTeam(ctx, team.id, { name: 'Shop', policyId: null, members: [member] }, by());
    await archivePolicy(ctx, policy.id, by());
    await archiveSchedule(ctx, schedule.id, by());
    expect((await readPlannedSchedules(ctx, stage.clock.now())).map(({ id }) => id)).not.toContain(schedule.id);
    expect((await readTeams(ctx)).find(({ id }) => id === team.id)?.findings.map(({ code }) => code)).toEqual([
      'no-policy',
    ]);
    const events = await ctx.db.selectFrom('events').select('kind').where('kind', 'like', '%.archived').execute();
    expect(events.map(({ kind }) => kind).toSorted()).toEqual(['policy.archived', 'schedule.archived']);
  });

  test('what cannot be computed is refused by its field; what is odd is saved with a standing warning', async () => {
    const { ctx } = stage;
    const bad = weekly(['alice'], {
      rotation: { kind: 'custom', rule: 'FREQ=FORTNIGHTLY', handOffTime: '09:00', start: '2026-11-02' },
    });
    await expect(addSchedule(ctx, { ...primary, timeZone: 'Mars/Olympus', layers: [bad] }, by())).rejects.toMatchObject(
      {
        code: 'invalid',
        fields: [{ path: 'timeZone' }, { path: 'layers.0.rotation.rule' }],
      },
    );
    expect(await ctx.db.selectFrom('events').select('kind').where('kind', '=', 'schedule.added').execute()).toEqual([]);

    const empty = await addSchedule(ctx, { ...primary, layers: [] }, by());
    expect(codes(empty.findings)).toEqual(['no-layers', 'covers-nobody']);
    await ctx.db.deleteFrom('contact_methods').where('person_id', '=', 'bob').execute();
    const gone = await changeSchedule(
      ctx,
      empty.id,
      {
        ...primary,
        layers: [weekly(['bob', 'nobody'], { restrictions: [{ days: [1], from: '09:00', to: '17:00' }] })],
      },
      by(),
    );
    expect(codes(gone.findings)).toEqual(['unknown-person', 'gaps', 'no-contact-method']);

    const step = (kind: 'person' | 'team' | 'schedule', id: string) => ({ targets: [{ kind, id }], waitMs: 60_000 });
    const policy = { name: 'Odd', repeatCount: 0, acknowledgeTimeoutMs: null, autoResolveMs: null };
    await expect(addPolicy(ctx, { ...policy, steps: [step('team', 'nowhere')] }, by())).rejects.toMatchObject({
      code: 'invalid',
      fields: [{ path: 'steps.0.targets.0' }],
    });
    const odd = await addPolicy(ctx, { ...policy, steps: [step('person', 'bob')] }, by());
    expect(codes(odd.findings)).toEqual(['reaches-nobody', 'target-reaches-nobody']);
    await ctx.db.updateTable('people').set({ archived_at: 1 }).where('id', '=', 'bob').execute();
    const onlyMinor = { ...step('person', 'alice'), when: { severities: ['minor' as const] } };
    const kept = await changePolicy(ctx, odd.id, { ...policy, steps: [step('person', 'bob'), onlyMinor] }, by());
    expect(codes(kept.findings)).toEqual(['severities-uncovered', 'target-is-gone']);
    expect((await readPolicies(ctx)).find(({ id }) => id === odd.id)?.findings).toEqual(kept.findings);
  });

  test('a preview shows shifts, gaps, double bookings and the score, and keeps nothing', async () => {
    const { ctx } = stage;
    await addSchedule(ctx, { ...primary, name: 'Other', layers: [weekly(['alice'])] }, by());
    const before = await readPlannedSchedules(ctx, stage.clock.now());
    const layers = [
      weekly(['alice', 'bob'], { restrictions: [{ days: [1, 2, 3, 4, 5], from: '00:00', to: '24:00' }] }),
    ];
    const preview = await previewSchedule(ctx, { ...primary, layers }, stage.clock.now());
    expect(preview.untilAt - preview.fromAt).toBe(28 * 86_400_000);
    expect(new Set(preview.shifts.map(({ person }) => person.id))).toEqual(new Set(['alice', 'bob']));
    expect(preview.gaps.length).toBe(4);
    expect(preview.gaps.every((gap) => gap.untilAt - gap.fromAt === 2 * 86_400_000)).toBe(true);
    expect(new Set(preview.doubleBookings.flatMap(({ schedules }) => schedules))).toEqual(new Set(['Other']));
    expect(new Set(preview.doubleBookings.map(({ person }) => person.id))).toEqual(new Set(['alice']));
    expect(preview.quality?.score).toBeLessThan(100);
    expect(preview.quality?.parts.find(({ kind }) => kind === 'coverage')?.message).toBe(
      'Nobody is on call for 29 % of the time.',
    );
    expect(await readPlannedSchedules(ctx, stage.clock.now())).toEqual(before);

    const byRule = {
      kind: 'custom' as const,
      rule: 'FREQ=WEEKLY;BYDAY=MO,FR',
      handOffTime: '18:00',
      start: '2026-11-02',
    };
    const custom = await previewSchedule(
      ctx,
      { ...primary, layers: [{ people: ['alice', 'bob'], rotation: byRule }] },
      stage.clock.now(),
    );
    expect(custom.shifts.slice(0, 2).map(({ untilAt }) => new Date(untilAt).toISOString())).toEqual([
      '2026-12-04T17:00:00.000Z',
      '2026-12-07T17:00:00.000Z',
    ]);
  });
});

describe('over HTTP', () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await openTestApp({
      startAt: '2026-12-01T02:00:00Z',
      yaml: `
people: { alice: { name: Alice, email: alice@example.com, timeZone: UTC, contact: [{ kind: email, address: alice@example.com }] } }
teams: { shop: { name: Shop, members: [alice] } }
policies: { default: { steps: [{ notify: [{ team: shop }] }] } }
services: { checkout: { name: Checkout, team: shop } }
`,
    });
  });
  afterEach(() => app.stop());

  test('bad input is refused by its field, and what the file owns stays the file’s', async () => {
    const ask = async (method: string, path: string, body?: unknown) => {
      const answer = await app.api(method, path, body);
      return { status: answer.status, paths: ((answer.body as Problem)?.errors ?? []).map(({ path }) => path) };
    };
    const layer = weekly(['alice']);
    expect(await ask('POST', '/schedules', { ...primary, name: ' ' })).toEqual({ status: 400, paths: ['name'] });
    expect(
      await ask('POST', '/schedules', {
        ...primary,
        layers: [{ ...layer, rotation: { ...layer.rotation, handOffTime: '25:00', every: 0 } }],
      }),
    ).toEqual({ status: 400, paths: ['layers.0.rotation.every', 'layers.0.rotation.handOffTime'] });
    expect(await ask('POST', '/policies', { name: 'Empty', steps: [] })).toEqual({ status: 400, paths: ['steps'] });
    expect(await ask('PUT', '/teams/shop', { name: 'Mine', members: [] })).toMatchObject({ status: 409 });
    expect(await ask('DELETE', '/policies/default')).toMatchObject({ status: 409 });
    expect(await ask('DELETE', '/schedules/none')).toMatchObject({ status: 404 });
    expect(await ask('POST', '/schedules', { ...primary, id: 'night', layers: [layer] })).toMatchObject({
      status: 201,
    });
    expect(await ask('POST', '/schedules', { ...primary, id: 'night' })).toEqual({ status: 409, paths: ['id'] });
    expect(
      await ask('POST', '/teams', { name: 'Twice', members: [{ personId: 'alice' }, { personId: 'alice' }] }),
    ).toEqual({ status: 400, paths: ['members.1.personId'] });
  });
});
