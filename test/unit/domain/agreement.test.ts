import { describe, expect, it } from 'vitest';
import {
  type Agreement,
  blindLocation,
  neededLocations,
  nextCheckVerdict,
  steadyAfterMs,
  type VerdictRules,
} from '../../../src/domain/agreement.ts';
import {
  newVerdictState,
  type ResultKind,
  signalOf,
  slowRuns,
  type VerdictState,
} from '../../../src/domain/verdict.ts';

const intervalMs = 30_000;
const rulesOf = (agreement: Agreement, ...locations: string[]): VerdictRules => ({
  thresholds: { failure: 2, recovery: 2 },
  intervalMs,
  locations,
  agreement,
});
const one = rulesOf('majority', 'local');
const three = rulesOf('majority', 'local', 'fra', 'nyc');

/** Plays `local+ fra- nyc?` (works, fails, cannot look), a round an interval; `fra!` is gone. Returns verdict, reason and signal after each round. */
function play(rules: VerdictRules, rounds: readonly string[], from: VerdictState = newVerdictState(0)) {
  let state = from;
  let now = 0;
  const told: string[] = [];
  const signals: string[] = [];
  for (const round of rounds) {
    now += intervalMs;
    let reason = '';
    for (const word of round.split(' ')) {
      const location = word.slice(0, -1);
      const kinds: Record<string, ResultKind> = { '+': 'ok', '~': 'ok', '-': 'failed', '?': 'untold' };
      const kind = kinds[word.slice(-1)];
      const step =
        kind === undefined
          ? blindLocation(state, location, 'location-gone', rules, now)
          : nextCheckVerdict(state, { location, result: kind, isSlow: word.endsWith('~') }, rules, now);
      const signal = signalOf(state, step.state);
      if (signal !== null) signals.push(signal);
      expect(step.changed).toBe(step.verdict !== state.verdict);
      ({ state } = step);
      ({ reason } = step);
    }
    told.push(`${state.verdict}:${reason}`);
  }
  return { told, signals, state, now };
}
const repeat = (count: number, ...rounds: string[]): string[] => Array.from({ length: count }, () => rounds).flat();
const all = (sign: string): string => `local${sign} fra${sign} nyc${sign}`;

describe('agreement between locations', () => {
  it.each<[Agreement, number, number, number]>([
    ['any', 3, 3, 1],
    ['majority', 3, 3, 2],
    ['majority', 4, 1, 3],
    ['all', 3, 3, 3],
    ['all', 3, 2, 2],
    ['all', 3, 1, 2],
    [2, 3, 3, 2],
    [5, 3, 3, 3],
  ])('%s of %i with %i seeing needs %i', (agreement, count, seeing, needed) => {
    expect(neededLocations(agreement, count, seeing)).toBe(needed);
  });

  it('is down at the threshold when all fail, and up when enough have recovered', () => {
    const { told, signals } = play(three, [all('+'), all('-'), all('-'), all('-'), all('+'), all('+')]);
    expect(told).toEqual([
      'up:still-up',
      'up:still-up',
      'down:still-down',
      'down:still-down',
      'down:still-down',
      'up:still-up',
    ]);
    expect(signals).toEqual(['firing', 'ok']);
  });

  it('stays up while one of three fails, and asks for one more failure when one objects', () => {
    const { told, signals } = play(three, [all('+'), ...repeat(5, 'local- fra+ nyc+')]);
    expect(told.at(-1)).toBe('up:too-few-locations-agree');
    expect(signals).toEqual([]);
    const disputed = play(three, [all('+'), ...repeat(3, 'local+ fra- nyc-')]);
    expect(disputed.told.slice(-2)).toEqual(['up:too-few-locations-agree', 'down:locations-agree']);
  });

  it.each<[Agreement, string[]]>([
    ['any', ['firing']],
    ['all', []],
    [2, []],
    [1, ['firing']],
  ])('with %s, one failing location of three gives %j', (agreement, expected) => {
    const rules = rulesOf(agreement, 'local', 'fra', 'nyc');
    expect(play(rules, [all('+'), ...repeat(4, 'local- fra+ nyc+')]).signals).toEqual(expected);
  });

  it('goes unknown when too few can look, keeps its alert, and takes no silence for recovery', () => {
    const down = play(three, [all('+'), all('-'), all('-')]);
    const lost = play(three, ['fra! nyc!', 'local+', 'local+', 'local+'], down.state);
    expect(lost.told.at(-1)).toBe('unknown:too-few-locations-look');
    expect(lost.signals).toEqual([]);
    const back = play(three, ['fra+', 'fra+'], lost.state);
    expect(back.told.at(-1)).toMatch(/^up:/);
    expect(back.signals).toEqual(['ok']);
  });

  it('is unknown when its only location is gone, or every one cannot look', () => {
    const probe = rulesOf('majority', 'fra');
    expect(play(probe, ['fra+', 'fra!']).told).toEqual(['up:first-success', 'unknown:location-gone']);
    expect(play(three, [all('+'), all('?')]).told.at(-1)).toBe('unknown:cannot-look');
    // What another location still delivers after it was taken off the check says nothing.
    expect(play(probe, ['fra+', 'nyc-', 'nyc-', 'nyc-']).told.at(-1)).toMatch(/^up:/);
  });
});

describe('flapping', () => {
  it('is held as down after the second fall within the window, until it is steady', () => {
    const round = repeat(2, 'local-').concat(repeat(2, 'local+'));
    const { told, signals, state, now } = play(one, ['local+', ...repeat(6, ...round)]);
    // Two alerts, the second of which stands through four more turns, instead of six.
    expect(signals).toEqual(['firing', 'ok', 'firing']);
    expect(told.at(-1)).toBe('down:flapping');
    const steadyRounds = steadyAfterMs(intervalMs) / intervalMs;
    let later = state;
    let signal: string | null = null;
    for (let round = 1; signal === null && round < 20; round++) {
      const step = nextCheckVerdict(
        later,
        { location: 'local', result: 'ok', isSlow: false },
        one,
        now + round * intervalMs,
      );
      signal = signalOf(later, step.state);
      if (signal === 'ok') expect([step.reason, round]).toEqual(['steady-again', steadyRounds - 2]);
      later = step.state;
    }
    expect(signal).toBe('ok');
    expect(later).toMatchObject({ verdict: 'up', flapping: null, turns: [] });
  });

  it('is no flapping when the falls are far apart', () => {
    const quiet = repeat(50, 'local+');
    const { signals } = play(one, ['local+', ...repeat(4, 'local-', 'local-', ...quiet)]);
    expect(signals).toEqual(repeat(4, 'firing', 'ok'));
  });
});

describe('degraded', () => {
  it('comes after several slow results in a row, calls nobody, and ends after as many usual ones', () => {
    const { told, signals } = play(one, [
      'local+',
      ...repeat(slowRuns - 1, 'local~'),
      'local+',
      ...repeat(slowRuns, 'local~'),
      ...repeat(slowRuns, 'local+'),
    ]);
    expect(told.filter((word) => word.startsWith('degraded')).length).toBe(slowRuns);
    expect(told.at(-1)).toBe('up:as-quick-as-usual');
    expect(signals).toEqual([]);
  });

  it('gives way to down, and needs the agreement of locations', () => {
    expect(play(one, ['local+', ...repeat(slowRuns, 'local~'), 'local-', 'local-']).told.at(-1)).toMatch(/^down/);
    expect(play(three, [all('+'), ...repeat(slowRuns, 'local~ fra+ nyc+')]).told.at(-1)).toMatch(/^up/);
    expect(play(three, [all('+'), ...repeat(slowRuns, 'local~ fra~ nyc+')]).told.at(-1)).toBe(
      'degraded:slower-than-usual',
    );
  });
});
