import ICAL from 'ical.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { onCallAt, turnsBetween } from '../../../src/domain/schedule-on-call.ts';
import { calendarRoutes } from '../../../src/respond/index.ts';
import { readSchedules, resolveTargets } from '../../../src/respond/on-call.ts';
import { makeCalendarLink, readCalendarLinks, revokeCalendarLink } from '../../../src/respond/plan/calendar-links.ts';
import { shiftsAsCalendar } from '../../../src/respond/plan/calendar.ts';
import { addSchedule } from '../../../src/respond/plan/edit-schedules.ts';
import { answerSwap, askSwap, readSwaps, withdrawSwap } from '../../../src/respond/plan/swaps.ts';
import { addTimeOff, removeTimeOff } from '../../../src/respond/plan/time-off.ts';
import { both } from '../db/both.ts';
import { openStage, type Stage } from './respond-stage.ts';

const day = 86_400_000;
const at = (iso: string): number => Date.parse(iso);

/** What an independent parser reads out of a calendar. */
function readBack(text: string): { uid: string; fromAt: number; untilAt: number; summary: string }[] {
  const component = new ICAL.Component(ICAL.parse(text));
  return component.getAllSubcomponents('vevent').map((vevent) => {
    const event = new ICAL.Event(vevent);
    return {
      uid: event.uid,
      fromAt: event.startDate.toJSDate().getTime(),
      untilAt: event.endDate.toJSDate().getTime(),
      summary: event.summary,
    };
  });
}

describe.each(both)('shifts that people live with, on $kind', (subject) => {
  let stage: Stage;
  let scheduleId: string;
  const by = (id = 'alice') => ({ actor: { kind: 'person' as const, id }, now: stage.clock.now() });
  const whoAt = async (iso: string): Promise<string | undefined> => {
    const [schedule] = await readSchedules(stage.ctx, stage.clock.now(), [scheduleId]);
    return schedule && onCallAt(schedule, at(iso))?.personId;
  };
  const kinds = async (like: string): Promise<string[]> =>
    (await stage.ctx.db.selectFrom('events').select('kind').where('kind', 'like', like).orderBy('seq').execute()).map(
      ({ kind }) => kind,
    );
  beforeEach(async () => {
    stage = await openStage(subject);
    // Alice from Monday 30 November at 09:00 in Berlin, Bob from 7 December.
    const rotation = {
      kind: 'weekly' as const,
      every: 1,
      handOffDay: 1,
      handOffTime: '09:00',
      start: '2026-11-02',
    };
    const body = { name: 'Primary', timeZone: 'Europe/Berlin', layers: [{ people: ['alice', 'bob'], rotation }] };
    scheduleId = (await addSchedule(stage.ctx, body, by())).id;
  });
  afterEach(() => stage.close());

  test('who is away is stood in for, by the pager too, and only while away', async () => {
    const off = { fromAt: at('2026-12-01T00:00:00Z'), untilAt: at('2026-12-03T00:00:00Z') };
    const id = await addTimeOff(stage.ctx, { personId: 'alice', ...off }, by());
    expect(await whoAt('2026-12-02T12:00:00Z')).toBe('bob');
    expect(await whoAt('2026-12-03T00:00:00Z')).toBe('alice');
    const targets = [{ kind: 'schedule' as const, id: scheduleId }];
    expect((await resolveTargets(stage.ctx, targets, stage.clock.now())).people).toEqual(['bob']);
    await addTimeOff(stage.ctx, { personId: 'bob', ...off }, by());
    expect(await whoAt('2026-12-02T12:00:00Z')).toBeUndefined();

    await expect(removeTimeOff(stage.ctx, { id, personId: 'bob', mayAll: false }, by('bob'))).rejects.toMatchObject({
      code: 'not-found',
    });
    await removeTimeOff(stage.ctx, { id, personId: 'alice', mayAll: false }, by());
    expect(await whoAt('2026-12-02T12:00:00Z')).toBe('alice');
    await expect(
      addTimeOff(stage.ctx, { personId: 'alice', fromAt: 0, untilAt: stage.clock.now() }, by()),
    ).rejects.toMatchObject({ code: 'invalid' });
    expect(await kinds('time-off.%')).toEqual(['time-off.added', 'time-off.added', 'time-off.removed']);
  });

  test('a swap changes nothing before the yes, then both shifts at once, and never what is not theirs', async () => {
    const mine = { fromAt: at('2026-12-04T08:00:00Z'), untilAt: at('2026-12-05T08:00:00Z') };
    const theirs = { fromAt: at('2026-12-09T08:00:00Z'), untilAt: at('2026-12-10T08:00:00Z') };
    const ask = (more: object) =>
      askSwap(stage.ctx, { scheduleId, askerId: 'alice', askedId: 'bob', ...mine, ...more }, by());
    await expect(ask(theirs)).rejects.toMatchObject({ fields: [{ path: 'fromAt' }] });
    await expect(ask({ inReturn: mine })).rejects.toMatchObject({ fields: [{ path: 'inReturn.fromAt' }] });
    await expect(ask({ askedId: 'alice' })).rejects.toMatchObject({ fields: [{ path: 'askedId' }] });
    const withdrawn = await ask({});
    await withdrawSwap(stage.ctx, { swapId: withdrawn, personId: 'alice' }, by());
    const bobs = { swapId: withdrawn, personId: 'bob', accept: true };
    await expect(answerSwap(stage.ctx, bobs, by('bob'))).rejects.toMatchObject({ code: 'conflict' });

    const id = await ask({ inReturn: theirs, message: 'My sister marries.' });
    expect(await readSwaps(stage.ctx, stage.clock.now())).toMatchObject([{ id, inReturn: theirs }]);
    const mails = await stage.ctx.db.selectFrom('mails').select(['to_address', 'subject']).execute();
    expect(mails.map(({ to_address }) => to_address)).toEqual(['bob@example.com', 'bob@example.com']);
    expect(await whoAt('2026-12-04T12:00:00Z')).toBe('alice');
    await expect(answerSwap(stage.ctx, { swapId: id, personId: 'alice', accept: true }, by())).rejects.toMatchObject({
      code: 'not-found',
    });
    await answerSwap(stage.ctx, { swapId: id, personId: 'bob', accept: true }, by('bob'));
    expect(await whoAt('2026-12-04T12:00:00Z')).toBe('bob');
    expect(await whoAt('2026-12-09T12:00:00Z')).toBe('alice');
    expect(await whoAt('2026-12-03T12:00:00Z')).toBe('alice');
    expect(await readSwaps(stage.ctx, stage.clock.now())).toEqual([]);
    expect(await kinds('override.added')).toEqual(['override.added', 'override.added']);

    // What Alice no longer has cannot be given away a second time, and a refused answer leaves nothing behind.
    await expect(ask({})).rejects.toMatchObject({ fields: [{ path: 'fromAt' }] });
    const declined = await askSwap(stage.ctx, { scheduleId, askerId: 'bob', askedId: 'alice', ...mine }, by('bob'));
    await answerSwap(stage.ctx, { swapId: declined, personId: 'alice', accept: false }, by());
    expect(await whoAt('2026-12-04T12:00:00Z')).toBe('bob');
    expect(await kinds('swap.%')).toEqual([
      'swap.asked',
      'swap.withdrawn',
      'swap.asked',
      'swap.accepted',
      'swap.asked',
      'swap.declined',
    ]);
  });

  test('a calendar read back by another parser is the same shifts, with ids that stay; an ended link gives nothing', async () => {
    const now = stage.clock.now();
    const own = { personId: 'bob', scheduleId: null, now };
    const { id, url } = await makeCalendarLink(stage.ctx, own);
    expect((await makeCalendarLink(stage.ctx, own)).url).toBe(url);
    const app = calendarRoutes(stage.ctx);
    app.onError((_, c) => c.text('refused', 404));
    const path = new URL(url).pathname;
    const answer = await app.request(path);
    expect(answer.headers.get('content-type')).toBe('text/calendar; charset=utf-8');
    const [schedule] = await readSchedules(stage.ctx, now - 31 * day, [scheduleId]);
    if (!schedule) throw new Error('the schedule is there');
    const expected = turnsBetween(schedule, now - 31 * day, now + 183 * day).filter((turn) => turn.personId === 'bob');
    const events = readBack(await answer.text());
    expect(events.map(({ fromAt, untilAt }) => ({ fromAt, untilAt }))).toEqual(
      expected.map(({ fromAt, untilAt }) => ({ fromAt, untilAt })),
    );
    expect(events.length).toBeGreaterThan(12);
    expect(new Set(events.map(({ summary }) => summary))).toEqual(new Set(['On call: Primary']));
    // Over the end of summer time 2027-03-28 the hand-off stays at 09:00 in Berlin.
    expect(new Set(events.map(({ fromAt }) => new Date(fromAt).toISOString().slice(11, 16)))).toEqual(
      new Set(['08:00', '07:00']),
    );

    const later = readBack(await shiftsAsCalendar(stage.ctx, { personId: 'bob' }, now + 3 * day));
    const known = new Map(events.map((event) => [event.uid, event.fromAt]));
    expect(later.filter(({ uid, fromAt }) => known.get(uid) === fromAt).length).toBe(events.length);
    const whole = readBack(await shiftsAsCalendar(stage.ctx, { scheduleId }, now));
    expect(new Set(whole.map(({ uid }) => uid)).size).toBe(whole.length);
    expect((await readCalendarLinks(stage.ctx, 'bob'))[0]?.lastReadAt).toBe(now);

    await expect(revokeCalendarLink(stage.ctx, { personId: 'alice', linkId: id, now })).rejects.toMatchObject({
      code: 'not-found',
    });
    await revokeCalendarLink(stage.ctx, { personId: 'bob', linkId: id, now });
    for (const gone of [path, path.replace('.ics', ''), '/calendar/none.ics', `${path.slice(0, -6)}xx.ics`])
      expect((await app.request(gone)).status).toBe(404);
    expect((await makeCalendarLink(stage.ctx, own)).url).not.toBe(url);
  });
});
