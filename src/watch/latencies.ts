import type { EpochMs, JsonObject } from '../domain/words.ts';
import { isSlower, type LatencyBaseline, learnLatency } from '../domain/latency-baseline.ts';

/** What each check usually takes, from each of its locations: learnt in memory, and written down now and then. */
export interface Latencies {
  /** Takes over what the check's row remembers, unless more is known already. */
  adopt(checkId: string, stored: unknown, now: EpochMs): void;
  forget(checkId: string): void;
  /** Learns from a successful run. Returns whether it was slower than usual. */
  learn(checkId: string, location: string, totalMs: number, now: EpochMs): boolean;
  /** What is to be written down now, by check; at most 200, so that ten thousand checks do not come at once. */
  take(now: EpochMs): ReadonlyMap<string, JsonObject>;
}

interface Entry {
  places: Map<string, LatencyBaseline>;
  storedAt: EpochMs;
}

/** Losing an hour's learning in a crash costs nothing but patience, and a row a check an hour is nothing. */
const storeEveryMs = 3_600_000;
const maxStored = 200;

export function createLatencies(): Latencies {
  const entries = new Map<string, Entry>();
  const due = new Set<string>();
  return {
    adopt(checkId, stored, now) {
      if (!entries.has(checkId)) entries.set(checkId, { places: readPlaces(stored), storedAt: now });
    },
    forget(checkId) {
      entries.delete(checkId);
      due.delete(checkId);
    },
    learn(checkId, location, totalMs, now) {
      const entry = entries.get(checkId) ?? { places: new Map<string, LatencyBaseline>(), storedAt: now };
      entries.set(checkId, entry);
      const before = entry.places.get(location);
      entry.places.set(location, learnLatency(before, totalMs));
      if (now - entry.storedAt >= storeEveryMs) due.add(checkId);
      return isSlower(before, totalMs);
    },
    take(now) {
      const taken = new Map<string, JsonObject>();
      for (const checkId of due) {
        if (taken.size === maxStored) break;
        due.delete(checkId);
        const entry = entries.get(checkId);
        if (entry === undefined) continue;
        entry.storedAt = now;
        taken.set(checkId, Object.fromEntries(entry.places));
      }
      return taken;
    },
  };
}

function readPlaces(stored: unknown): Map<string, LatencyBaseline> {
  if (typeof stored !== 'object' || stored === null) return new Map();
  return new Map(
    Object.entries(stored as Record<string, Partial<LatencyBaseline> | null>).flatMap(([location, one]) => {
      const { median, spread, count } = one ?? {};
      if (typeof median !== 'number' || typeof spread !== 'number' || typeof count !== 'number') return [];
      return [[location, { median, spread, count }] as const];
    }),
  );
}
