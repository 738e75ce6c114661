import { fileURLToPath } from 'node:url';
import { owner } from '../../src/app/replay/crew.ts';
import { type Finding, judge } from '../../src/app/replay/judge.ts';
import { readScenarioFile } from '../../src/app/replay/read-scenario.ts';
import type { Story } from '../../src/app/replay/read-story.ts';
import { runReplay } from '../../src/app/replay/run-replay.ts';
import type { Scenario } from '../../src/app/replay/scenario.ts';
import type { Mood } from '../../src/app/replay/stage.ts';
import { type DatabaseKind, openTestApp } from './app.ts';
import { fakeClock } from './clock.ts';

/** How far the fake clock goes at once. Checks run every 20 s; three of them make a verdict. */
const stepMs: Record<Mood, number> = { calm: 240_000, busy: 20_000, steady: 240_000, quiet: 3_600_000 };

export async function bundledScenario(name: string): Promise<Scenario> {
  const read = await readScenarioFile(fileURLToPath(new URL(`../../scenarios/${name}.yaml`, import.meta.url)));
  if (!read.ok) throw new Error(`scenarios/${name}.yaml: ${read.errors[0]?.message ?? ''}`);
  return read.scenario;
}

export interface Played {
  story: Story;
  findings: Finding[];
}

/** Plays a scenario against the whole program under a fake clock, in this process, over real sockets. */
export async function playInProcess(
  scenario: Scenario,
  seed: number,
  database: DatabaseKind = 'embedded',
): Promise<Played> {
  const clock = fakeClock(scenario.startsAt);
  const story = await runReplay({
    scenario,
    seed,
    now: clock.now,
    async openStage({ config, variables }) {
      const app = await openTestApp({
        database,
        clock,
        yaml: config,
        proofOfWork: 'token',
        variables: {
          ...variables,
          HUGOPS_ADMIN_EMAIL: owner.email,
          HUGOPS_ADMIN_PASSWORD: owner.password,
          HUGOPS_TRUSTED_PROXIES: '1',
        },
      });
      return {
        url: app.url,
        async advance(until, mood) {
          const step = stepMs[mood];
          // In a quiet time nothing comes from outside; otherwise what is due within a step waits for its end.
          clock.advance(mood === 'quiet' ? Math.min(step, Math.max(1_000, until - clock.now())) : step);
          await app.app.tick();
        },
        async kill() {
          throw new Error('a process cannot kill itself and go on');
        },
        async finish(read) {
          return read(app.app.ctx.db);
        },
        stop: () => app.stop(),
      };
    },
  });
  return { story, findings: judge(scenario, story, seed) };
}
