import { type Clock, systemClock } from '../platform/clock.ts';
import { openLog } from '../platform/log.ts';
import { systemRandom } from '../platform/random.ts';
import { type App, createApp } from './create-app.ts';
import type { Environment } from './environment.ts';
import { needsSetUp } from './set-up.ts';

export interface Running {
  app: App;
  stop(): Promise<void>;
  /** Never settles by itself: the process ends by a signal or a fatal error. */
  ended: Promise<number>;
}

export interface ServeParts {
  pid: number;
  print(text: string): void;
  /** The program cannot go on. */
  onFatal(message: string): void;
  /** The machine's own when left out; a replay brings another. */
  clock?: Clock;
  /** For a replay, in which one machine solves the riddles of a whole crowd. */
  proofOfWork?: 'full' | 'token';
}

/** Runs HugOps, on the real clock unless told otherwise, and prints where to open it. */
export async function serve(environment: Environment, parts: ServeParts): Promise<Running> {
  const log = openLog(environment.logLevel);
  const app = await createApp({
    environment,
    clock: parts.clock ?? systemClock,
    random: systemRandom,
    log,
    pid: parts.pid,
    withProcessMetrics: true,
    ...(parts.proofOfWork === undefined ? {} : { proofOfWork: parts.proofOfWork }),
    onFatal(error) {
      log.error({ err: error }, 'the embedded database died');
      parts.onFatal(
        `The embedded database died: ${error.message}. Start HugOps again; everything acknowledged is on disk.`,
      );
    },
  });
  app.start();
  // Not waited for: requests are answered already, and a signal must find what to stop.
  greeting(app, environment).then(parts.print, (error: unknown) =>
    log.warn({ err: error }, 'the greeting is left out'),
  );
  return { app, stop: () => app.stop(), ended: new Promise(() => {}) };
}

async function greeting(app: App, environment: Environment): Promise<string> {
  const url = environment.publicUrl.endsWith(`:${environment.port}`)
    ? environment.publicUrl.replace(/:\d+$/, `:${app.port}`)
    : environment.publicUrl;
  const lines = (await needsSetUp(app.ctx))
    ? [`HugOps is running. Open ${url}/console to set it up.`, `The status page will be at ${url}`]
    : [`HugOps is running.`, `  status page  ${url}`, `  console      ${url}/console`];
  return `\n${lines.join('\n')}\n\n`;
}
