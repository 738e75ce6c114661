import type { Kysely, Selectable } from 'kysely';
import { reassignWaitMs, reminderMs, unownedWaitMs } from '../../src/domain/escalation.ts';
import type { PolicyStep } from '../../src/domain/words.ts';
import type { Tables } from '../../src/platform/db/tables.ts';
import type { Violate } from './laws.ts';
import { afterQuiet, isTaken, type Oracle } from './oracle.ts';
import type { World } from './world.ts';

type EventRow = Selectable<Tables['events']>;

/** An incident as its events alone tell it. */
interface Told {
  status: string;
  owner: string | null;
  severity: unknown;
  steps: PolicyStep[];
  repeats: number;
  step: number;
  loops: number;
  round: number;
  dueAt: number;
  acknowledgeTimeoutMs: number | null;
  snoozedUntil: number | null;
  /** The pages that every round owed: contact method and place in the rules, with when they were due. */
  owed: Map<number, Map<string, number>>;
}

/** Tells every incident from its events alone, with a second opinion on who had to be called when, and compares with the rows. */
export async function checkStories(
  root: Kysely<Tables>,
  world: World,
  oracle: Oracle,
  violate: Violate,
): Promise<void> {
  const events = await root
    .selectFrom('events')
    .selectAll()
    .where('incident_id', 'is not', null)
    .orderBy('seq')
    .execute();
  const pages = await root.selectFrom('pages').selectAll().where('kind', '=', 'incident').execute();
  const incidents = await root
    .selectFrom('incidents')
    .innerJoin('escalations', 'escalations.incident_id', 'incidents.id')
    .selectAll('incidents')
    .select('next_action_at')
    .execute();
  // A page that a failing channel has brought forward is due earlier than the rules say.
  const rerouted = new Set(
    events
      .filter((event) => event.kind === 'page.rerouted')
      .map((event) => `${event.incident_id} ${String(event.data['personId'])}`),
  );
  const pagesOf = Map.groupBy(pages, (page) => page.incident_id ?? '');
  // In the order of all events, because a team's turns are taken across incidents.
  const stories = new Map(incidents.map(({ id }) => [id, untold()]));
  for (const event of events) {
    const told = stories.get(event.incident_id ?? '');
    if (told) tell(told, event, world, oracle, (law, what) => violate(law, `${event.incident_id}: ${what}`));
  }
  for (const incident of incidents) {
    const told = stories.get(incident.id) ?? untold();
    const rows = pagesOf.get(incident.id) ?? [];
    const say = (what: string): void => violate('the events tell the same story as the row', `${incident.id}: ${what}`);
    if (told.status !== incident.status) say(`told ${told.status}, is ${incident.status}`);
    if (told.owner !== incident.owner_id) say(`told owner ${told.owner}, is ${incident.owner_id}`);
    if (told.severity !== incident.severity) say(`told ${String(told.severity)}, is ${incident.severity}`);
    if (told.status !== 'resolved' && told.dueAt !== (incident.next_action_at ?? Infinity))
      violate(
        'the next action is when the policy says',
        `${incident.id}: ${incident.next_action_at}, not ${told.dueAt}`,
      );
    const rounds = new Set([...told.owed.keys(), ...rows.map((row) => row.round)]);
    for (const round of rounds) {
      const owed = told.owed.get(round) ?? new Map<string, number>();
      const called = new Map(
        rows
          .filter((row) => row.round === round && row.reason !== 'channel-failed')
          .map((row) => [`${row.contact_method_id} ${row.position}`, row]),
      );
      for (const [page, dueAt] of owed) {
        const row = called.get(page);
        if (!row) violate('no owed page is missing', `${incident.id}, round ${round}: ${page} was not called`);
        else if (row.due_at !== dueAt && !rerouted.has(`${incident.id} ${row.person_id}`))
          violate('a page is due when the rules say', `${row.id}: ${row.due_at}, not ${dueAt}`);
      }
      for (const page of called.keys())
        if (!owed.has(page))
          violate('only those behind the step are called', `${incident.id}, round ${round}: ${page} was called`);
    }
  }
}

const untold = (): Told => ({
  status: 'nothing',
  owner: null,
  severity: undefined,
  steps: [],
  repeats: 0,
  step: 0,
  loops: 0,
  round: 0,
  dueAt: Infinity,
  acknowledgeTimeoutMs: null,
  snoozedUntil: null,
  owed: new Map(),
});

function tell(told: Told, event: EventRow, world: World, oracle: Oracle, violate: Violate): void {
  const become = (status: string, from: readonly string[]): void => {
    if (!from.includes(told.status))
      violate('the events tell the same story as the row', `from ${told.status} to ${status}`);
    told.status = status;
  };
  const stay = (): void => {
    const waitMs = told.acknowledgeTimeoutMs ?? (told.owner === null ? unownedWaitMs : Infinity);
    told.dueAt = told.snoozedUntil ?? event.at + waitMs;
  };
  if (event.kind === 'incident.triggered') {
    become('triggered', ['nothing']);
    const policyId = world.services.find((service) => service.id === event.service_id)?.policyId;
    const policy = world.policies.find((one) => one.id === policyId);
    told.steps = policy?.steps ?? [];
    told.repeats = policy?.repeatCount ?? 0;
    told.acknowledgeTimeoutMs = policy?.acknowledgeTimeoutMs ?? null;
    told.severity = event.data['severity'];
    told.dueAt = event.at;
  } else if (event.kind === 'incident.acknowledged') {
    become('acknowledged', ['triggered']);
    if (event.actor_kind === 'person') told.owner = event.actor_id;
    stay();
  } else if (event.kind === 'incident.snoozed') {
    told.snoozedUntil = Number(event.data['untilAt']);
    stay();
  } else if (event.kind === 'incident.resolved') {
    become('resolved', ['triggered', 'acknowledged']);
    told.dueAt = Infinity;
  } else if (event.kind === 'incident.reassigned') {
    become('triggered', ['triggered', 'acknowledged']);
    told.owner = String(event.data['toPersonId']);
    restart(told, event.at, told.owner);
  } else if (event.kind === 'incident.retriggered') {
    become('triggered', ['acknowledged']);
    if (event.at < told.dueAt)
      violate('nobody is called before the time', `again at ${event.at}, due at ${told.dueAt}`);
    restart(told, event.at, told.owner);
  } else if (event.kind === 'severity.raised') {
    if (told.severity === 'minor' && told.status === 'triggered') restart(told, event.at, null);
    told.severity = event.data['to'];
  }
  if (event.kind === 'note.added' && told.status === 'acknowledged') stay();
  if (event.kind === 'escalation.hurried') told.dueAt = event.at;
  else if (event.kind === 'escalation.stepped') step(told, event, world, oracle, violate);
}

/** The policy from its start, after the one person who is called first, if any. */
function restart(told: Told, at: number, first: string | null): void {
  const policy = told.steps.filter((step) => step.isHandOver !== true);
  const handOver = { targets: [{ kind: 'person' as const, id: first ?? '' }], waitMs: reassignWaitMs };
  told.steps = first === null ? policy : [{ ...handOver, isHandOver: true }, ...policy];
  Object.assign(told, { step: 0, loops: 0, dueAt: at, snoozedUntil: null });
}

/** One step of the policy, as the policy has it. */
function step(told: Told, event: EventRow, world: World, oracle: Oracle, violate: Violate): void {
  if (told.status !== 'triggered') violate('no ghost pages', `stepped while ${told.status}`);
  if (event.at < told.dueAt) violate('nobody is called before the time', `at ${event.at}, due at ${told.dueAt}`);
  const takes = (one: PolicyStep): boolean => isTaken(one.when, told.severity, event.at);
  let number: number | null = told.steps.findIndex((one, place) => place >= told.step && takes(one));
  if (number < 0 && told.loops < told.repeats) {
    number = told.steps.findIndex(takes);
    if (number >= 0) told.loops += 1;
  }
  if (number < 0) number = null;
  const current = number === null ? told.steps.findLast(takes) : told.steps[number];
  if (event.data['step'] !== number)
    violate('the steps come in their order', `step ${String(event.data['step'])} where ${number} was due`);
  told.round += 1;
  if (event.data['round'] !== told.round)
    violate('the steps come in their order', `round ${String(event.data['round'])}`);
  let people = oracle.people(current?.targets ?? [], event.at, event.seq);
  const waitMs = number === null ? reminderMs : (current?.waitMs ?? reminderMs);
  told.dueAt = event.at + waitMs;
  if (number === null) told.step = told.steps.length;
  else {
    const isLast = number === told.steps.length - 1;
    const repeats = isLast && told.loops < told.repeats;
    told.step = repeats ? 0 : number + 1;
    if (repeats) told.loops += 1;
    if (people.size === 0 && !isLast) {
      told.dueAt = event.at;
      told.owed.set(told.round, new Map());
      return;
    }
  }
  if (people.size === 0) {
    const admins = world.fallback.map((id) => ({ kind: 'person' as const, id }));
    people = oracle.people(admins, event.at, event.seq);
  }
  const pages = [...people].flatMap((person) => pagesTo(person, told.severity, event.at, world));
  told.owed.set(told.round, new Map(pages.map(({ page, dueAt }) => [page, dueAt])));
  const firstAt = Math.min(...pages.map(({ sendAt }) => sendAt));
  if (pages.length > 0 && pages.every(({ dueAt, sendAt }) => sendAt > dueAt)) told.dueAt = firstAt + waitMs;
}

/** What one person is owed by the own rules. */
function pagesTo(
  person: string,
  severity: unknown,
  at: number,
  world: World,
): { page: string; dueAt: number; sendAt: number }[] {
  const methods = world.methods.get(person) ?? [];
  const own = world.rules.get(person);
  const rules = own?.[severity === 'minor' ? 'low' : 'high'] ?? [];
  const steps = rules.length > 0 ? rules : methods.map((contactMethodId) => ({ contactMethodId, afterMs: 0 }));
  const quiet = severity === 'minor' ? own?.quietHours : null;
  return steps.map(({ contactMethodId, afterMs }, place) => {
    const dueAt = at + afterMs;
    const sendAt = quiet ? afterQuiet(quiet, world.zones.get(person) ?? 'UTC', dueAt) : dueAt;
    return { page: `${contactMethodId} ${place}`, dueAt, sendAt };
  });
}
