import { describe, expect, test } from 'vitest';
import type { Rotation } from '../../../src/domain/rotation.ts';
import { shiftsBetween } from '../../../src/domain/schedule-on-call.ts';
import type { Schedule } from '../../../src/domain/schedule.ts';

/** Hand-offs of a rotation as 'person HH:MM' lines in UTC, worked out by hand from the offsets named in each test. */
function turns(
  timeZone: string,
  rotation: Rotation,
  from: string,
  until: string,
  people = ['alice', 'bob', 'charlie'],
): string[] {
  const schedule: Schedule = { id: 's', name: 's', timeZone, layers: [{ id: 'l', people, rotation }] };
  return shiftsBetween(schedule, Date.parse(from), Date.parse(until)).map(
    (shift) => `${new Date(shift.fromAt).toISOString().slice(0, 16)}Z ${shift.personId}`,
  );
}

const daily = (handOffTime: string, start: string): Rotation => ({ kind: 'daily', every: 1, handOffTime, start });
const hourly = (every: number, handOffTime: string, start: string): Rotation => ({
  kind: 'hourly',
  every,
  handOffTime,
  start,
});

describe('Europe/Berlin', () => {
  test('29 March 2026 has no 02:30: the hand-off happens when the clock jumps, at 01:00Z', () => {
    expect(turns('Europe/Berlin', daily('02:30', '2026-03-28'), '2026-03-28T00:00Z', '2026-03-31T00:00Z')).toEqual([
      '2026-03-28T01:30Z alice',
      '2026-03-29T01:00Z bob',
      '2026-03-30T00:30Z charlie',
    ]);
  });

  test('25 October 2026 has two 02:30: the hand-off happens at the first', () => {
    expect(turns('Europe/Berlin', daily('02:30', '2026-10-24'), '2026-10-24T00:00Z', '2026-10-27T00:00Z')).toEqual([
      '2026-10-24T00:30Z alice',
      '2026-10-25T00:30Z bob',
      '2026-10-26T01:30Z charlie',
    ]);
  });

  test('in spring the hourly turn whose whole hour is missing is skipped', () => {
    expect(turns('Europe/Berlin', hourly(1, '00:00', '2026-03-29'), '2026-03-28T23:00Z', '2026-03-29T03:00Z')).toEqual([
      '2026-03-28T23:00Z alice',
      '2026-03-29T00:00Z bob',
      '2026-03-29T01:00Z alice',
      '2026-03-29T02:00Z bob',
    ]);
  });

  test('in autumn the hourly turn of the repeated hour lasts two', () => {
    expect(turns('Europe/Berlin', hourly(1, '01:00', '2026-10-25'), '2026-10-24T23:00Z', '2026-10-25T04:00Z')).toEqual([
      '2026-10-24T23:00Z alice',
      '2026-10-25T00:00Z bob',
      '2026-10-25T02:00Z charlie',
      '2026-10-25T03:00Z alice',
    ]);
  });

  test('twelve-hour turns keep 08:00 and 20:00 on the clock through summer and winter', () => {
    const people = ['alice', 'bob'];
    const day = (from: string, until: string): string[] =>
      turns('Europe/Berlin', hourly(12, '08:00', '2026-01-01'), from, until, people);
    expect(day('2026-01-20T07:00Z', '2026-01-21T00:00Z')).toEqual(['2026-01-20T07:00Z alice', '2026-01-20T19:00Z bob']);
    expect(day('2026-07-20T06:00Z', '2026-07-21T00:00Z')).toEqual(['2026-07-20T06:00Z alice', '2026-07-20T18:00Z bob']);
  });

  test('weekly turns begin on the first such day on or after the start', () => {
    const weekly = (start: string, every: number): Rotation => ({
      kind: 'weekly',
      every,
      handOffDay: 1,
      handOffTime: '09:00',
      start,
    });
    // 2026-03-18 is a Wednesday; the clock changes on the 29th.
    expect(turns('Europe/Berlin', weekly('2026-03-18', 1), '2026-03-18T00:00Z', '2026-04-10T00:00Z')).toEqual([
      '2026-03-23T08:00Z alice',
      '2026-03-30T07:00Z bob',
      '2026-04-06T07:00Z charlie',
    ]);
    expect(turns('Europe/Berlin', weekly('2026-03-16', 2), '2026-03-16T00:00Z', '2026-04-10T00:00Z')).toEqual([
      '2026-03-16T08:00Z alice',
      '2026-03-30T07:00Z bob',
    ]);
  });

  test('monthly turns on the 31st begin on the last day of a shorter month', () => {
    const monthly = (start: string, every: number): Rotation => ({
      kind: 'monthly',
      every,
      handOffDayOfMonth: 31,
      handOffTime: '12:00',
      start,
    });
    expect(turns('Europe/Berlin', monthly('2027-12-31', 1), '2027-12-01T00:00Z', '2028-05-01T00:00Z')).toEqual([
      '2027-12-31T11:00Z alice',
      '2028-01-31T11:00Z bob',
      '2028-02-29T11:00Z charlie',
      '2028-03-31T10:00Z alice',
      '2028-04-30T10:00Z bob',
    ]);
    expect(turns('Europe/Berlin', monthly('2026-02-01', 6), '2026-01-01T00:00Z', '2027-03-01T00:00Z')).toEqual([
      '2026-02-28T11:00Z alice',
      '2026-08-31T10:00Z bob',
      '2027-02-28T11:00Z charlie',
    ]);
  });

  test('a month whose day is before the start is passed over', () => {
    const monthly: Rotation = {
      kind: 'monthly',
      every: 1,
      handOffDayOfMonth: 5,
      handOffTime: '00:00',
      start: '2026-01-06',
    };
    expect(turns('Europe/Berlin', monthly, '2026-01-01T00:00Z', '2026-02-06T00:00Z')).toEqual([
      '2026-02-04T23:00Z alice',
    ]);
  });
});

describe('America/New_York', () => {
  test('8 March 2026 jumps from 02:00 to 03:00 at 07:00Z', () => {
    expect(turns('America/New_York', daily('02:15', '2026-03-07'), '2026-03-07T00:00Z', '2026-03-10T00:00Z')).toEqual([
      '2026-03-07T07:15Z alice',
      '2026-03-08T07:00Z bob',
      '2026-03-09T06:15Z charlie',
    ]);
  });

  test('1 November 2026 repeats 01:00 to 02:00 from 06:00Z', () => {
    expect(turns('America/New_York', daily('01:15', '2026-10-31'), '2026-10-31T00:00Z', '2026-11-03T00:00Z')).toEqual([
      '2026-10-31T05:15Z alice',
      '2026-11-01T05:15Z bob',
      '2026-11-02T06:15Z charlie',
    ]);
    // 02:00 comes only once, when the repeated hour is over.
    expect(turns('America/New_York', daily('02:00', '2026-11-01'), '2026-11-01T00:00Z', '2026-11-02T00:00Z')).toEqual([
      '2026-11-01T07:00Z alice',
    ]);
  });
});

describe('Australia/Lord_Howe, where summer is half an hour', () => {
  test('4 October 2026 jumps from 02:00 to 02:30 at 15:30Z', () => {
    expect(
      turns('Australia/Lord_Howe', daily('02:10', '2026-10-03'), '2026-10-02T00:00Z', '2026-10-05T00:00Z'),
    ).toEqual(['2026-10-02T15:40Z alice', '2026-10-03T15:30Z bob', '2026-10-04T15:10Z charlie']);
  });

  test('5 April 2026 repeats 01:30 to 02:00 from 15:00Z', () => {
    expect(
      turns('Australia/Lord_Howe', daily('01:45', '2026-04-04'), '2026-04-03T00:00Z', '2026-04-06T00:00Z'),
    ).toEqual(['2026-04-03T14:45Z alice', '2026-04-04T14:45Z bob', '2026-04-05T15:15Z charlie']);
  });
});

describe('Pacific/Apia', () => {
  test('30 December 2011 was never there: its hand-off happened at midnight, and the day after at nine', () => {
    expect(turns('Pacific/Apia', daily('09:00', '2011-12-29'), '2011-12-29T00:00Z', '2012-01-01T12:00Z')).toEqual([
      '2011-12-29T19:00Z alice',
      '2011-12-30T10:00Z bob',
      '2011-12-30T19:00Z charlie',
      '2011-12-31T19:00Z alice',
    ]);
  });

  test('4 April 2021, the last time that summer ended, repeats 03:00 to 04:00 from 14:00Z', () => {
    expect(turns('Pacific/Apia', daily('03:30', '2021-04-03'), '2021-04-02T00:00Z', '2021-04-05T00:00Z')).toEqual([
      '2021-04-02T13:30Z alice',
      '2021-04-03T13:30Z bob',
      '2021-04-04T14:30Z charlie',
    ]);
  });
});

describe('Africa/Casablanca, which leaves summer time for Ramadan', () => {
  test('15 February 2026 repeats 02:00 to 03:00, 22 March skips it', () => {
    expect(turns('Africa/Casablanca', daily('02:30', '2026-02-14'), '2026-02-14T00:00Z', '2026-02-17T00:00Z')).toEqual([
      '2026-02-14T01:30Z alice',
      '2026-02-15T01:30Z bob',
      '2026-02-16T02:30Z charlie',
    ]);
    expect(turns('Africa/Casablanca', daily('02:30', '2026-03-21'), '2026-03-21T00:00Z', '2026-03-24T00:00Z')).toEqual([
      '2026-03-21T02:30Z alice',
      '2026-03-22T02:00Z bob',
      '2026-03-23T01:30Z charlie',
    ]);
  });
});

test('Asia/Kathmandu is always 5 hours and 45 minutes ahead', () => {
  expect(turns('Asia/Kathmandu', daily('08:00', '2026-03-28'), '2026-03-28T00:00Z', '2026-03-31T00:00Z')).toEqual([
    '2026-03-28T02:15Z alice',
    '2026-03-29T02:15Z bob',
    '2026-03-30T02:15Z charlie',
  ]);
});
