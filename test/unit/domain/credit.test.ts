import { describe, expect, test } from 'vitest';
import { belongsTo, computeCredit, type CreditEvent, type CreditFacts } from '../../../src/domain/credit.ts';
import type { JsonObject } from '../../../src/domain/words.ts';

const instant = (text: string): number => Temporal.Instant.from(`${text}:00Z`).epochMilliseconds;
const minute = 60_000;

type Line = readonly [clock: string, who: string | null, kind: string, data?: JsonObject];

/** Lines of a timeline on 1 December 2026, UTC; `null` is HugOps itself. A clock from `1+` on is that many days later. */
function told(...lines: Line[]): CreditEvent[] {
  return lines.map(([clock, who, kind, data = {}]) => {
    const [days, time] = clock.includes('+') ? clock.split('+') : ['0', clock];
    return {
      kind,
      at: instant(`2026-12-01T${time}`) + Number(days) * 86_400_000,
      actor: who === null ? { kind: 'system' } : { kind: 'person', id: who },
      data,
    };
  });
}
const paged = (clock: string, personId: string): Line => [clock, null, 'page.sent', { personId }];
const took = (clock: string, who: string): Line => [clock, who, 'incident.acknowledged'];
const handed = (clock: string, from: string, to: string): Line => [
  clock,
  from,
  'incident.reassigned',
  { toPersonId: to },
];
const ended = (clock: string, who: string | null): Line => [clock, who, 'incident.resolved'];

const zones = new Map([
  ['alice', 'Europe/Berlin'],
  ['bob', 'America/New_York'],
  ['charlie', 'Asia/Seoul'],
  ['dana', 'Europe/Berlin'],
]);

interface Story {
  name: string;
  facts: CreditFacts;
  truth: Record<string, string[]>;
}

const stories: Story[] = [
  {
    name: '1. Alice is paged at noon, takes it and ends it',
    facts: { events: told(paged('11:00', 'alice'), took('11:01', 'alice'), ended('11:40', 'alice')), zones },
    truth: { alice: ['paged', 'acknowledged', 'resolved'] },
  },
  {
    name: '2. Nobody answers, the service comes back by itself: both were woken, and no machine is thanked',
    facts: {
      events: told(paged('02:00', 'alice'), paged('02:05', 'bob'), paged('02:05', 'alice'), ended('02:09', null)),
      zones,
    },
    truth: { alice: ['paged'], bob: ['paged'] },
  },
  {
    name: '3. Hand-over in the middle: Alice has it in her night, Bob takes over in his evening',
    facts: {
      events: told(
        paged('22:30', 'alice'),
        took('22:31', 'alice'),
        handed('1+00:30', 'alice', 'bob'),
        paged('1+00:31', 'bob'),
        took('1+00:33', 'bob'),
        ended('1+02:00', 'bob'),
      ),
      zones,
    },
    truth: {
      alice: ['paged', 'acknowledged', 'watched-night'],
      bob: ['paged', 'acknowledged', 'took-over', 'resolved'],
    },
  },
  {
    name: '4. Handed to Charlie, who never took it and got no page; Alice went on',
    facts: {
      events: told(
        paged('11:00', 'alice'),
        took('11:01', 'alice'),
        handed('11:20', 'alice', 'charlie'),
        took('11:25', 'alice'),
        ended('11:40', 'alice'),
      ),
      zones,
    },
    truth: { alice: ['paged', 'acknowledged', 'resolved'] },
  },
  {
    name: '5. Silent helpers: Dana found the query and Bob answered the customers; Alice adds them',
    facts: {
      events: told(paged('09:00', 'alice'), took('09:01', 'alice'), ended('09:30', 'alice')),
      additions: [
        { personId: 'dana', reason: 'helped' },
        { personId: 'bob', reason: 'supported' },
      ],
      zones,
    },
    truth: { alice: ['paged', 'acknowledged', 'resolved'], dana: ['helped'], bob: ['supported'] },
  },
  {
    name: '6. The fix came as a deploy of Dana, who appears nowhere else; the all-clear was automatic',
    facts: {
      events: told(paged('09:00', 'alice'), took('09:02', 'alice'), ended('09:50', null)),
      changes: [{ personId: 'dana' }],
      zones,
    },
    truth: { alice: ['paged', 'acknowledged'], dana: ['fixed'] },
  },
  {
    name: '7. Bob had taken the shift for somebody; Charlie had taken another one and was not needed',
    facts: {
      events: told(paged('15:00', 'bob'), took('15:01', 'bob'), ended('15:10', 'bob')),
      overrides: [{ personId: 'bob' }, { personId: 'charlie' }],
      zones,
    },
    truth: { bob: ['paged', 'acknowledged', 'took-shift', 'resolved'] },
  },
  {
    name: '8. Merged: Bob was paged for Search, Alice had Checkout, which it was part of',
    facts: {
      events: told(
        paged('12:00', 'alice'),
        paged('12:01', 'bob'),
        took('12:02', 'alice'),
        took('12:03', 'bob'),
        ['12:05', 'bob', 'note.added'],
        ['12:06', 'bob', 'incident.merged'],
        ended('12:30', 'alice'),
      ),
      zones,
    },
    truth: { alice: ['paged', 'acknowledged', 'resolved'], bob: ['paged', 'acknowledged', 'noted'] },
  },
  {
    name: '9. Charlie writes to the public, Alice works; what HugOps said by itself and what a key resolved is nobody’s',
    facts: {
      events: [
        ...told(
          paged('10:00', 'alice'),
          ['10:00', null, 'update.posted'],
          took('10:02', 'alice'),
          ['10:10', 'charlie', 'update.posted'],
          ['10:11', 'charlie', 'update.posted'],
          ['10:20', 'alice', 'note.added'],
        ),
        { kind: 'incident.resolved', at: instant('2026-12-01T10:40'), actor: { kind: 'api', id: 'key' }, data: {} },
      ],
      zones,
    },
    truth: { alice: ['paged', 'acknowledged', 'noted'], charlie: ['wrote-updates'] },
  },
  {
    name: '10. A whole night in Seoul: Charlie had it from 23:10 to 04:00, wrote, and rolled back; Bob led by day, as the team said',
    facts: {
      events: told(
        paged('14:10', 'charlie'),
        took('14:12', 'charlie'),
        ['15:00', 'charlie', 'update.posted'],
        ended('19:00', 'charlie'),
      ),
      changes: [{ personId: 'charlie' }],
      additions: [
        { personId: 'bob', reason: 'led' },
        { personId: 'dana', reason: 'reviewed' },
      ],
      zones,
    },
    truth: {
      charlie: ['paged', 'acknowledged', 'watched-night', 'wrote-updates', 'fixed', 'resolved'],
      bob: ['led'],
      dana: ['reviewed'],
    },
  },
];

test.each(stories)('$name', ({ facts, truth }) => {
  expect(Object.fromEntries(computeCredit(facts))).toEqual(truth);
});

describe('a night', () => {
  test.each([
    ['59 minutes are not one', 59, false],
    ['an hour is', 60, true],
  ])('%s', (_, minutes, isNight) => {
    const end = instant('2026-12-01T22:00') + minutes * minute;
    const events = told(took('22:00', 'alice'));
    const [reasons] = computeCredit({ events, zones, endedAt: end }).values();
    expect(reasons?.includes('watched-night')).toBe(isNight);
  });
});

describe('a change belongs to the repair', () => {
  const incident = { ids: ['one', 'merged'], serviceIds: ['checkout'], openedAt: 1_000, resolvedAt: 2_000 };
  test.each([
    ['of a service of it, while it lasted', { at: 1_500, serviceId: 'checkout', incidentId: null }, true],
    ['before it: that may be the cause', { at: 999, serviceId: 'checkout', incidentId: null }, false],
    ['after it', { at: 2_001, serviceId: 'checkout', incidentId: null }, false],
    ['of another service', { at: 1_500, serviceId: 'search', incidentId: null }, false],
    ['of no service', { at: 1_500, serviceId: null, incidentId: null }, false],
    ['when it names it, whenever that was', { at: 9_000, serviceId: null, incidentId: 'merged' }, true],
    ['when it names another one', { at: 1_500, serviceId: 'checkout', incidentId: 'two' }, false],
  ])('%s', (_, change, belongs) => {
    expect(belongsTo(change, incident)).toBe(belongs);
  });
});
