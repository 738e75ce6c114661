import type { Kysely } from 'kysely';
import { createBurst, stepBurst } from '../../detect/burst.ts';
import type { EpochMs, HugKind, Phase, Severity } from '../../domain/words.ts';
import type { Tables } from '../../platform/db/tables.ts';
import { personEmail } from './scenario-config.ts';
import type { Scenario } from './scenario.ts';
import type { WorldMail } from './world/mailbox.ts';

export interface StoryIncident {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly severity: Severity;
  readonly services: readonly string[];
  readonly openedAt: EpochMs;
  readonly acknowledgedAt: EpochMs | null;
  readonly resolvedAt: EpochMs | null;
  /** The likely cause of the first rank, as it was last stated. */
  readonly cause: { readonly id: string; readonly confidence: number; readonly at: EpochMs } | undefined;
}

/** What a replay has left behind: what HugOps knew, did and said, and when. Times are epoch milliseconds of the scenario's clock. */
export interface Story {
  readonly incidents: readonly StoryIncident[];
  /** Each naming of a cause, in order. */
  readonly causesNamed: readonly { at: EpochMs; incidentId: string; causeId: string }[];
  readonly changes: readonly { at: EpochMs; serviceId: string; status: string }[];
  readonly pages: readonly { at: EpochMs; personId: string; incidentId: string | null; status: string }[];
  readonly updates: readonly { at: EpochMs; phase: Phase; text: string; byPerson: boolean }[];
  /** When the first word of a provider was read; undefined when none was. */
  readonly providerReadAt: EpochMs | undefined;
  readonly bursts: readonly { at: EpochMs; since: EpochMs; measure: string; target: string; peak: number }[];
  /** Voices by five minutes and stance. */
  readonly voices: readonly { at: EpochMs; stance: string; count: number }[];
  readonly reports: readonly EpochMs[];
  /** What the program took each post for, by the post's id. */
  readonly stances: ReadonlyMap<string, string>;
  readonly hugs: readonly { at: EpochMs; kind: HugKind; source: string; text: string | null; status: string }[];
  /** Thanks that reached a person, by the mail that brought them. */
  readonly thanked: readonly { at: EpochMs; personId: string; hugs: number }[];
  /** What the scenario asked for and could not be done. */
  readonly missed: readonly string[];
  /** How often the program was killed. */
  readonly killed: number;
}

export interface Outside {
  readonly scenario: Scenario;
  readonly mails: readonly WorldMail[];
  readonly missed: readonly string[];
  readonly killed: number;
}

/** Reads the story from the rows that the program has left. */
export async function readStory(db: Kysely<Tables>, outside: Outside): Promise<Story> {
  return {
    incidents: await readIncidents(db),
    causesNamed: await readCausesNamed(db),
    changes: await readChanges(db),
    pages: await readPages(db),
    updates: await readUpdates(db),
    providerReadAt: await readFirstNotice(db),
    bursts: [...(await readBursts(db)), ...(await readThanksBursts(db))],
    voices: await readVoices(db),
    reports: (await db.selectFrom('reports').select('at').orderBy('at').execute()).map((row) => row.at),
    stances: await readStances(db),
    hugs: await readHugs(db),
    thanked: await readThanked(db, outside),
    missed: outside.missed,
    killed: outside.killed,
  };
}

async function readIncidents(db: Kysely<Tables>): Promise<StoryIncident[]> {
  const rows = await db
    .selectFrom('incidents')
    .select(['id', 'number', 'title', 'severity', 'service_id', 'opened_at', 'acknowledged_at', 'resolved_at'])
    .where('merged_into_id', 'is', null)
    .orderBy('number')
    .execute();
  const services = await db
    .selectFrom('incident_services')
    .select(['incident_id', 'service_id'])
    .orderBy('service_id')
    .execute();
  const causes = await db
    .selectFrom('incident_causes')
    .select(['incident_id', 'cause_id', 'confidence', 'at'])
    .where('rank', '=', 1)
    .execute();
  return rows.map((row) => {
    const cause = causes.find((one) => one.incident_id === row.id);
    const own = services.filter((one) => one.incident_id === row.id).map((one) => one.service_id);
    return {
      id: row.id,
      number: row.number,
      title: row.title,
      severity: row.severity,
      services: own.length > 0 || row.service_id === null ? own : [row.service_id],
      openedAt: row.opened_at,
      acknowledgedAt: row.acknowledged_at,
      resolvedAt: row.resolved_at,
      cause: cause && { id: cause.cause_id, confidence: cause.confidence, at: cause.at },
    };
  });
}

const dataText = (data: unknown, key: string): string | undefined => {
  const value = (data as Record<string, unknown> | null)?.[key];
  return typeof value === 'string' ? value : undefined;
};

async function readCausesNamed(db: Kysely<Tables>): Promise<Story['causesNamed']> {
  const rows = await db
    .selectFrom('events')
    .select(['at', 'incident_id', 'data'])
    .where('kind', '=', 'incident.cause-named')
    .orderBy('seq')
    .execute();
  return rows.map((row) => ({
    at: row.at,
    incidentId: row.incident_id ?? '',
    causeId: dataText(row.data, 'causeId') ?? '',
  }));
}

async function readChanges(db: Kysely<Tables>): Promise<Story['changes']> {
  const rows = await db
    .selectFrom('service_status_changes')
    .select(['at', 'service_id', 'status'])
    .orderBy('at')
    .orderBy('seq')
    .execute();
  return rows.map((row) => ({ at: row.at, serviceId: row.service_id, status: row.status }));
}

async function readPages(db: Kysely<Tables>): Promise<Story['pages']> {
  const rows = await db
    .selectFrom('pages')
    .select(['created_at', 'sent_at', 'person_id', 'incident_id', 'status'])
    .where('kind', '!=', 'test')
    .orderBy('created_at')
    .execute();
  return rows.map((row) => ({
    at: row.sent_at ?? row.created_at,
    personId: row.person_id ?? '',
    incidentId: row.incident_id,
    status: row.status,
  }));
}

async function readUpdates(db: Kysely<Tables>): Promise<Story['updates']> {
  const rows = await db
    .selectFrom('events')
    .select(['at', 'actor_kind', 'data'])
    .where('kind', '=', 'update.posted')
    .orderBy('seq')
    .execute();
  return rows.map((row) => ({
    at: row.at,
    phase: (dataText(row.data, 'phase') ?? 'investigating') as Phase,
    text: dataText(row.data, 'body') ?? '',
    byPerson: row.actor_kind === 'person',
  }));
}

async function readFirstNotice(db: Kysely<Tables>): Promise<EpochMs | undefined> {
  const row = await db
    .selectFrom('upstream_notices')
    .select((select) => select.fn.min('seen_at').as('at'))
    .executeTakeFirst();
  return row?.at === null || row?.at === undefined ? undefined : Number(row.at);
}

async function readBursts(db: Kysely<Tables>): Promise<Story['bursts']> {
  const rows = await db
    .selectFrom('bursts')
    .select(['known_at', 'since', 'measure', 'target_id', 'peak'])
    .orderBy('known_at')
    .execute();
  return rows.map((row) => ({
    at: row.known_at,
    since: row.since,
    measure: row.measure,
    target: row.target_id,
    peak: row.peak,
  }));
}

/**
 * Bursts of thanks. HugOps takes bursts of problems for signals and counts thanks beside them; here the same engine is walked over what it
 * has counted of all services together, bin after bin as it came.
 */
async function readThanksBursts(db: Kysely<Tables>): Promise<Story['bursts']> {
  const bins = await db.selectFrom('listen_bins').select('bin_at').orderBy('bin_at').execute();
  const thanks = new Map(
    (await readVoices(db)).filter((one) => one.stance === 'thanks').map(({ at, count }) => [at, count]),
  );
  const found: { at: EpochMs; since: EpochMs; measure: string; target: string; peak: number }[] = [];
  let state = createBurst();
  for (const at of bins.map((bin) => bin.bin_at)) {
    const count = thanks.get(at) ?? 0;
    const sample = count === 0 ? ({ kind: 'alive' } as const) : ({ kind: 'count', at, count } as const);
    const [next, signals] = stepBurst(state, sample, at);
    state = next;
    for (const signal of signals)
      if (signal.stage === 'onset')
        found.push({ at, since: signal.since, measure: 'thanks', target: 'all', peak: count });
  }
  return found;
}

async function readVoices(db: Kysely<Tables>): Promise<Story['voices']> {
  const rows = await db
    .selectFrom('post_counts')
    .select(['bin_at', 'stance'])
    .select((select) => select.fn.sum('voices').as('voices'))
    .where('target_kind', '=', 'service')
    .groupBy(['bin_at', 'stance'])
    .orderBy('bin_at')
    .execute();
  return rows.map((row) => ({ at: row.bin_at, stance: row.stance, count: Number(row.voices) }));
}

async function readStances(db: Kysely<Tables>): Promise<Story['stances']> {
  const rows = await db.selectFrom('posts').select(['external_id', 'stance']).execute();
  return new Map(rows.map((row) => [row.external_id, row.stance]));
}

async function readHugs(db: Kysely<Tables>): Promise<Story['hugs']> {
  const rows = await db
    .selectFrom('hugs')
    .select(['created_at', 'kind', 'source', 'message', 'status'])
    .orderBy('created_at')
    .execute();
  return rows.map((row) => ({
    at: row.created_at,
    kind: row.kind,
    source: row.source,
    text: row.message,
    status: row.status,
  }));
}

/** A hug has reached somebody when the mail that carries it has come out of the mail server. */
async function readThanked(db: Kysely<Tables>, { mails, scenario }: Outside): Promise<Story['thanked']> {
  const rows = await db
    .selectFrom('hug_deliveries')
    .innerJoin('mails', 'mails.id', 'hug_deliveries.mail_id')
    .select(['hug_deliveries.person_id', 'mails.id', 'mails.subject'])
    .select((select) => select.fn.countAll().as('hugs'))
    .groupBy(['hug_deliveries.person_id', 'mails.id', 'mails.subject'])
    .execute();
  const left = [...mails];
  return rows.flatMap((row) => {
    const known = scenario.people.has(row.person_id);
    const index = left.findIndex((mail) => mail.to === personEmail(row.person_id) && mail.subject === row.subject);
    const [mail] = index < 0 || !known ? [] : left.splice(index, 1);
    return mail === undefined ? [] : [{ at: mail.at, personId: row.person_id, hugs: Number(row.hugs) }];
  });
}
