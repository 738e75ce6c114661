import { expect, test } from 'vitest';
import { updatesOf } from '../../../src/tell/updates.ts';

const facts = { incidentId: 'inc_1', openedAt: 1000, resolvedAt: null };
const posted = (id: string, at: number, phase: unknown, body: unknown) => ({ id, at, data: { phase, body } });

test('updates come newest first, as they were written', () => {
  const updates = updatesOf({
    ...facts,
    posted: [posted('e1', 1000, 'investigating', 'We look.'), posted('e2', 2000, 'identified', ' Found it.\n')],
  });
  expect(updates).toEqual([
    { id: 'e2', phase: 'identified', body: 'Found it.', at: 2000 },
    { id: 'e1', phase: 'investigating', body: 'We look.', at: 1000 },
  ]);
});

test('an incident made public later still has a first word, and one resolved in silence a last one', () => {
  const updates = updatesOf({ ...facts, resolvedAt: 9000, posted: [posted('e1', 5000, 'monitoring', 'Better.')] });
  expect(updates.map(({ id, phase, at }) => [id, phase, at])).toEqual([
    ['inc_1-resolved', 'resolved', 9000],
    ['e1', 'monitoring', 5000],
    ['inc_1-opened', 'investigating', 1000],
  ]);
});

test('nothing automatic is added where a person said it', () => {
  const updates = updatesOf({
    ...facts,
    resolvedAt: 3000,
    posted: [posted('e1', 1000, 'identified', 'Known.'), posted('e2', 3000, 'resolved', 'Done.')],
  });
  expect(updates.map((update) => update.id)).toEqual(['e2', 'e1']);
});

test('what is no update is not shown', () => {
  const updates = updatesOf({
    ...facts,
    posted: [
      posted('e1', 1000, 'investigating', 'We look.'),
      posted('e2', 2000, 'celebrating', 'x'),
      posted('e3', 2000, 'identified', 7),
      posted('e4', 2000, 'identified', '  '),
    ],
  });
  expect(updates.map((update) => update.id)).toEqual(['e1']);
});

test('two updates of one instant keep their order', () => {
  const updates = updatesOf({
    ...facts,
    posted: [posted('e1', 1000, 'investigating', 'a'), posted('e2', 1000, 'identified', 'b')],
  });
  expect(updates.map((update) => update.id)).toEqual(['e2', 'e1']);
});
