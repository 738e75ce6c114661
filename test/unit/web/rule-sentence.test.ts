import { expect, test } from 'vitest';
import { rulesSentences } from '../../../web/src/pages/rule-sentence.ts';

const nameOf = (id: string): string => ({ push: 'push', phone: 'phone' })[id] ?? 'removed';

test('rules are told as plain sentences, in the order in which they act', () => {
  const high = [
    { contactMethodId: 'phone', afterMs: 120_000 },
    { contactMethodId: 'push', afterMs: 0 },
  ];
  expect(rulesSentences({ high, low: [], quietHours: { from: '22:00', to: '07:00' } }, nameOf)).toEqual([
    'Critical and major: push at once, phone after 2 min.',
    'Minor: all contact methods at once; between 22:00 and 07:00 it waits for the morning.',
  ]);
  expect(
    rulesSentences({ high: [], low: [{ contactMethodId: 'gone', afterMs: 0 }], quietHours: null }, nameOf),
  ).toEqual(['Critical and major: all contact methods at once.', 'Minor: removed at once.']);
});
