import type { EpochMs, JsonObject } from '../../../src/domain/words.ts';
import type { Outcome } from '../../../src/watch/checks/check-kind.ts';
import { createHostResolver, type ResolveHost } from '../../../src/watch/checks/resolve-host.ts';
import { prepareCheck, type RunOptions } from '../../../src/watch/checks/run-check.ts';

export interface TestRun extends Partial<RunOptions> {
  timeoutMs?: number;
  now?: EpochMs;
  secrets?: Record<string, string>;
}

const systemNames: ResolveHost = createHostResolver();

/** Runs a check once as the scheduler would. */
export function runOnce(kind: string, config: JsonObject, options: TestRun = {}): Promise<Outcome> {
  const check = prepareCheck(kind, config, {
    allowPrivateNetworks: options.allowPrivateNetworks ?? true,
    resolveHost: options.resolveHost ?? systemNames,
    resolveSecret: (source, name) => options.secrets?.[`${source}:${name}`],
  });
  return check.run(options.timeoutMs ?? 5000, options.now ?? Date.UTC(2026, 0, 1), new AbortController().signal);
}
