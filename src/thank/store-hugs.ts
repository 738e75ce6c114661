import type { Actor, EpochMs, HugKind } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { isRowError } from '../platform/db/sql-state.ts';
import { ServiceError } from '../platform/errors.ts';
import { appendEvents } from '../platform/events.ts';
import { createGroupCommit, QueueFullError } from '../platform/group-commit.ts';

export interface Sender {
  source: 'visitor' | 'app' | 'colleague';
  visitor_hash: string;
  from_person_id?: string;
}

/** A hug whose words are in order, before it is stored. */
export interface ReadyHug {
  incidentId: string;
  kind: HugKind;
  text: string | null;
  addressedTo: 'team' | 'fixers';
  sender: Sender;
  now: EpochMs;
}

export type StoredHug = { hugId: string; status: 'approved' | 'held' };
/** Stores one hug; throws a ServiceError when it cannot be taken. */
export type StoreHug = (hug: ReadyHug) => Promise<StoredHug>;

interface Waiting {
  hug: ReadyHug;
  outcome: StoredHug | ServiceError | undefined;
}

/** In a transaction of its own. */
export const storeAlone =
  (ctx: Ctx): StoreHug =>
  async (hug) => {
    const waiting: Waiting = { hug, outcome: undefined };
    await storeHugs(ctx, [waiting]);
    return outcomeOf(waiting);
  };

/** At the end of a large outage hugs come by the hundred in a second: those that wait share a transaction, so that on-call has its turn between. */
export function openHugIntake(ctx: Ctx): StoreHug {
  const intake = createGroupCommit<Waiting>({
    commit: (waiting) => storeHugs(ctx, waiting),
    isRowError,
    // Nobody who says thank you minds; at 83 hugs a second about eight share a commit.
    gatherMs: 100,
    // Eleven parameters each, and short enough to let a page through.
    maxRowsPerCommit: 250,
    maxWaitingBytes: 8_000_000,
    maxWaitingBytesPerSource: 8_000_000,
  });
  return async (hug) => {
    const waiting: Waiting = { hug, outcome: undefined };
    try {
      await intake.add([waiting], { source: hug.incidentId, bytes: 500 + (hug.text?.length ?? 0) * 2 });
    } catch (error) {
      if (!(error instanceof QueueFullError)) throw error;
      const message = 'So many people say thank you just now. Please try again in a moment.';
      throw new ServiceError('unavailable', message, { retryAfterMs: 5_000 });
    }
    return outcomeOf(waiting);
  };
}

function outcomeOf({ outcome }: Waiting): StoredHug {
  if (outcome === undefined) throw new Error('a hug was neither stored nor refused');
  if (outcome instanceof ServiceError) throw outcome;
  return outcome;
}

/** One transaction for all of them; what became of each is written beside it. */
async function storeHugs(ctx: Ctx, all: readonly Waiting[]): Promise<void> {
  await transact(ctx, async (tx) => {
    const windows = new Map<string, Window | undefined>();
    for (const id of new Set(all.map(({ hug }) => hug.incidentId))) windows.set(id, await readWindow(tx, id));
    const ready = all.flatMap((waiting) => {
      const window = windows.get(waiting.hug.incidentId);
      waiting.outcome = refusal(window, waiting.hug);
      return window === undefined || waiting.outcome !== undefined
        ? []
        : { waiting, row: toRow(tx, waiting.hug, window) };
    });
    if (ready.length === 0) return;
    const made = await tx.db
      .insertInto('hugs')
      .values(ready.map(({ row }) => row))
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .execute();
    const stored = new Set(made.map(({ id }) => id));
    for (const { waiting, row } of ready) {
      waiting.outcome = stored.has(row.id)
        ? { hugId: row.id, status: row.status }
        : new ServiceError('conflict', 'You have sent a hug for this already. Thank you!');
    }
    const kept = ready.filter(({ row }) => stored.has(row.id));
    await appendEvents(
      tx,
      kept.map(({ row }) => ({
        kind: `hug.${row.status}`,
        at: row.created_at,
        actor: actorOf(row.from_person_id),
        incidentId: row.incident_id,
        data: { hugId: row.id },
      })),
    );
    for (const { row } of kept) tx.metrics.hugs.inc({ outcome: row.status });
  });
}

const actorOf = (personId: string | null): Actor =>
  personId === null ? { kind: 'visitor' } : { kind: 'person', id: personId };

function toRow(ctx: Ctx, hug: ReadyHug, window: Window) {
  const isSeen = hug.text === null || window.publish_hugs_unseen === true || hug.sender.source === 'colleague';
  return {
    id: idFor(ctx, 'hug'),
    incident_id: window.id,
    kind: hug.kind,
    message: hug.text,
    addressed_to: hug.addressedTo,
    source: hug.sender.source,
    visitor_hash: hug.sender.visitor_hash,
    from_person_id: hug.sender.from_person_id ?? null,
    status: isSeen ? ('approved' as const) : ('held' as const),
    held_reason: isSeen ? null : 'unread',
    created_at: hug.now,
  };
}

type Window = NonNullable<Awaited<ReturnType<typeof readWindow>>>;

/** The incident that takes the hug, with its window: of a merged one, the one it was merged into. */
function readWindow(ctx: Ctx, incidentId: string) {
  return ctx.db
    .selectFrom('incidents as named')
    .innerJoin('incidents', (join) =>
      join.on((on) => on('incidents.id', '=', on.fn.coalesce('named.merged_into_id', 'named.id'))),
    )
    .leftJoin('thanks_windows', 'thanks_windows.incident_id', 'incidents.id')
    .leftJoin('teams', 'teams.id', 'incidents.team_id')
    .select(['incidents.id', 'incidents.is_public', 'incidents.status', 'teams.publish_hugs_unseen'])
    .select(['thanks_windows.opened_at', 'thanks_windows.closes_at'])
    .where('named.id', '=', incidentId)
    .executeTakeFirst();
}

/** Why the hug cannot be taken now, if it cannot. */
function refusal(window: Window | undefined, { sender, now }: ReadyHug): ServiceError | undefined {
  const stillWorking = 'They are still working on it. Please come back when it is fixed.';
  if (sender.source === 'colleague') {
    if (!window) return new ServiceError('not-found', 'There is no such incident.');
    return window.status === 'resolved' ? undefined : new ServiceError('conflict', stillWorking);
  }
  if (!window?.is_public) return new ServiceError('not-found', 'There is no such incident on this page.');
  if (window.opened_at === null) return new ServiceError('conflict', stillWorking);
  if (window.closes_at !== null && window.closes_at <= now)
    return new ServiceError('gone', 'The time for thanks is over for this incident. Thank you for thinking of it.');
  return undefined;
}
