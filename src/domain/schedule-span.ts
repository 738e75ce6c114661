import type { Layer, Schedule } from './schedule.ts';
import { DAY_MS, HOUR_MS } from './wall-clock.ts';

const LEAST_MS = 28 * DAY_MS;
const MOST_MS = 364 * DAY_MS;

/**
 * How far to look ahead so that everybody had as many turns as everybody else: a multiple of the longest round of a layer, from
 * four weeks to a year, in milliseconds. Custom rules have no fixed round and do not count.
 */
export function wholeRoundsMs({ layers }: Schedule): number {
  const longestMs = Math.max(0, ...layers.map((layer) => turnMs(layer.rotation) * layer.people.length));
  if (longestMs === 0) return LEAST_MS;
  const rounds = Math.max(1, Math.ceil(LEAST_MS / longestMs));
  return Math.min(MOST_MS, rounds * longestMs);
}

function turnMs(rotation: Layer['rotation']): number {
  switch (rotation.kind) {
    case 'hourly':
      return rotation.every * HOUR_MS;
    case 'daily':
      return rotation.every * DAY_MS;
    case 'weekly':
      return rotation.every * 7 * DAY_MS;
    case 'monthly':
      return Math.round(rotation.every * 30.4375) * DAY_MS;
    case 'custom':
      return 0;
  }
}
