import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type Opened } from '../../src/platform/db/open-database.ts';
import { migratedDump } from '../harness/migrated-dump.ts';
import { planted } from './planted.ts';
import { simulate } from './simulate.ts';
import { verbs } from './verbs.ts';

// Enough for storms, crashes and hand-offs in nearly every seed; `npm run simulate` plays longer ones.
const steps = 14;
const shortSteps = 8;

describe('respond against chance', () => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await openDatabase({ memory: true, dump: await migratedDump() });
  });
  afterAll(() => opened?.close());

  test('50 seeds without a violation', async () => {
    const total = { incidents: 0, messages: 0, duplicates: 0, crashes: 0 };
    for (let seed = 1; seed <= 50; seed++) {
      const outcome = await simulate(opened, { seed, steps: shortSteps });
      expect(outcome.violations, `seed ${seed}`).toEqual([]);
      total.incidents += outcome.incidents;
      total.messages += outcome.messages;
      total.duplicates += outcome.duplicates;
      total.crashes += outcome.crashes;
    }
    // It must have been about something: otherwise nothing could be violated.
    expect(total.incidents).toBeGreaterThan(300);
    expect(total.messages).toBeGreaterThan(300);
    expect(total.crashes).toBeGreaterThan(20);
    expect(total.duplicates).toBeGreaterThan(0);
    expect(total.duplicates).toBeLessThan(total.messages / 10);
  });

  test('a seed replays exactly, another one does not', async () => {
    const once = await simulate(opened, { seed: 7, steps: shortSteps });
    expect(await simulate(opened, { seed: 7, steps: shortSteps })).toEqual(once);
    expect((await simulate(opened, { seed: 8, steps: shortSteps })).fingerprint).not.toBe(once.fingerprint);
  });

  // Each with a law that it breaks; the first seed that finds it is enough.
  test.each(Object.entries(planted))('found when planted: %s', async (_bug, wrong) => {
    const found = await findViolation(wrong);
    expect(found).not.toEqual([]);
  });

  async function findViolation(wrong: Partial<typeof verbs>): Promise<string[]> {
    for (let seed = 1; seed <= 30; seed++) {
      const { violations } = await simulate(opened, { seed, steps, verbs: { ...verbs, ...wrong } });
      if (violations.length > 0) return violations;
    }
    return [];
  }
});
