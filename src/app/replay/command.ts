import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { scaledClock, systemClock } from '../../platform/clock.ts';
import { formatConfigErrors } from '../config/index.ts';
import { scenariosDirectory } from '../shipped-files.ts';
import { openChildStage } from './child-stage.ts';
import { owner } from './crew.ts';
import { judge } from './judge.ts';
import { parseReplayArgs, type ReplayArgs, ReplayArgsError } from './parse-replay-args.ts';
import { borrowPort } from './borrow-port.ts';
import { createProgress } from './progress.ts';
import { readScenarioFile } from './read-scenario.ts';
import { reportHtml } from './report-html.ts';
import { type PlayedScenario, reportTable } from './report-table.ts';
import { reportText } from './report-text.ts';
import { ReplayStopped, runReplay } from './run-replay.ts';
import { withReplayDatabase } from './replay-database.ts';
import type { Scenario } from './scenario.ts';

export interface CommandParts {
  print(text: string): void;
  complain(text: string): void;
  /** A terminal redraws its last line; a log does not. */
  readonly isTerminal: boolean;
  readonly cwd: string;
  /** The entry of the program, which is started again as the one that is replayed on. */
  readonly program: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Aborts with Ctrl C. */
  readonly stop: AbortSignal;
}

const exit = { done: 0, failed: 1, usage: 2 } as const;
const firstScenario = '2015-09-20-aws';

/** `hugops replay`: plays scenarios and tells what came of them. Resolves with the exit code. */
export async function replayCommand(args: readonly string[], parts: CommandParts): Promise<number> {
  let options: ReplayArgs;
  try {
    options = parseReplayArgs(args);
  } catch (error) {
    if (!(error instanceof ReplayArgsError)) throw error;
    parts.complain(`${error.message}\n`);
    return exit.usage;
  }
  const bundled = await bundledNames();
  if (options.list) {
    parts.print(bundled.map((name) => `${name}\n`).join(''));
    return exit.done;
  }
  const names = options.all ? bundled : options.scenarios.length > 0 ? options.scenarios : [firstScenario];
  const scenarios: { name: string; scenario: Scenario }[] = [];
  for (const name of names) {
    const path = bundled.includes(name) ? join(scenariosDirectory(), `${name}.yaml`) : resolve(parts.cwd, name);
    const read = await readScenarioFile(path);
    if (!read.ok) {
      parts.complain(`${formatConfigErrors(read.errors)}\n`);
      return exit.usage;
    }
    scenarios.push({ name: basename(path).replace(/\.ya?ml$/, ''), scenario: read.scenario });
  }
  return playAll(scenarios, options, parts);
}

async function bundledNames(): Promise<string[]> {
  const files = await readdir(scenariosDirectory());
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .toSorted();
}

async function playAll(
  scenarios: readonly { name: string; scenario: Scenario }[],
  options: ReplayArgs,
  parts: CommandParts,
): Promise<number> {
  const played: PlayedScenario[] = [];
  try {
    for (const { name, scenario } of scenarios) {
      const done = await playOne(name, scenario, options, parts);
      played.push(done);
      if (options.table)
        parts.complain(
          `${name}: ${done.findings.filter(({ isMet }) => isMet).length} of ${done.findings.length} as expected\n`,
        );
      else parts.print(reportText(scenario, done.story, done.findings));
      if (options.report !== undefined || !options.all) {
        const file = resolve(parts.cwd, options.report ?? `replay-${name}.html`);
        await writeFile(file, reportHtml(done));
        parts.complain(`\nThe report with its plots: ${file}\n`);
      }
    }
  } catch (error) {
    if (!(error instanceof ReplayStopped)) throw error;
    parts.complain(`\n${error.message}\n`);
    return exit.failed;
  }
  if (options.table) parts.print(reportTable(played));
  return played.every(({ findings }) => findings.every(({ isMet }) => isMet)) ? exit.done : exit.failed;
}

async function playOne(
  name: string,
  scenario: Scenario,
  options: ReplayArgs,
  parts: CommandParts,
): Promise<PlayedScenario> {
  const { speed, seed } = options;
  const directory = await mkdtemp(join(tmpdir(), 'hugops-replay-'));
  const progress = createProgress(parts, scenario);
  try {
    const clock = scaledClock({ realAt: systemClock.now(), at: scenario.startsAt, speed: 0 });
    const port = await borrowPort();
    const story = await withReplayDatabase(options.databaseUrl, (databaseUrl) =>
      runReplay({
        scenario,
        seed,
        now: () => clock.now(),
        killEveryMs: options.killEveryMs,
        stop: parts.stop,
        onProgress: (at) => progress.show(at),
        async openStage(stage) {
          const child = { clock, realNow: systemClock.now, speed, directory, port, databaseUrl };
          const opened = await openChildStage({ ...child, program: parts.program, variables: parts.variables }, stage);
          progress.begin(opened.url, owner);
          return opened;
        },
      }),
    );
    return { name, scenario, story, findings: judge(scenario, story, seed) };
  } finally {
    progress.end();
    await rm(directory, { recursive: true, force: true });
  }
}
