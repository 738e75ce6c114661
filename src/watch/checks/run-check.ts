import type { EpochMs, JsonObject } from '../../domain/words.ts';
import { CheckError, type CheckEnv, type CheckKind, type Outcome, roundMs } from './check-kind.ts';
import { activeKind } from './index.ts';

/** What every run shares. */
export interface RunOptions {
  allowPrivateNetworks: boolean;
  resolveHost: CheckEnv['resolveHost'];
  resolveSecret: CheckEnv['resolveSecret'];
}

/** A check made ready: its configuration is read once, not at each run. */
export interface PreparedCheck {
  kind: string;
  /** The host whose load it is; the check's own when its configuration cannot be read. */
  host: string;
  run(timeoutMs: number, now: EpochMs, stop: AbortSignal): Promise<Outcome>;
}

// A run that ignores its time-out is given this long, and then left behind.
const patienceMs = 1000;

/** Makes a check ready to run. A configuration that cannot be read yields runs that say so, so that it is seen where people look. */
export function prepareCheck(kind: string, config: JsonObject, options: RunOptions): PreparedCheck {
  const found = activeKind(kind);
  if (!found) return unready(kind, `there is no check kind "${kind}" that can be run`);
  const parsed = found.schema.safeParse(config);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return unready(
      kind,
      `its configuration is not valid: ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`,
    );
  }
  return {
    kind,
    host: found.hostOf(parsed.data),
    run: (timeoutMs, now, stop) => runBounded(found, parsed.data, { ...options, timeoutMs, now }, stop),
  };
}

const unready = (kind: string, message: string): PreparedCheck => ({
  kind,
  host: '',
  run: () => Promise.resolve({ ok: false, totalMs: 0, error: { code: 'config-invalid', message } }),
});

// One listener for all runs under a signal: thousands of listeners on one would each be searched for when they are removed.
const haltsBySignal = new WeakMap<AbortSignal, Set<() => void>>();

function haltsOf(stop: AbortSignal): Set<() => void> {
  const known = haltsBySignal.get(stop);
  if (known) return known;
  const halts = new Set<() => void>();
  stop.addEventListener(
    'abort',
    () => {
      for (const halt of halts) halt();
    },
    { once: true },
  );
  haltsBySignal.set(stop, halts);
  return halts;
}

/** Runs within the time-out whatever the kind does, and turns anything thrown into an outcome. */
function runBounded(
  kind: CheckKind,
  config: JsonObject,
  env: Omit<CheckEnv, 'signal'>,
  stop: AbortSignal,
): Promise<Outcome> {
  const startedAt = performance.now();
  const controller = new AbortController();
  const halt = (): void => controller.abort(new CheckError('timeout', 'stopped'));
  const halts = haltsOf(stop);
  if (stop.aborted) halt();
  return new Promise((resolve) => {
    let deadline = setTimeout(() => {
      controller.abort(new CheckError('timeout', `no result within ${env.timeoutMs} ms`));
      deadline = setTimeout(end, patienceMs, failure('timeout', `no result within ${env.timeoutMs} ms`));
    }, env.timeoutMs);
    halts.add(halt);
    function end(outcome: Outcome): void {
      clearTimeout(deadline);
      halts.delete(halt);
      resolve(outcome);
    }
    function failure(code: CheckError['code'], message: string): Outcome {
      return { ok: false, totalMs: roundMs(performance.now() - startedAt), error: { code, message } };
    }
    kind.run(config, { ...env, signal: controller.signal }).then(end, (error: unknown) => {
      if (error instanceof CheckError) return end(failure(error.code, error.message));
      // The message of an unexpected error may quote its input, and with it a secret: only its name is told.
      const name = error instanceof Error ? error.name : 'error';
      end(failure('internal', `the check itself failed (${name}); this is a fault of HugOps`));
    });
  });
}
