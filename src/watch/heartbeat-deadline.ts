import type { EpochMs, JsonObject } from '../domain/words.ts';
import { heartbeatCheck } from './checks/heartbeat.ts';

const usualGraceMs = heartbeatCheck.schema.parse({}).graceMs;

const graceOf = (config: JsonObject): number => {
  const parsed = heartbeatCheck.schema.safeParse(config);
  return parsed.success ? parsed.data.graceMs : usualGraceMs;
};

/**
 * When silence becomes a failure: a period and its grace after the last ping; while a run is under way, also the grace after its start, whichever is
 * earlier (as healthchecks documents for its "start" signal).
 */
export function heartbeatDeadline(
  check: { interval_ms: number; config: JsonObject },
  heard: { lastPingAt: EpochMs | undefined; startedAt?: EpochMs | undefined },
): EpochMs | null {
  const expected = heard.lastPingAt === undefined ? [] : [heard.lastPingAt + check.interval_ms];
  const from = Math.min(...expected, ...(heard.startedAt === undefined ? [] : [heard.startedAt]));
  return Number.isFinite(from) ? from + graceOf(check.config) : null;
}
