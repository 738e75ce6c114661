import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { EpochMs } from '../../domain/words.ts';
import type { Pace, ScaledClock } from '../../platform/clock.ts';
import { openDatabase } from '../../platform/db/open-database.ts';
import type { Tables } from '../../platform/db/tables.ts';
import { owner } from './crew.ts';
import type { Mood, Stage, StageParts } from './stage.ts';

export interface ChildStageOptions {
  /** The clock that the program is given too; it stands still until the program is there. */
  readonly clock: ScaledClock;
  /** The machine's own time. */
  readonly realNow: () => EpochMs;
  readonly speed: number;
  /** A directory of the replay's own; the caller removes it. */
  readonly directory: string;
  readonly port: number;
  readonly databaseUrl: string | undefined;
  /** The program's entry, and the variables that a process needs here. */
  readonly program: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** What the program is told when it starts and whenever the pace changes. */
export type PaceMessage = { readonly pace: Pace };

/** The file that says that a data directory is a replay's; the program takes no other. */
export const sandboxMark = '.hugops-replay';

// So much of a quiet night or of the calm before passes at once, and then the program has so long to do what has become due. In the calm it learns
// how many people speak in five minutes, and may leave none of them out.
const jumpMs = { quiet: 15 * 60_000, calm: 4 * 60_000 } as const;
const restMs = 250;
/** How long is waited at most before the runner looks around again. */
const lookEveryMs = 50;
// The first start makes the database, which takes seconds, and on a busy machine a minute.
const startWithinMs = 180_000;

/** Plays on the real program in a process of its own, on a clock that runs fast. */
export async function openChildStage(options: ChildStageOptions, parts: StageParts): Promise<Stage> {
  const dataDir = join(options.directory, 'data');
  await mkdir(dataDir, { recursive: true });
  await writeFile(join(dataDir, sandboxMark), 'This directory belongs to a replay and is removed after it.\n');
  await writeFile(join(options.directory, 'hugops.yaml'), parts.config);
  const stage = new ChildStage(options, parts, dataDir);
  await stage.start();
  return stage;
}

class ChildStage implements Stage {
  readonly url: string;
  readonly #options: ChildStageOptions;
  readonly #parts: StageParts;
  readonly #dataDir: string;
  #child: ChildProcess | undefined;
  #said = '';

  constructor(options: ChildStageOptions, parts: StageParts, dataDir: string) {
    this.#options = options;
    this.#parts = parts;
    this.#dataDir = dataDir;
    this.url = `http://127.0.0.1:${options.port}`;
  }

  /** Starts the program and resolves when it answers. The scenario's clock stands still until time is let pass. */
  async start(): Promise<void> {
    const { clock, realNow, directory, program, variables, port, databaseUrl } = this.#options;
    const at = clock.now();
    clock.setPace({ realAt: realNow(), at, speed: 0 });
    const child = fork(program, ['replay-server'], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        PATH: variables['PATH'],
        HOME: directory,
        ...this.#parts.variables,
        HUGOPS_PORT: String(port),
        HUGOPS_URL: this.url,
        HUGOPS_DATA_DIR: this.#dataDir,
        HUGOPS_CONFIG: join(directory, 'hugops.yaml'),
        HUGOPS_ADMIN_EMAIL: owner.email,
        HUGOPS_ADMIN_PASSWORD: owner.password,
        HUGOPS_TRUSTED_PROXIES: '1',
        // A sandbox stands on loopback: whether the machine has a network is no matter.
        HUGOPS_NETWORK_REFERENCES: 'off',
        HUGOPS_LOG_LEVEL: variables['HUGOPS_LOG_LEVEL'] ?? 'error',
        ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
      },
    });
    this.#child = child;
    this.#said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => (this.#said = (this.#said + bytes.toString()).slice(-4_000)));
    this.#send({ realAt: realNow(), at, speed: 0 });
    await this.#untilReady(child);
  }

  #setPace(pace: Pace): void {
    this.#options.clock.setPace(pace);
    this.#send(pace);
  }

  #send(pace: Pace): void {
    // A child that has just ended hears nothing; its end is told elsewhere.
    this.#child?.send({ pace } satisfies PaceMessage, () => undefined);
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    const end = performance.now() + startWithinMs;
    while (performance.now() < end) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the program ended at its start: ${this.#said}`);
      const isReady = await fetch(`${this.url}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (isReady) return;
      await pause(30);
    }
    throw new Error(`the program did not start within ${startWithinMs / 1_000} s: ${this.#said}`);
  }

  async advance(until: EpochMs, mood: Mood): Promise<void> {
    const { clock, realNow, speed } = this.#options;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the program has ended: ${this.#said}`);
    const at = clock.now();
    if (mood === 'quiet' || mood === 'calm') {
      const to = mood === 'calm' ? at + jumpMs.calm : Math.min(at + jumpMs.quiet, until);
      this.#setPace({ realAt: realNow(), at: Math.max(at, to), speed });
      return pause(restMs);
    }
    if (clock.speed === 0) this.#setPace({ realAt: realNow(), at, speed });
    return pause(Math.max(1, Math.min(lookEveryMs, clock.realTimeOf(until) - realNow())));
  }

  async kill(): Promise<void> {
    await endOf(this.#child, 'SIGKILL');
    await this.start();
  }

  async finish<T>(read: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    await this.stop();
    const { databaseUrl } = this.#options;
    const opened = await openDatabase(
      databaseUrl === undefined ? { dataDir: join(this.#dataDir, 'db') } : { databaseUrl },
    );
    try {
      return await read(opened.db);
    } finally {
      await opened.close();
    }
  }

  async stop(): Promise<void> {
    await endOf(this.#child, 'SIGTERM');
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const endWithinMs = 10_000;

/** Ends a process and resolves when it is gone. Asked politely, it has so long. */
async function endOf(child: ChildProcess | undefined, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const tooLate = setTimeout(() => child.kill('SIGKILL'), endWithinMs);
  await gone;
  clearTimeout(tooLate);
}
