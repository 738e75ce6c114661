import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  backlogMs,
  type DuePage,
  ghostReason,
  maxPageAttempts,
  nextPageAttempt,
  planPages,
  type RecentMessages,
  stormLimitPerMinute,
} from '../../../src/domain/paging.ts';

const now = 10_000_000;
const page = (id: string, more: Partial<DuePage> = {}): DuePage => ({
  id,
  contactMethodId: 'phone',
  dueAt: now,
  kind: 'incident',
  incident: { status: 'triggered', merged: false },
  ...more,
});
const many = (count: number, more: Partial<DuePage> = {}): DuePage[] =>
  Array.from({ length: count }, (_, i) => page(`p${i}`, more));

describe('what to do with pages that are due', () => {
  test('nobody is called for what somebody has, what is over, or what became part of another', () => {
    expect(ghostReason({ status: 'acknowledged', merged: false })).toBe('acknowledged');
    expect(ghostReason({ status: 'resolved', merged: false })).toBe('resolved');
    expect(ghostReason({ status: 'triggered', merged: true })).toBe('merged');
    expect(ghostReason({ status: 'triggered', merged: false })).toBeUndefined();
    expect(planPages([page('a', { incident: { status: 'resolved', merged: false } })], new Map(), now)).toMatchObject([
      { action: 'cancel' },
    ]);
  });

  test('one late page is sent; several late ones are one message', () => {
    const late = { dueAt: now - backlogMs - 1 };
    expect(planPages([page('a', late)], new Map(), now)).toMatchObject([{ action: 'send' }]);
    expect(planPages(many(3, late), new Map(), now)).toMatchObject([{ action: 'sum-up', reason: 'backlog' }]);
  });

  test('a storm: singles up to the limit, then one summary, then waiting for the next minute', () => {
    const plans = planPages(many(25), new Map(), now);
    expect(plans.filter((plan) => plan.action === 'send')).toHaveLength(stormLimitPerMinute);
    expect(plans.at(-1)).toMatchObject({ action: 'sum-up', reason: 'storm', pages: { length: 15 } });
    const recent = new Map<string, RecentMessages>([['phone', { count: 11, lastSummaryAt: now - 1_000 }]]);
    expect(planPages(many(3), recent, now)).toMatchObject([
      { action: 'hold', until: now + 59_000, pages: { length: 3 } },
    ]);
  });

  test('a late page counts against the limit like any other', () => {
    const recent = new Map<string, RecentMessages>([
      ['phone', { count: stormLimitPerMinute, lastSummaryAt: undefined }],
    ]);
    const late = page('late', { dueAt: now - backlogMs - 1 });
    expect(planPages([late], recent, now)).toMatchObject([{ action: 'sum-up', reason: 'storm', pages: [late] }]);
    const plans = planPages([late, ...many(stormLimitPerMinute)], new Map(), now);
    expect(plans.filter((plan) => plan.action === 'send')).toHaveLength(stormLimitPerMinute);
    expect(plans[0]).toMatchObject({ action: 'send', page: late });
  });

  test('tests and summaries are never held back', () => {
    const recent = new Map<string, RecentMessages>([['phone', { count: 99, lastSummaryAt: now }]]);
    expect(planPages([page('t', { kind: 'test', incident: undefined })], recent, now)).toMatchObject([
      { action: 'send' },
    ]);
  });

  test('every page is planned exactly once, and no contact method gets more than the limit and one summary', () => {
    const pages = fc.array(
      fc.record({
        method: fc.constantFrom('a', 'b'),
        age: fc.integer({ min: 0, max: 200_000 }),
        status: fc.constantFrom('triggered' as const, 'acknowledged' as const, 'resolved' as const),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(pages, fc.integer({ min: 0, max: 20 }), (list, count) => {
        const due = list.map((one, i) =>
          page(`p${i}`, {
            contactMethodId: one.method,
            dueAt: now - one.age,
            incident: { status: one.status, merged: false },
          }),
        );
        const recent = new Map<string, RecentMessages>([['a', { count, lastSummaryAt: undefined }]]);
        const plans = planPages(due, recent, now);
        const planned = plans.flatMap((plan) => ('pages' in plan ? plan.pages : [plan.page])).map(({ id }) => id);
        expect(planned.toSorted()).toEqual(due.map(({ id }) => id).toSorted());
        for (const method of ['a', 'b']) {
          const singles = plans.filter((plan) => plan.action === 'send' && plan.page.contactMethodId === method);
          const before = method === 'a' ? count : 0;
          expect(singles.length).toBeLessThanOrEqual(Math.max(0, stormLimitPerMinute - before));
        }
      }),
    );
  });
});

describe('trying again', () => {
  test('waits longer each time, as long as the provider asks, and gives up in the end', () => {
    expect(nextPageAttempt(1, 0)).toBe(2_000);
    expect(nextPageAttempt(3, 0)).toBe(8_000);
    expect(nextPageAttempt(1, 0, 30_000)).toBe(30_000);
    expect(nextPageAttempt(1, 0, 10 * 3_600_000)).toBe(300_000);
    expect(nextPageAttempt(maxPageAttempts, 0)).toBeUndefined();
  });
});
