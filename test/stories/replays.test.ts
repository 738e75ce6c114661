import { describe, expect, test } from 'vitest';
import { bundledScenario, playInProcess } from '../harness/replay.ts';

// Bundled scenarios against the whole program under a fake clock: everything that each expects must come out. docs/replays.md has the same at real
// speed; 2015 is told over ten seeds in replay-2015.test.ts.

describe.each(['quiet-tuesday', 'brigade', 'bad-deploy-at-night', '2021-06-08-fastly', '2025-10-20-aws'])(
  '%s',
  (name) => {
    test('comes out as the scenario expects', { timeout: 300_000 }, async () => {
      const { findings } = await playInProcess(await bundledScenario(name), 1);
      expect(findings.length).toBeGreaterThan(3);
      expect(findings.filter(({ isMet }) => !isMet)).toEqual([]);
    });
  },
);
