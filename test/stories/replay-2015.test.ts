import { describe, expect, test } from 'vitest';
import { firstFailureAt, firstProviderPostAt } from '../../src/app/replay/scenario.ts';
import { databaseKinds } from '../harness/app.ts';
import { bundledScenario, type Played, playInProcess } from '../harness/replay.ts';

// 20 September 2015, from the first failed request to the thanks of the next day, against the whole program under a fake clock. Ten seeds of the
// crowd take minutes: HUGOPS_REPLAY_SEEDS=10 tells them all; one on each database is told always.

const seeds = Number(process.env['HUGOPS_REPLAY_SEEDS'] ?? '1');
const minute = 60_000;

async function tell(seed: number, database: (typeof databaseKinds)[number]): Promise<Played> {
  const scenario = await bundledScenario('2015-09-20-aws');
  const played = await playInProcess(scenario, seed, database);
  const { story, findings } = played;
  expect(findings.length).toBeGreaterThan(12);
  expect(findings.filter(({ isMet }) => !isMet)).toEqual([]);
  // Said once more in the story's own words, so that a scenario that expects less cannot hide it.
  expect(firstProviderPostAt(scenario)).toBe(Date.parse('2015-09-20T10:00:00Z'));
  expect(firstFailureAt(scenario)).toBe(Date.parse('2015-09-20T09:13:00Z'));
  const [netflix, everybody] = story.incidents;
  expect(netflix).toMatchObject({ services: ['netflix'] });
  expect(everybody?.services).toEqual([
    'airbnb',
    'amazon-video',
    'buffer',
    'echo',
    'imdb',
    'pocket',
    'reddit',
    'tinder',
  ]);
  expect(everybody?.cause?.id).toBe('aws/us-east-1/dynamodb');
  expect(story.causesNamed[0]?.at).toBeLessThan(Date.parse('2015-09-20T10:00:00Z') - 30 * minute);
  expect(
    story.pages
      .filter(({ status }) => status === 'sent')
      .map(({ personId }) => personId)
      .toSorted(),
  ).toEqual(['alice', 'bob', 'charlie', 'dana']);
  return played;
}

describe.each(databaseKinds)('20 September 2015, on %s', (database) => {
  test('is seen, understood, told and thanked for', { timeout: 600_000 }, async () => {
    const { story } = await tell(1, database);
    expect(story.stances.size).toBeGreaterThan(1_500);
    expect(story.reports.length).toBeGreaterThan(50);
  });
});

describe.runIf(seeds > 1)('20 September 2015, with other crowds', () => {
  test.each(Array.from({ length: seeds - 1 }, (_, index) => index + 2))(
    'comes out the same with seed %i',
    { timeout: 600_000 },
    async (seed) => {
      const { story } = await tell(seed, 'embedded');
      expect(story.stances.size).toBeGreaterThan(1_500);
    },
  );
});
