import { describe, expect, test } from 'vitest';
import { decidePush, pushAgainAfterMs } from '../../../src/domain/push.ts';

const now = 1_000_000_000;
const state = (more: Partial<Parameters<typeof decidePush>[0]> = {}) => ({
  publishedAt: undefined,
  failures: 0,
  nextAttemptAt: 0,
  ...more,
});

describe('whether a place needs the publication', () => {
  test.each([
    ['nothing is published', state(), undefined, 'wait', 'nothing-published'],
    ['it has nothing', state(), now, 'push', 'newer'],
    ['it has an older one', state({ publishedAt: now - 1 }), now, 'push', 'newer'],
    ['it has this one', state({ publishedAt: now }), now, 'wait', 'has-it'],
    ['it has one of a clock that was ahead', state({ publishedAt: now + 1 }), now, 'push', 'newer'],
    ['it refused a moment ago', state({ failures: 2, nextAttemptAt: now + 1 }), now, 'wait', 'failed-lately'],
    ['its wait is over', state({ failures: 2, nextAttemptAt: now }), now, 'push', 'retry'],
    [
      'its wait was set by a clock that was ahead',
      state({ failures: 1, nextAttemptAt: now * 2 }),
      now,
      'push',
      'retry',
    ],
  ] as const)('when %s', (_, place, published, action, reason) => {
    expect(decidePush(place, published, now)).toMatchObject({ action, reason });
  });
});

test('waits grow to a minute, and to what the place asks within ten', () => {
  expect([1, 2, 3, 7, 500].map((failures) => pushAgainAfterMs(failures))).toEqual([1000, 2000, 4000, 60_000, 60_000]);
  expect([0, 5000, 9e9].map((told) => pushAgainAfterMs(1, told))).toEqual([1000, 5000, 600_000]);
});
