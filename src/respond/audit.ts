import { sql } from 'kysely';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';
import { onCallAt } from '../domain/schedule-on-call.ts';
import { expandRule } from './expand-rule.ts';
import { readSchedules } from './on-call.ts';

/** Something that the auditor found to be wrong. */
export interface Finding {
  /** The same for the same trouble, however often it is seen. */
  id: string;
  law: string;
  /** One plain sentence. */
  what: string;
  /** HugOps does not do its work: the outgoing heartbeat stays away. Otherwise people should look at it. */
  isBroken: boolean;
  incidentId: string | null;
}

/** What is due and not done for longer than this is stuck; a storm or a slow provider takes less. */
export const stuckAfterMs = 2 * 60_000;
// So many of a kind say as much as all of them.
const perLaw = 20;
// Any constant that no other advisory lock of HugOps uses.
const auditorLock = 4_680_008;

/**
 * Proves that what was accepted is being carried out: each open incident has a next action or an owner, nothing that is due is
 * stuck, somebody is on call. What can be repaired is; what is found is told once, by an event, and again when it is over. `more` is
 * what this process knows of itself. Returns everything that is wrong now, also what was repaired a moment ago.
 */
export async function auditPager(ctx: Ctx, now: EpochMs, more: readonly Finding[] = []): Promise<Finding[]> {
  const { found, isNew, gone } = await transact(ctx, async (tx) => {
    await sql`select pg_advisory_xact_lock(${auditorLock})`.execute(tx.db);
    const all = [
      ...(await giveNextAction(tx, now)),
      ...(await stuckWork(tx, now)),
      ...(await nobodyOnCall(tx, now)),
      ...(await failingContacts(tx)),
      ...more,
    ];
    return { found: all, ...(await remember(tx, all, now)) };
  });
  for (const finding of isNew) ctx.log.error({ law: finding.law, incidentId: finding.incidentId }, finding.what);
  for (const law of gone) ctx.log.info({ law }, 'the auditor finds this in order again');
  ctx.metrics.auditFindings.reset();
  for (const [law, of] of Map.groupBy(found, (finding) => finding.law))
    ctx.metrics.auditFindings.set({ law }, of.length);
  return found;
}

/** An incident that nobody would ever be called for again is called for now. */
async function giveNextAction(ctx: Ctx, now: EpochMs): Promise<Finding[]> {
  const rows = await ctx.db
    .selectFrom('incidents')
    .leftJoin('escalations', 'escalations.incident_id', 'incidents.id')
    .leftJoin('people as owner', (join) => join.onRef('owner.id', '=', 'owner_id').on('owner.archived_at', 'is', null))
    .select(['incidents.id', 'incidents.number', 'incidents.status', 'escalations.incident_id as escalation'])
    .where('incidents.status', '!=', 'resolved')
    .where('merged_into_id', 'is', null)
    .where('next_action_at', 'is', null)
    .where((where) => where.or([where('incidents.status', '=', 'triggered'), where('owner.id', 'is', null)]))
    .orderBy('incidents.opened_at')
    .limit(perLaw)
    .forNoKeyUpdate('incidents')
    .execute();
  for (const { id } of rows) {
    const row = { next_action_at: now, updated_at: now };
    await ctx.db
      .insertInto('escalations')
      .values({ incident_id: id, steps: '[]', repeat_count: 0, step_index: 0, loops_done: 0, round: 0, ...row })
      .onConflict((conflict) => conflict.column('incident_id').doUpdateSet(row))
      .execute();
  }
  if (rows.length > 0) ctx.wake('escalation');
  return rows.map(({ id, number, status }) => ({
    id: `next-action ${id}`,
    law: 'next-action',
    what: `Incident #${number} was ${status} and had neither an owner nor a next action; it is called for now`,
    isBroken: true,
    incidentId: id,
  }));
}

/** What was due and is not done: a loop that does not come round, or a row that it cannot get past. */
async function stuckWork(ctx: Ctx, now: EpochMs): Promise<Finding[]> {
  const since = now - stuckAfterMs;
  const steps = await ctx.db
    .selectFrom('escalations')
    .innerJoin('incidents', 'incidents.id', 'escalations.incident_id')
    .select(['incidents.id', 'incidents.number'])
    .where('next_action_at', '<=', since)
    .orderBy('next_action_at')
    .limit(perLaw)
    .execute();
  const pages = await ctx.db
    .selectFrom('pages')
    .select(['id', 'incident_id'])
    .where((where) =>
      where.or([
        where.and([where('status', '=', 'pending'), where('next_attempt_at', '<=', since)]),
        where.and([where('status', '=', 'sending'), where('lease_until', '<=', since)]),
      ]),
    )
    .orderBy('next_attempt_at')
    .limit(perLaw)
    .execute();
  const signals = await ctx.db
    .selectFrom('signals')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('outcome', 'is', null)
    .where('received_at', '<=', since)
    .executeTakeFirstOrThrow();
  const stuck = (law: string, id: string, what: string, incidentId: string | null): Finding => ({
    id: `${law} ${id}`,
    law,
    what: `${what} for more than two minutes`,
    isBroken: true,
    incidentId,
  });
  return [
    ...steps.map(({ id, number }) => stuck('step-stuck', id, `The next step of incident #${number} has been due`, id)),
    ...pages.map((page) => stuck('page-stuck', page.id, 'A page has been waiting to go out', page.incident_id)),
    ...(Number(signals.count) > 0
      ? [stuck('signal-stuck', 'all', 'Signals that were accepted have not been looked at', null)]
      : []),
  ];
}

/** Schedules that a policy relies on, with nobody on call at this moment. */
async function nobodyOnCall(ctx: Ctx, now: EpochMs): Promise<Finding[]> {
  const policies = await ctx.db.selectFrom('policies').select('steps').where('archived_at', 'is', null).execute();
  const used = new Set(
    policies.flatMap(({ steps }) =>
      steps.flatMap(({ targets }) => targets.filter(({ kind }) => kind === 'schedule').map(({ id }) => id)),
    ),
  );
  const schedules = await readSchedules(ctx, now, [...used]);
  return schedules
    .filter((schedule) => onCallAt(schedule, now, expandRule) === undefined)
    .map((schedule) => ({
      id: `nobody-on-call ${schedule.id}`,
      law: 'nobody-on-call',
      what: `Nobody is on call in the schedule ${schedule.name}`,
      isBroken: false,
      incidentId: null,
    }));
}

/** Contact methods by which nothing got through the last time. */
async function failingContacts(ctx: Ctx): Promise<Finding[]> {
  const rows = await ctx.db
    .selectFrom('contact_methods')
    .leftJoin('people', 'people.id', 'contact_methods.person_id')
    .leftJoin('teams', 'teams.id', 'contact_methods.team_id')
    .select(['contact_methods.id', 'contact_methods.kind', 'people.name', 'teams.name as team'])
    .where('failing_since', 'is not', null)
    .where('contact_methods.archived_at', 'is', null)
    .orderBy('failing_since')
    .limit(perLaw)
    .execute();
  return rows.map((row) => ({
    id: `contact-failing ${row.id}`,
    law: 'contact-failing',
    what: `${row.name ?? row.team ?? 'Somebody'} cannot be reached by ${row.kind}`,
    isBroken: false,
    incidentId: null,
  }));
}

/** Keeps the findings as rows. Returns those that are new, and the laws of those that are over. */
async function remember(
  ctx: Ctx,
  found: readonly Finding[],
  now: EpochMs,
): Promise<{ isNew: Finding[]; gone: string[] }> {
  const known = new Set((await ctx.db.selectFrom('audit_findings').select('id').execute()).map(({ id }) => id));
  const ids = found.map(({ id }) => id);
  const isNew = found.filter(({ id }) => !known.has(id));
  for (const { id, law, what, isBroken, incidentId } of found) {
    const row = { law, what, is_broken: isBroken, incident_id: incidentId, seen_at: now };
    await ctx.db
      .insertInto('audit_findings')
      .values({ id, found_at: now, ...row })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
  }
  // What another process knows of itself is that process's to take back, unless it is gone as well.
  const gone = await ctx.db
    .deleteFrom('audit_findings')
    .$if(ids.length > 0, (query) => query.where('id', 'not in', ids))
    .where((where) => where.or([where('law', '!=', loopLaw), where('seen_at', '<=', now - stuckAfterMs), ownLoop(ctx)]))
    .returning(['law', 'what', 'incident_id'])
    .execute();
  const about = { at: now, actor: { kind: 'system' as const } };
  await appendEvents(ctx, [
    ...isNew.map(({ law, what, isBroken, incidentId }) => ({
      ...about,
      kind: 'audit.found',
      incidentId: incidentId ?? undefined,
      data: { law, what, isBroken },
    })),
    ...gone.map(({ law, what, incident_id }) => ({
      ...about,
      kind: 'audit.cleared',
      incidentId: incident_id ?? undefined,
      data: { law, what },
    })),
  ]);
  return { isNew, gone: gone.map(({ law }) => law) };
}

/** A loop of a process that does not come round. */
export const loopLaw = 'loop-stalled';
export const loopFindingId = (nodeId: string, loop: string): string => `${loopLaw} ${nodeId} ${loop}`;
const ownLoop = (ctx: Ctx) => sql<boolean>`starts_with(id, ${loopFindingId(ctx.nodeId, '')})`;

/** What the auditor found and has not seen in order since, the worst and oldest first. */
export async function readFindings(ctx: Ctx): Promise<(Finding & { foundAt: EpochMs })[]> {
  const rows = await ctx.db
    .selectFrom('audit_findings')
    .selectAll()
    .orderBy('is_broken', 'desc')
    .orderBy('found_at')
    .limit(perLaw)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    law: row.law,
    what: row.what,
    isBroken: row.is_broken,
    incidentId: row.incident_id,
    foundAt: row.found_at,
  }));
}
