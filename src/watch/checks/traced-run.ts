import type { JsonObject } from '../../domain/words.ts';
import { CheckError, type CheckEnv, isCannotLook, type Outcome, type Phases, roundMs } from './check-kind.ts';
import { explainTimeout, newTrace, type Trace } from './connect.ts';
import { createSecrets, type Secrets } from './secrets.ts';

/** What every run over a connection carries with it. */
export interface TracedRun {
  env: CheckEnv;
  trace: Trace;
  secrets: Secrets;
  /** On the monotonic clock. */
  startedAt: number;
}

export const beginRun = (env: CheckEnv): TracedRun => ({
  env,
  trace: newTrace(),
  secrets: createSecrets(env),
  startedAt: performance.now(),
});

/** Milliseconds since the run began. */
export const elapsedMs = (run: TracedRun): number => roundMs(performance.now() - run.startedAt);

/**
 * Does the work and makes an outcome of how it ends: a CheckError is a failure with its message, the time-out one that says what was waited for.
 * Secrets are hidden from the message; `observe` hides them from what it shows. Anything else thrown is a fault of HugOps and goes on.
 */
export async function concludeRun(
  run: TracedRun,
  work: () => Promise<void>,
  observe: (ok: boolean) => JsonObject,
): Promise<Outcome> {
  const { env, trace, secrets } = run;
  try {
    await work();
    return { ok: true, totalMs: elapsedMs(run), phases: roundedPhases(trace.phases), observed: observe(true) };
  } catch (error) {
    if (!(error instanceof CheckError) && error !== env.signal.reason) throw error;
    const told = error === env.signal.reason ? explainTimeout(trace, env.timeoutMs) : (error as CheckError);
    return {
      ok: false,
      totalMs: elapsedMs(run),
      phases: roundedPhases(trace.phases),
      error: { code: told.code, message: secrets.hide(told.message) },
      observed: observe(false),
    };
  }
}

function roundedPhases(phases: Phases): Phases {
  const rounded: Phases = {};
  for (const key of ['dnsMs', 'connectMs', 'tlsMs', 'firstByteMs', 'transferMs'] as const) {
    const ms = phases[key];
    if (ms !== undefined) rounded[key] = roundMs(ms);
  }
  return rounded;
}

/**
 * What to throw when a third party that would tell about the service cannot be asked: that is no evidence about the service, so the verdict becomes
 * unknown. Failures that are ours already, and faults of HugOps, stay as they are.
 */
export function sourceTrouble(error: unknown, source: string, { env, trace }: TracedRun): unknown {
  const isTimeout = error === env.signal.reason;
  if (!isTimeout && (!(error instanceof CheckError) || isCannotLook(error.code))) return error;
  const { message } = isTimeout ? explainTimeout(trace, env.timeoutMs) : (error as CheckError);
  return new CheckError('source-unavailable', `${source} cannot be asked: ${message}`);
}
