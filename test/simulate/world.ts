import type { Layer, Schedule } from '../../src/domain/schedule.ts';
import type { NotificationRules, PolicyStep, StepCondition, WakingHours } from '../../src/domain/words.ts';
import type { Ctx } from '../../src/platform/context.ts';

/** Picks by the seed. */
export interface Dice {
  /** A number in [0, 1). */
  roll(): number;
  chance(probability: number): boolean;
  /** An integer from `from` to `to`, both included. */
  between(from: number, to: number): number;
  pick<T>(from: readonly T[]): T;
}

export function createDice(random: () => number): Dice {
  const between = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  return {
    roll: random,
    chance: (probability) => random() < probability,
    between,
    pick(from) {
      const picked = from[between(0, from.length - 1)];
      if (picked === undefined) throw new Error('nothing to pick from');
      return picked;
    },
  };
}

// Both hemispheres, half-hour and quarter-hour offsets, a change of half an hour.
const zones = [
  'Europe/Berlin',
  'Europe/London',
  'America/New_York',
  'America/Los_Angeles',
  'America/St_Johns',
  'America/Santiago',
  'Australia/Adelaide',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Pacific/Chatham',
] as const;

export interface Policy {
  id: string;
  steps: PolicyStep[];
  repeatCount: number;
  acknowledgeTimeoutMs: number | null;
}

/** Who and what there is in one simulation. */
export interface World {
  startAt: number;
  people: string[];
  /** Contact method ids by person; charlie-like people have none. */
  methods: ReadonlyMap<string, readonly string[]>;
  /** How people want to be called; whoever is not in it, by all contact methods at once. */
  rules: ReadonlyMap<string, NotificationRules>;
  zones: ReadonlyMap<string, string>;
  /** The people behind owners and admins. */
  fallback: string[];
  teams: ReadonlyMap<string, readonly string[]>;
  schedules: Schedule[];
  policies: Policy[];
  services: { id: string; policyId: string | null }[];
}

const minute = 60_000;
const people = ['alice', 'bob', 'charlie', 'dana', 'erin', 'frank'];

/** A world whose clock stands shortly before a change of the clocks in one of the zones. */
export function makeWorld(dice: Dice): World {
  const zone = dice.pick(zones);
  const year = Temporal.ZonedDateTime.from({ year: dice.between(2026, 2030), month: 1, day: 1, timeZone: zone });
  const first = year.getTimeZoneTransition('next');
  const second = first?.getTimeZoneTransition('next');
  const change = dice.chance(0.5) ? first : second;
  if (!change) throw new Error(`${zone} does not change its clocks`);
  const startAt = change.epochMilliseconds - dice.between(1, 180) * minute;
  const nobodyCanReach = dice.pick(people);
  const methods = new Map(
    people.map((id) => [id, id === nobodyCanReach ? [] : dice.chance(0.25) ? [`${id}-1`, `${id}-2`] : [`${id}-1`]]),
  );
  const teams = new Map([
    ['team-a', people.slice(0, 2)],
    ['team-b', dice.chance(0.3) ? [nobodyCanReach] : people.slice(2, 4)],
  ]);
  const schedules = ['north', 'south', 'east'].map((id, index) =>
    makeSchedule(dice, id, index === 0 ? zone : dice.pick(zones), startAt),
  );
  const targets: PolicyStep['targets'] = [
    ...people.map((id) => ({ kind: 'person' as const, id })),
    ...[...teams.keys()].map((id) => ({ kind: 'team' as const, id })),
    ...[...teams.keys()].flatMap((id) => [0, 1].map(() => ({ kind: 'round-robin' as const, id }))),
    ...schedules.flatMap(({ id }) => Array.from({ length: 4 }, () => ({ kind: 'schedule' as const, id }))),
  ];
  const policies = ['main', 'other', 'short'].map((id) => ({
    id,
    steps: Array.from({ length: dice.between(1, 3) }, () => ({
      targets: Array.from({ length: dice.between(1, 2) }, () => dice.pick(targets)),
      waitMs: dice.between(1, 10) * minute,
      ...(dice.chance(0.25) && { when: makeCondition(dice) }),
    })),
    repeatCount: dice.between(0, 2),
    acknowledgeTimeoutMs: dice.chance(0.4) ? dice.between(5, 60) * minute : null,
  }));
  policies.push({ id: 'empty', steps: [], repeatCount: 0, acknowledgeTimeoutMs: null });
  const rules = new Map(
    people.flatMap((id) => (dice.chance(0.4) ? [[id, makeRules(dice, methods.get(id) ?? [])] as const] : [])),
  );
  const ownZones = new Map(people.map((id) => [id, dice.pick(zones)]));
  const services = Array.from({ length: 40 }, (_, index) => ({
    id: `service-${String(index).padStart(2, '0')}`,
    policyId: index < 24 ? 'main' : dice.pick(['other', 'short', 'empty', null]),
  }));
  return { startAt, people, methods, rules, zones: ownZones, fallback: ['dana'], teams, schedules, policies, services };
}

function makeHours(dice: Dice): WakingHours {
  const at = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;
  const from = dice.between(4, 23);
  const days = [1, 2, 3, 4, 5, 6, 7].filter(() => dice.chance(0.8));
  return { days: days.length > 0 ? days : [1], from: at(from), to: at((from + dice.between(4, 11)) % 24) };
}

function makeCondition(dice: Dice): StepCondition {
  const hours = { timeZone: dice.pick(zones), windows: [makeHours(dice)], outside: dice.chance(0.5) };
  const severities = dice.pick([['critical'], ['minor'], ['critical', 'major']] as const);
  return dice.chance(0.5) ? { hours } : { severities: [...severities], ...(dice.chance(0.3) && { hours }) };
}

function makeRules(dice: Dice, methods: readonly string[]): NotificationRules {
  const steps = (): NotificationRules['high'] =>
    Array.from({ length: methods.length === 0 ? 0 : dice.between(0, 3) }, () => ({
      contactMethodId: dice.pick(methods),
      afterMs: dice.between(0, 6) * minute,
    }));
  return { high: steps(), low: steps(), quietHours: dice.chance(0.6) ? makeHours(dice) : null };
}

function makeSchedule(dice: Dice, id: string, timeZone: string, startAt: number): Schedule {
  const layer = (name: string): Layer => {
    const start = Temporal.Instant.fromEpochMilliseconds(startAt)
      .toZonedDateTimeISO(timeZone)
      .toPlainDate()
      .subtract({ days: dice.between(-1, 20) });
    const hour = dice.chance(0.6) ? dice.between(0, 3) : dice.between(4, 23);
    const handOffTime = `${String(hour).padStart(2, '0')}:${dice.pick(['00', '15', '30', '45'])}`;
    const common = { start: start.toString(), handOffTime, every: dice.between(1, 2) };
    return {
      id: `${id}-${name}`,
      people: Array.from({ length: dice.between(dice.chance(0.1) ? 0 : 1, 4) }, () => dice.pick(people)),
      rotation: dice.chance(0.6)
        ? { kind: 'daily', ...common }
        : { kind: 'weekly', ...common, handOffDay: dice.between(1, 7) },
    };
  };
  const layers = dice.chance(0.3) ? [layer('base'), layer('top')] : [layer('base')];
  return { id, name: id, timeZone, layers };
}

/** Writes the world into an emptied database. */
export async function furnish(ctx: Ctx, world: World): Promise<void> {
  const created_at = world.startAt;
  const owned = { owned_by: 'console' as const, created_at, archived_at: null };
  const admins = world.fallback.map((id) => ({ id: `user-${id}`, name: id, email: `${id}@example.com` }));
  await ctx.db
    .insertInto('auth_users')
    .values(admins.map((user) => ({ ...user, role: 'admin' as const })))
    .execute();
  const hours = JSON.stringify({ days: [1], from: '09:00', to: '17:00' });
  const rows = world.people.map((id) => ({
    id,
    name: id,
    email: `${id}@example.com`,
    time_zone: world.zones.get(id) ?? 'UTC',
    notification_rules: world.rules.has(id) ? JSON.stringify(world.rules.get(id)) : null,
    waking_hours: hours,
    user_id: world.fallback.includes(id) ? `user-${id}` : null,
    ...owned,
  }));
  await ctx.db.insertInto('people').values(rows).execute();
  const methods = [...world.methods].flatMap(([person_id, ids]) =>
    ids.map((id, position) => ({
      id,
      person_id,
      kind: 'fake',
      label: 'fake',
      config: JSON.stringify({ kind: 'fake', address: id }),
      position,
      ...owned,
    })),
  );
  await ctx.db.insertInto('contact_methods').values(methods).execute();
  const teams = [...world.teams.keys()].map((id) => ({ id, name: id, policy_id: null, ...owned }));
  await ctx.db.insertInto('teams').values(teams).execute();
  const members = [...world.teams].flatMap(([team_id, ids]) => ids.map((person_id) => ({ team_id, person_id })));
  await ctx.db.insertInto('team_members').values(members).execute();
  const schedules = world.schedules.map(({ id, name, timeZone, layers }) => ({
    id,
    name,
    time_zone: timeZone,
    layers: JSON.stringify(layers),
    ...owned,
  }));
  await ctx.db.insertInto('schedules').values(schedules).execute();
  const policies = world.policies.map(({ id, steps, repeatCount, acknowledgeTimeoutMs }) => ({
    id,
    name: id,
    steps: JSON.stringify(steps),
    repeat_count: repeatCount,
    acknowledge_timeout_ms: acknowledgeTimeoutMs,
    ...owned,
  }));
  await ctx.db.insertInto('policies').values(policies).execute();
  const services = world.services.map(({ id, policyId }) => ({
    id,
    name: id,
    team_id: null,
    policy_id: policyId,
    status_since: created_at,
    ...owned,
  }));
  await ctx.db.insertInto('services').values(services).execute();
}
