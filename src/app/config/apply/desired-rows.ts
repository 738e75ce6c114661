import type { Selectable } from 'kysely';
import type { NotificationRules, StepCondition } from '../../../domain/words.ts';
import type { Tables } from '../../../platform/db/tables.ts';
import { hashKey, keyHint } from '../../../watch/inbound/index.ts';
import type { Config, KindSchemas, PersonInFile, ServiceInFile, TeamInFile } from '../config-schema.ts';
import { contactMeant } from '../contact-meant.ts';
import type { ContactInFile } from '../people-schema.ts';
import { storedNames, toStored } from '../kind-durations.ts';
import { policyOfService, policyOfTeam } from '../policies-in-use.ts';
import { localTimeAt, toLayer } from '../schedule-schema.ts';
import type { CheckInFile } from '../service-schema.ts';

type Columns<T extends keyof Tables, C extends keyof Tables[T]> = Pick<
  Selectable<Tables[T]>,
  C & keyof Selectable<Tables[T]>
>;

type PersonRow = Columns<'people', 'id' | 'name' | 'email' | 'time_zone' | 'waking_hours'> & {
  /** Undefined: as the person has decided. */
  notification_rules: NotificationRules | null | undefined;
  /** Undefined: as the person has decided. */
  show_name: boolean | undefined;
};
type ContactRow = Columns<'contact_methods', 'id' | 'person_id' | 'team_id' | 'kind' | 'label' | 'config' | 'position'>;
type PolicyRow = Columns<
  'policies',
  'id' | 'name' | 'steps' | 'repeat_count' | 'acknowledge_timeout_ms' | 'auto_resolve_ms'
>;
type TeamRow = Columns<'teams', 'id' | 'name' | 'policy_id' | 'publish_hugs_unseen'>;
type ScheduleRow = Columns<'schedules', 'id' | 'name' | 'time_zone' | 'layers'>;
type ServiceRow = Columns<'services', 'id' | 'name' | 'description' | 'team_id' | 'policy_id'>;
type IntegrationRow = Columns<
  'integrations',
  'id' | 'kind' | 'name' | 'service_id' | 'key_hash' | 'key_hint' | 'config'
>;
type CheckRow = Columns<
  'checks',
  | 'id'
  | 'service_id'
  | 'kind'
  | 'name'
  | 'config'
  | 'interval_ms'
  | 'timeout_ms'
  | 'failure_threshold'
  | 'recovery_threshold'
  | 'severity'
  | 'paused'
  | 'locations'
  | 'agreement'
> & {
  /** Undefined: keep the one it has, or make one. Null: a check that nobody calls. */
  ping_key: string | null | undefined;
};
export type MemberRow = Selectable<Tables['team_members']>;
export type DependencyRow = Selectable<Tables['service_dependencies']>;
type OverrideRow = Columns<'schedule_overrides', 'id' | 'schedule_id' | 'person_id' | 'from_at' | 'until_at'>;
type PageRow = Columns<'status_pages', 'id' | 'title' | 'description' | 'time_zone' | 'announce'>;
export type GroupRow = Selectable<Tables['component_groups']>;
export type ComponentRow = Columns<
  'components',
  'id' | 'page_id' | 'group_id' | 'service_id' | 'name' | 'description' | 'position'
>;

type PublishTargetRow = Columns<'publish_targets', 'id' | 'page_id' | 'kind' | 'config'>;

export interface DesiredRows {
  people: PersonRow[];
  contacts: ContactRow[];
  policies: PolicyRow[];
  teams: TeamRow[];
  members: MemberRow[];
  schedules: ScheduleRow[];
  overrides: OverrideRow[];
  services: ServiceRow[];
  dependencies: DependencyRow[];
  checks: CheckRow[];
  integrations: IntegrationRow[];
  page: { row: PageRow; groups: GroupRow[]; components: ComponentRow[] } | undefined;
  publishTargets: PublishTargetRow[];
}

/** Until there are several, the one status page has this id. */
export const mainPageId = 'main';

/** What the file says, as rows. Ids within another thing are `checkout.home`: an id of the file holds no dot, so they cannot meet. */
export function desiredRows(config: Config, kinds: KindSchemas): DesiredRows {
  const services = Object.entries(config.services);
  const ownFields = fieldsByKind(kinds);
  const channels = new Map([...kinds.channelKinds].map((channel) => [channel.kind, channel]));
  const describe = (kind: string, config: unknown): string | undefined => channels.get(kind)?.describe?.(config);
  return {
    people: Object.entries(config.people).map(([id, person]) => ({
      id,
      name: person.name,
      email: person.email,
      time_zone: person.timeZone,
      waking_hours: person.wakingHours,
      show_name: person.showName,
      notification_rules: notificationRules(id, person),
    })),
    contacts: [
      ...Object.entries(config.people).flatMap(([id, person]) => contactRows(id, person, ownFields.channels, describe)),
      ...Object.entries(config.teams).flatMap(([id, team]) => channelRows(id, team, ownFields.channels, describe)),
    ],
    policies: Object.entries(config.policies).map(([id, policy]) => ({
      id,
      name: policy.name ?? id,
      steps: policy.steps.map(({ notify, wait, when }) => ({
        targets: notify.map(toTarget),
        waitMs: wait,
        ...(when && { when: toCondition(when) }),
      })),
      repeat_count: policy.repeat,
      acknowledge_timeout_ms: policy.acknowledgeTimeout ?? null,
      auto_resolve_ms: policy.autoResolve ?? null,
    })),
    teams: Object.entries(config.teams).map(([id, team]) => ({
      id,
      name: team.name,
      policy_id: policyOfTeam(team, config) ?? null,
      publish_hugs_unseen: team.hugs.publishUnseen,
    })),
    members: Object.entries(config.teams).flatMap(([teamId, { members, leads }]) =>
      [...new Set([...leads, ...members])].map((personId) => ({
        team_id: teamId,
        person_id: personId,
        is_lead: leads.includes(personId),
      })),
    ),
    schedules: Object.entries(config.schedules).map(([id, schedule]) => ({
      id,
      name: schedule.name,
      time_zone: schedule.timeZone,
      layers: schedule.layers.map(toLayer),
    })),
    overrides: overrideRows(config),
    services: services.map(([id, service]) => ({
      id,
      name: service.name,
      description: service.description,
      team_id: service.team ?? null,
      // A team's policy is looked up when trouble comes; only a service without a team needs the default here.
      policy_id: service.policy ?? (service.team === undefined ? policyOfService(service, config) : undefined) ?? null,
    })),
    dependencies: services.flatMap(([id, { dependsOn }]) =>
      dependsOn.map(({ on, hardness }) => ({ service_id: id, depends_on: on, hardness })),
    ),
    checks: services.flatMap(([id, service]) =>
      Object.entries(service.checks).map(([key, check]) => checkRow(id, key, check, ownFields.checks)),
    ),
    integrations: services.flatMap(([id, service]) => integrationRows(id, service)),
    page: pageRows(config),
    publishTargets: Object.entries(config.statusPage?.publishTo ?? {}).map(([key, target]) => ({
      id: `${mainPageId}.${key}`,
      page_id: mainPageId,
      kind: target.kind,
      config: target,
    })),
  };
}

/** By kind, the names that its fields have in the file, with those they are stored under. */
type FieldsByKind = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The fields that a kind's own schema has: they are its stored configuration, the common ones are columns. */
function fieldsByKind({ checkKinds, channelKinds }: KindSchemas): { checks: FieldsByKind; channels: FieldsByKind } {
  const fields = (kinds: KindSchemas['checkKinds']): FieldsByKind =>
    new Map([...kinds].map(({ kind, schema }) => [kind, storedNames(schema)]));
  return { checks: fields(checkKinds), channels: fields(channelKinds) };
}

const ownPart = (value: Record<string, unknown> & { kind: string }, fields: FieldsByKind): Record<string, unknown> =>
  toStored(value, fields.get(value.kind) ?? new Map<string, string>());

/** The n-th method of its kind keeps its id when its address changes, so that pages on their way follow. */
function contactRows(
  personId: string,
  person: PersonInFile,
  fields: FieldsByKind,
  describe: (kind: string, config: unknown) => string | undefined,
): ContactRow[] {
  const ids = contactIds(personId, person.contact);
  return person.contact.map((contact, position) => ({
    id: ids[position] ?? '',
    person_id: personId,
    team_id: null,
    position,
    ...contactFields(contact, fields, describe),
  }));
}

function contactIds(personId: string, contacts: PersonInFile['contact']): string[] {
  const count = new Map<string, number>();
  return contacts.map(({ kind }) => {
    const nth = (count.get(kind) ?? 0) + 1;
    count.set(kind, nth);
    return `${personId}.${kind}${nth === 1 ? '' : `-${nth}`}`;
  });
}

function contactFields(
  contact: ContactInFile,
  fields: FieldsByKind,
  describe: (kind: string, config: unknown) => string | undefined,
): Pick<ContactRow, 'kind' | 'label' | 'config'> {
  const config = ownPart(contact, fields);
  const label = contact.label ?? describe(contact.kind, config) ?? contact.kind;
  return { kind: contact.kind, label, config };
}

/** The channels of a team. */
function channelRows(
  teamId: string,
  team: TeamInFile,
  fields: FieldsByKind,
  describe: (kind: string, config: unknown) => string | undefined,
): ContactRow[] {
  return Object.entries(team.channels).map(([key, contact], position) => ({
    id: channelId(`${teamId}/${key}`),
    person_id: null,
    team_id: teamId,
    position,
    ...contactFields(contact, fields, describe),
  }));
}

/** `shop/room` of the file; a person's contact method has one dot, so they cannot meet. */
const channelId = (name: string): string => `channel.${name.replace('/', '.')}`;

function notificationRules(personId: string, { notify, contact }: PersonInFile): NotificationRules | undefined {
  if (notify === undefined) return undefined;
  const ids = contactIds(personId, contact);
  const steps = (rules: typeof notify.high): NotificationRules['high'] =>
    rules.map(({ use, after }) => ({ contactMethodId: ids[contactMeant(use, contact) ?? -1] ?? '', afterMs: after }));
  return { high: steps(notify.high), low: steps(notify.low), quietHours: notify.quietHours ?? null, inFile: true };
}

type When = NonNullable<Config['policies'][string]['steps'][number]['when']>;

function toCondition({ severity, during, outside }: When): StepCondition {
  const hours = during ?? outside;
  return {
    ...(severity && { severities: severity }),
    ...(hours && {
      hours: { timeZone: hours.timeZone, windows: hours.hours, ...(outside !== undefined && { outside: true }) },
    }),
  };
}

type Target = Config['policies'][string]['steps'][number]['notify'][number];
type StoredTarget = PolicyRow['steps'][number]['targets'][number];

function toTarget({ schedule, team, person, roundRobin, channel }: Target): StoredTarget {
  if (schedule !== undefined) return { kind: 'schedule', id: schedule };
  if (team !== undefined) return { kind: 'team', id: team };
  if (person !== undefined) return { kind: 'person', id: person };
  if (roundRobin !== undefined) return { kind: 'round-robin', id: roundRobin };
  if (channel !== undefined) return { kind: 'channel', id: channelId(channel) };
  throw new Error('the schema lets no target without a name through');
}

/** Overrides of the file are known by this; those that people make in the console stand beside them. */
export const fileOverridePrefix = 'file.';

function overrideRows(config: Config): OverrideRow[] {
  return Object.entries(config.schedules).flatMap(([scheduleId, { overrides, timeZone }]) =>
    overrides.map(({ person, from, until }) => ({
      // Overrides of one schedule do not overlap, so the beginning tells them apart.
      id: `${fileOverridePrefix}${scheduleId}.${from}`,
      schedule_id: scheduleId,
      person_id: person,
      from_at: localTimeAt(from, timeZone),
      until_at: localTimeAt(until, timeZone),
    })),
  );
}

const longestUsualTimeoutMs = 10_000;

function checkRow(serviceId: string, key: string, check: CheckInFile, fields: FieldsByKind): CheckRow {
  return {
    id: `${serviceId}.${key}`,
    service_id: serviceId,
    kind: check.kind,
    name: check.name ?? key,
    config: ownPart(check, fields),
    interval_ms: check.interval,
    timeout_ms: check.timeout ?? Math.min(check.interval, longestUsualTimeoutMs),
    // A heartbeat has none: one silence is enough.
    failure_threshold: check.failureThreshold ?? 1,
    recovery_threshold: check.recoveryThreshold ?? 1,
    severity: check.severity,
    paused: check.paused,
    locations: check.locations ?? ['local'],
    agreement: String(check.agreement ?? 'majority'),
    ping_key: check.kind === 'heartbeat' ? check.pingKey : null,
  };
}

function integrationRows(serviceId: string, service: ServiceInFile): IntegrationRow[] {
  return Object.entries(service.integrations).map(([id, { kind, name, key, ...config }]) => ({
    id: `${serviceId}.${id}`,
    kind,
    name: name ?? id,
    service_id: serviceId,
    key_hash: hashKey(key),
    key_hint: keyHint(key),
    config,
  }));
}

function pageRows(config: Config): DesiredRows['page'] {
  const { statusPage } = config;
  if (statusPage === undefined) return undefined;
  const taken = new Set<string>();
  const groups: GroupRow[] = [];
  const components: ComponentRow[] = [];
  for (const group of statusPage.groups) {
    const groupId = freeId(`${mainPageId}.${slug(group.name)}`, taken);
    groups.push({ id: groupId, page_id: mainPageId, name: group.name, position: groups.length });
    for (const { service, name, description } of group.components) {
      components.push({
        id: `${mainPageId}.${service}`,
        page_id: mainPageId,
        group_id: groupId,
        service_id: service,
        name: name ?? config.services[service]?.name ?? service,
        description,
        position: components.length,
      });
    }
  }
  const { title, description, timeZone, announce } = statusPage;
  return { row: { id: mainPageId, title, description, time_zone: timeZone, announce }, groups, components };
}

/** An id out of a name, so that moving a group about the page changes nothing for those who follow it. */
const slug = (name: string): string =>
  name
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40) || 'group';

function freeId(wanted: string, taken: Set<string>): string {
  let id = wanted;
  for (let number = 2; taken.has(id); number++) id = `${wanted}-${number}`;
  taken.add(id);
  return id;
}
