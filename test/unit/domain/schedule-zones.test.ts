import { describe, expect, test } from 'vitest';
import { shiftsBetween } from '../../../src/domain/schedule-on-call.ts';
import type { Schedule } from '../../../src/domain/schedule.ts';
import { wallClock } from '../../../src/domain/wall-clock.ts';
import { changes, ZONES } from './arbitrary-schedule.ts';
import { asStrip, drawSchedule, lines } from './schedule-by-hand.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** The full proof repeats what many zones share; the quick one crosses each kind of change once. */
const FULL = Number(process.env['HUGOPS_ROTATION_RUNS'] ?? '0') >= 100_000;

interface Change {
  readonly zone: string;
  readonly at: number;
}

/** All changes of offset of all zones from 2020 to 2035; in the quick run one of those at the same instant by the same offsets. */
function allChanges(): Change[] {
  const offset = (zone: string, at: number): number =>
    Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).offsetNanoseconds;
  const found = new Map<string, Change>();
  for (const zone of ZONES) {
    for (const at of changes(zone)) {
      const key = `${FULL ? zone : ''} ${at} ${offset(zone, at - 1)} ${offset(zone, at)}`;
      if (!found.has(key)) found.set(key, { zone, at });
    }
  }
  return [...found.values()];
}

describe('every change of the clock in every zone from 2020 to 2035', () => {
  const list = allChanges();

  test('is known: at least 900 different ones', () => {
    expect(list.length).toBeGreaterThan(FULL ? 4_000 : 900);
  });

  test('is walked through minute by minute, looking at the clock of Intl', () => {
    for (const { zone, at } of list) {
      const face = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
      const clock = wallClock(zone);
      const firstShown = new Map<number, number>();
      let furthest = -Infinity;
      // The walk starts before the change on a full minute, and sees the whole of what is repeated.
      for (let now = Math.floor(at / MINUTE) * MINUTE - 4 * HOUR; now < at + 4 * HOUR; now += MINUTE) {
        const shown = Date.parse(`${face.format(now).replace(' ', 'T')}Z`);
        const begin = furthest === -Infinity ? shown : furthest + MINUTE;
        for (let wall = begin; wall <= shown; wall += MINUTE) firstShown.set(wall, now);
        furthest = Math.max(furthest, shown);
        if (clock.wallAt(now) !== shown || Math.floor(clock.furthestAt(now) / MINUTE) * MINUTE !== furthest) {
          expect.fail(`${zone} ${new Date(now).toISOString()} shows ${face.format(now)}`);
        }
      }
      const wrong = [...firstShown].filter(([wall, now]) => clock.reachedAt(wall) !== now);
      expect({ zone, wrong }).toEqual({ zone, wrong: [] });
    }
  }, 300_000);

  test('is crossed by hourly and daily turns and restricted hours as strips of paper cross it', () => {
    for (const { zone, at } of list) {
      const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDateTime();
      // Half an hour into what is skipped or repeated, on either side of the clock's jump.
      for (const handOff of [local.subtract({ minutes: 30 }), local.add({ minutes: 30 })]) {
        const schedule = crossing(zone, handOff);
        const drawn = drawSchedule(schedule, at - 5 * HOUR, at + 5 * HOUR);
        const shifts = shiftsBetween(schedule, at - 5 * HOUR, at + 5 * HOUR);
        expect([zone, ...lines(shifts.map(asStrip))]).toEqual([zone, ...lines(drawn)]);
      }
    }
  }, 300_000);
});

function crossing(zone: string, handOff: Temporal.PlainDateTime): Schedule {
  const handOffTime = handOff.toPlainTime().toString().slice(0, 5);
  const start = handOff.toPlainDate().subtract({ days: 3 }).toString();
  return {
    id: 'crossing',
    name: zone,
    timeZone: zone,
    layers: [
      {
        id: 'hours',
        people: ['alice', 'bob', 'charlie'],
        rotation: { kind: 'hourly', every: 1, handOffTime, start },
      },
      {
        id: 'days',
        people: ['dora', 'emil'],
        rotation: { kind: 'daily', every: 1, handOffTime, start },
        restrictions: [{ from: handOffTime, to: '04:00' }],
      },
    ],
  };
}
