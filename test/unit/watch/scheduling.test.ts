import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DueHeap } from '../../../src/watch/due-heap.ts';
import { createSlots, type SlotTask } from '../../../src/watch/slots.ts';
import { nextStart } from '../../../src/watch/spread.ts';

describe('DueHeap', () => {
  it('gives the earliest first, whatever is pushed and popped between', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat({ max: 50 }), fc.constant('pop' as const)), { maxLength: 200 }), (steps) => {
        const heap = new DueHeap<{ dueAt: number }>();
        const model: number[] = [];
        for (const step of steps) {
          if (step === 'pop') {
            expect(heap.pop()?.dueAt).toBe(model.sort((a, b) => a - b).shift());
          } else {
            heap.push({ dueAt: step });
            model.push(step);
          }
          expect(heap.peek()?.dueAt).toBe(model.length === 0 ? undefined : Math.min(...model));
          expect(heap.size).toBe(model.length);
        }
      }),
    );
  });
});

describe('nextStart', () => {
  it('lies after the moment, at most one interval away, always on the same grid', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 1000, max: 86_400_000 }),
        fc.integer({ min: 0, max: 4e12 }),
        (id, intervalMs, after) => {
          const start = nextStart(id, intervalMs, after);
          expect(start).toBeGreaterThan(after);
          expect(start - after).toBeLessThanOrEqual(intervalMs);
          expect(nextStart(id, intervalMs, start)).toBe(start + intervalMs);
          expect(nextStart(id, intervalMs, start - 1)).toBe(start);
        },
      ),
    );
  });

  it('spreads ids that look alike evenly over the interval', () => {
    const counts = Array.from({ length: 30 }, () => 0);
    for (let i = 0; i < 30_000; i++) {
      const second = Math.floor((nextStart(`chk_${i}`, 30_000, 0) % 30_000) / 1000);
      counts[second] = (counts[second] ?? 0) + 1;
    }
    // 1,000 a second on average; a hundred is more than three standard deviations.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});

describe('createSlots', () => {
  const task = (host: string, started: string[], slow = false): SlotTask => {
    const one: SlotTask = { host, slow, start: () => void started.push(host) };
    return one;
  };

  it('lets a full host wait without holding up another', () => {
    const started: string[] = [];
    const slots = createSlots({ concurrency: 10, perHost: 1 });
    const first = task('a', started);
    for (const one of [first, task('a', started), task('a', started), task('b', started)]) slots.submit(one);
    expect(started).toEqual(['a', 'b']);
    expect(slots.waiting()).toBe(2);
    slots.release(first);
    expect(started).toEqual(['a', 'b', 'a']);
  });

  it('keeps a quarter of the slots from slow tasks', () => {
    const started: string[] = [];
    const slots = createSlots({ concurrency: 8, perHost: 100 });
    const slow = Array.from({ length: 20 }, () => task('slow', started, true));
    for (const one of slow) slots.submit(one);
    expect(slots.running()).toBe(6);
    slots.submit(task('quick', started));
    expect(started.at(-1)).toBe('quick');
    for (const one of slow.slice(0, 6)) slots.release(one);
    expect(started.filter((host) => host === 'slow')).toHaveLength(12);
  });

  it('never exceeds a bound, starts everything, and ends empty', () => {
    const scenario = fc.array(fc.record({ host: fc.constantFrom('', 'a', 'b'), slow: fc.boolean() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        scenario,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 3 }),
        (wishes, concurrency, perHost) => {
          const slots = createSlots({ concurrency, perHost });
          const running: SlotTask[] = [];
          let startedCount = 0;
          for (const wish of wishes) {
            const one: SlotTask = {
              ...wish,
              start() {
                startedCount++;
                running.push(one);
                expect(running.length).toBeLessThanOrEqual(concurrency);
                if (wish.host !== '') {
                  expect(running.filter((other) => other.host === wish.host).length).toBeLessThanOrEqual(perHost);
                }
              },
            };
            slots.submit(one);
          }
          for (let one = running.shift(); one; one = running.shift()) {
            const { slow } = one;
            one.slow = !slow;
            slots.release(one);
          }
          expect(startedCount).toBe(wishes.length);
          expect([slots.running(), slots.waiting()]).toEqual([0, 0]);
        },
      ),
    );
  });
});
