import type { Scenario } from './scenario.ts';

/** Where the world of the scenario is while it is played: addresses on loopback. */
export interface WorldAddresses {
  /** `http://127.0.0.1:port` by service. */
  readonly services: ReadonlyMap<string, string>;
  readonly smtpUrl: string;
}

/** The variable that holds the key of the webhook that brings posts. */
export const postsKeyVariable = 'REPLAY_POSTS_KEY';

export const personEmail = (id: string): string => `${id}@example.com`;

/** The hugops.yaml of the scenario's team: what it would have written itself. JSON is YAML. */
export function scenarioConfig(scenario: Scenario, world: WorldAddresses): string {
  const people = mapOf(scenario.people, ({ name, timeZone, showName, wakingHours }, id) => ({
    name,
    email: personEmail(id),
    timeZone,
    showName,
    ...(wakingHours === undefined ? {} : { wakingHours: { ...wakingHours, days: wakingHours.days.map(dayName) } }),
    contact: [{ kind: 'email', address: personEmail(id) }],
  }));
  const teams = mapOf(scenario.teams, ({ name, onCall }, id) => ({
    name,
    members: [...new Set(onCall)],
    policy: id,
    hugs: { publishUnseen: false },
  }));
  const policies = mapOf(scenario.teams, ({ name, onCall, escalatesAfter }) => ({
    name,
    steps: onCall.map((person) => ({ notify: [{ person }], wait: `${escalatesAfter / 1_000}s` })),
    repeat: 0,
  }));
  const services = mapOf(scenario.services, (service, id) => ({
    name: service.name,
    team: service.team,
    dependsOn: service.dependsOn,
    listen: { names: [service.name] },
    checks: {
      home: {
        kind: 'http',
        url: `${world.services.get(id) ?? ''}/`,
        interval: `${service.every / 1_000}s`,
        timeout: `${Math.min(checkTimeoutMs, service.every)}ms`,
        failureThreshold: service.failures,
        recoveryThreshold: service.recoveries,
        severity: service.severity,
      },
    },
  }));
  const groups = [...scenario.teams].flatMap(([teamId, { name }]) => {
    const components = [...scenario.services]
      .filter(([, { team }]) => team === teamId)
      .map(([service]) => ({ service }));
    return components.length === 0 ? [] : [{ name, components }];
  });
  return JSON.stringify(
    {
      mail: { url: world.smtpUrl, from: 'HugOps <hugops@example.com>' },
      people,
      teams,
      policies,
      services,
      listen: { sources: { public: { kind: 'webhook', key: `\${env:${postsKeyVariable}}` } } },
      statusPage: { title: scenario.title, groups },
    },
    null,
    2,
  );
}

/** The machine's own milliseconds, which no clock of a scenario makes shorter. */
const checkTimeoutMs = 2_000;

const dayName = (day: number): string => ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'][day - 1] ?? 'mon';

const mapOf = <In, Out>(
  entries: ReadonlyMap<string, In>,
  change: (value: In, id: string) => Out,
): Record<string, Out> => Object.fromEntries([...entries].map(([id, value]) => [id, change(value, id)]));
