import { parseArgs } from 'node:util';
import { parseDuration } from '../config/duration.ts';

export interface ReplayArgs {
  /** A path, or the name of a scenario that comes with HugOps. */
  readonly scenarios: readonly string[];
  readonly all: boolean;
  readonly table: boolean;
  readonly list: boolean;
  readonly speed: number;
  readonly seed: number;
  readonly killEveryMs: number | undefined;
  readonly databaseUrl: string | undefined;
  readonly report: string | undefined;
}

/** The command line cannot be used; the message says how it can. */
export class ReplayArgsError extends Error {
  override readonly name = 'ReplayArgsError';
}

/** Reads what stands after `hugops replay`. Throws ReplayArgsError. */
export function parseReplayArgs(args: readonly string[]): ReplayArgs {
  const { values, positionals } = parse([...args]);
  const killEvery = values['kill-every'];
  const killEveryMs = killEvery === undefined ? undefined : parseDuration(killEvery);
  if (killEvery !== undefined && (killEveryMs === undefined || killEveryMs < 60_000))
    throw new ReplayArgsError(`--kill-every: expected a duration of at least 1m such as 30m, found "${killEvery}"`);
  const databaseUrl = values['database-url'];
  if (databaseUrl !== undefined && !/^postgres(ql)?:\/\//.test(databaseUrl))
    throw new ReplayArgsError('--database-url: expected postgres://user:password@host:port/database');
  return {
    scenarios: positionals,
    all: values.all ?? false,
    table: values.table ?? false,
    list: values.list ?? false,
    speed: number('speed', values.speed ?? '60', 1, 1_000),
    seed: number('seed', values.seed ?? '1', 0, 2 ** 31 - 1),
    killEveryMs,
    databaseUrl,
    report: values.report,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        all: { type: 'boolean' },
        table: { type: 'boolean' },
        list: { type: 'boolean' },
        speed: { type: 'string' },
        seed: { type: 'string' },
        'kill-every': { type: 'string' },
        'database-url': { type: 'string' },
        report: { type: 'string' },
      },
    });
  } catch (error) {
    throw new ReplayArgsError(error instanceof Error ? error.message : String(error));
  }
}

function number(name: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new ReplayArgsError(`--${name}: expected a whole number from ${least} to ${most}, found "${text}"`);
}
