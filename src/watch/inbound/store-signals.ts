import { sql } from 'kysely';
import type { Severity } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { type NewSignal, raiseSignals } from '../../respond/index.ts';
import {
  foldGroups,
  type GroupChange,
  groupKeyOf,
  type GroupNow,
  groupSummary,
  type GroupState,
  groupValues,
} from './group-alerts.ts';

/** A signal on its way in, with what its source asks for. */
export interface IncomingSignal extends NewSignal {
  /** Known of a tool that names its messages. */
  messageId?: string | undefined;
  /** The paths into the evidence whose values make a group. */
  groupBy?: readonly string[] | undefined;
}

const shownMembers = 20;

/**
 * Stores signals in one transaction: those of sources that group become the signals of their groups, and a message that came before is left
 * out. Where nobody asks for either it is one statement, and one round trip instead of two.
 */
export async function storeSignals(ctx: Ctx, incoming: readonly IncomingSignal[]): Promise<void> {
  if (incoming.every((signal) => signal.messageId === undefined && signal.groupBy === undefined)) {
    await raiseSignals(ctx, incoming);
    return;
  }
  await transact(ctx, async (tx) => {
    const fresh = await withoutRepeated(tx, incoming);
    const grouping = Map.groupBy(
      fresh.filter((signal) => signal.groupBy !== undefined),
      (signal) => signal.sourceId,
    );
    if (grouping.size > 0) await lockSources(tx, [...grouping.keys()].toSorted());
    const grouped: NewSignal[] = [];
    for (const signals of grouping.values()) grouped.push(...(await groupSignals(tx, signals)));
    await raiseSignals(tx, [...fresh.filter((signal) => signal.groupBy === undefined), ...grouped]);
  });
}

/** Drops what came before with the same id. The ids of one message stand or fall with its signals, in the same transaction. */
async function withoutRepeated(ctx: Ctx, incoming: readonly IncomingSignal[]): Promise<IncomingSignal[]> {
  const named = incoming.flatMap(({ messageId, sourceId }) => (messageId === undefined ? [] : { sourceId, messageId }));
  if (named.length === 0) return [...incoming];
  const { rows } = await sql<{ integration_id: string; message_id: string }>`
    insert into inbound_messages (integration_id, message_id, received_at)
    select distinct source, id, ${ctx.clock.now()}::bigint
    from jsonb_to_recordset(${JSON.stringify(named.map((one) => ({ source: one.sourceId, id: one.messageId })))}::jsonb)
      as named (source text, id text)
    on conflict do nothing returning integration_id, message_id`.execute(ctx.db);
  const fresh = new Set(rows.map((row) => JSON.stringify([row.integration_id, row.message_id])));
  return incoming.filter(({ messageId, sourceId }) => {
    // The first of those in this batch is the one that counts.
    return messageId === undefined || fresh.delete(JSON.stringify([sourceId, messageId]));
  });
}

/** Two processes may not count one source's members at the same time. A deleted source's signals fail at their foreign key. */
const lockSources = (ctx: Ctx, ids: readonly string[]): Promise<unknown> =>
  ctx.db.selectFrom('integrations').select('id').where('id', 'in', ids).orderBy('id').forNoKeyUpdate().execute();

async function groupSignals(ctx: Ctx, signals: readonly IncomingSignal[]): Promise<NewSignal[]> {
  const sourceId = signals[0]?.sourceId ?? '';
  const values = signals.map((signal) => groupValues(signal.evidence, signal.groupBy ?? []));
  const members = signals.map((signal, index) => ({
    memberKey: signal.dedupKey,
    groupKey: groupKeyOf(values[index] ?? {}),
    status: signal.status,
  }));
  const keys = [...new Set(members.map((member) => member.memberKey))];
  const state = await readState(
    ctx,
    sourceId,
    keys,
    members.map((member) => member.groupKey),
  );
  const before = new Set(state.groupOf.keys());
  const changes = foldGroups(members, state);
  await writeMembers(ctx, signals, keys, before, state);
  const touched = [...new Set(changes.map((change) => change.groupKey))];
  const now = await readGroups(ctx, sourceId, touched);
  return lastWordOnly(changes).flatMap(({ groupKey, kind, index }) => {
    const signal = signals[index];
    if (signal === undefined) return [];
    return groupSignal(signal, groupKey, kind, kind === 'still' ? now.get(groupKey) : undefined, values[index] ?? {});
  });
}

/** A group that began and stands is told once, as it stands. */
function lastWordOnly(changes: readonly GroupChange[]): GroupChange[] {
  const stands = new Set(changes.filter((change) => change.kind === 'still').map((change) => change.groupKey));
  const lastBegan = new Map<string, GroupChange>();
  for (const change of changes) if (change.kind === 'began') lastBegan.set(change.groupKey, change);
  return changes.filter((change) => !(stands.has(change.groupKey) && lastBegan.get(change.groupKey) === change));
}

function groupSignal(
  signal: IncomingSignal,
  groupKey: string,
  kind: GroupChange['kind'],
  now: GroupNow | undefined,
  values: Record<string, unknown>,
): NewSignal {
  const { serviceId, sourceKind, queue, at } = signal;
  const count = kind === 'ended' ? 0 : (now?.count ?? 1);
  return {
    serviceId,
    sourceKind,
    sourceId: signal.sourceId,
    queue,
    dedupKey: groupKey,
    status: kind === 'ended' ? 'ok' : 'firing',
    severity: now?.worst ?? signal.severity,
    summary: groupSummary(now?.members[0]?.summary ?? signal.summary, Math.max(1, count)),
    evidence: { group: values, count, members: now?.members ?? [], latest: signal.evidence },
    at,
  };
}

async function readState(
  ctx: Ctx,
  sourceId: string,
  memberKeys: readonly string[],
  groupKeys: readonly string[],
): Promise<GroupState> {
  const rows = await ctx.db
    .selectFrom('alert_members')
    .select(['member_key', 'group_key'])
    .where('integration_id', '=', sourceId)
    .where('member_key', 'in', memberKeys)
    .execute();
  const groups = [...new Set([...groupKeys, ...rows.map((row) => row.group_key)])];
  const counts = await ctx.db
    .selectFrom('alert_members')
    .select(['group_key', (select) => select.fn.countAll<number>().as('count')])
    .where('integration_id', '=', sourceId)
    .where('group_key', 'in', groups)
    .groupBy('group_key')
    .execute();
  return {
    groupOf: new Map(rows.map((row) => [row.member_key, row.group_key])),
    countOf: new Map(counts.map((row) => [row.group_key, Number(row.count)])),
  };
}

async function writeMembers(
  ctx: Ctx,
  signals: readonly IncomingSignal[],
  keys: readonly string[],
  before: ReadonlySet<string>,
  { groupOf }: GroupState,
): Promise<void> {
  const sourceId = signals[0]?.sourceId ?? '';
  const gone = keys.filter((key) => before.has(key) && !groupOf.has(key));
  if (gone.length > 0) {
    await ctx.db
      .deleteFrom('alert_members')
      .where('integration_id', '=', sourceId)
      .where('member_key', 'in', gone)
      .execute();
  }
  const latest = new Map(
    signals.filter((signal) => signal.status === 'firing').map((signal) => [signal.dedupKey, signal]),
  );
  const rows = [...latest].flatMap(([key, { summary, severity, at }]) => {
    const group = groupOf.get(key);
    return group === undefined ? [] : { key, group, summary, severity, at };
  });
  if (rows.length === 0) return;
  await sql`
    insert into alert_members (integration_id, member_key, group_key, summary, severity, first_at, last_at)
    select ${sourceId}, key, "group", summary, severity, at, ${ctx.clock.now()}::bigint
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as member (key text, "group" text, summary text, severity text, at bigint)
    on conflict (integration_id, member_key) do update set
      group_key = excluded.group_key, summary = excluded.summary, severity = excluded.severity, last_at = excluded.last_at`.execute(
    ctx.db,
  );
}

async function readGroups(ctx: Ctx, sourceId: string, groupKeys: readonly string[]): Promise<Map<string, GroupNow>> {
  if (groupKeys.length === 0) return new Map();
  const { rows } = await sql<{
    group_key: string;
    count: number;
    worst: number;
    members: { key: string; summary: string; severity: Severity; since: number }[];
  }>`
    select wanted.group_key, whole.count, whole.worst, shown.members
    from jsonb_array_elements_text(${JSON.stringify(groupKeys)}::jsonb) as wanted (group_key),
    lateral (
      select count(*)::int as count, min(case severity when 'critical' then 0 when 'major' then 1 else 2 end) as worst
      from alert_members where integration_id = ${sourceId} and group_key = wanted.group_key) as whole,
    lateral (
      select coalesce(jsonb_agg(jsonb_build_object('key', member_key, 'summary', summary, 'severity', severity, 'since', first_at)
        order by first_at, member_key), '[]') as members
      from (select * from alert_members where integration_id = ${sourceId} and group_key = wanted.group_key
        order by first_at, member_key limit ${shownMembers}) as oldest) as shown
    where whole.count > 0`.execute(ctx.db);
  const severities: readonly Severity[] = ['critical', 'major', 'minor'];
  return new Map(
    rows.map((row) => [
      row.group_key,
      { count: Number(row.count), worst: severities[Number(row.worst)] ?? 'major', members: row.members },
    ]),
  );
}
