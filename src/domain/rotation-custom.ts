import { firstWall } from './rotation.ts';
import type { CustomRotation, ExpandRule } from './rotation.ts';
import { DAY_MS } from './wall-clock.ts';
import type { WallMs } from './wall-clock.ts';

/** Lists the readings of the rule in [fromWall, untilWall), ascending; DTSTART is `startWall`, all as though in UTC. */
export type ExpandBetween = (rule: string, startWall: WallMs, fromWall: WallMs, untilWall: WallMs) => readonly WallMs[];

const CHUNK_MS = 400 * DAY_MS;
/** 16 years of an hourly rule are 140,000 hand-offs; a rule that makes more is a mistake, not a rotation. */
const MAX_HAND_OFFS = 200_000;
const MAX_RULES = 1_000;

interface Known {
  readonly walls: WallMs[];
  untilWall: WallMs;
}

/**
 * Remembers the expansion of each rule, because a turn is numbered from the start of its rotation and expanding years of a
 * rule for each question would be slow. Hand it the expansion of an RRULE library; keep one for the process. Throws
 * RangeError when a rule makes more than 200,000 hand-offs.
 */
export function rememberHandOffs(expandBetween: ExpandBetween): ExpandRule {
  const rules = new Map<string, Known>();
  return (rotation: CustomRotation, untilWall: WallMs) => {
    const startWall = firstWall(rotation);
    const key = `${startWall} ${rotation.rule}`;
    let known = rules.get(key);
    if (known === undefined) {
      known = { walls: [], untilWall: startWall };
      if (rules.size >= MAX_RULES) rules.clear();
      rules.set(key, known);
    }
    while (known.untilWall < untilWall) {
      const to = known.untilWall + CHUNK_MS;
      for (const wall of expandBetween(rotation.rule, startWall, known.untilWall, to)) {
        if (known.walls.length >= MAX_HAND_OFFS) {
          rules.delete(key);
          throw new RangeError(`more than ${MAX_HAND_OFFS} hand-offs: ${rotation.rule}`);
        }
        if (wall > (known.walls.at(-1) ?? -Infinity)) known.walls.push(wall);
      }
      known.untilWall = to;
    }
    return known.walls;
  };
}
