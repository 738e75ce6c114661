import { sql } from 'kysely';
import type { Ctx } from '../platform/context.ts';
import type { Signal } from './signal-facts.ts';

// So many sources take part in a round. Those beyond them come by their age.
const maxQueues = 200;

/**
 * The signals to place next, in the order of arrival: about `limit` by turns from every source that waits, and the oldest of all. Each is
 * a source's oldest, so the order within a source is kept; a source that floods delays the others by one batch, not by its backlog.
 */
export async function nextSignals(ctx: Ctx, limit: number): Promise<Signal[]> {
  // The distinct queues by leaps over the index: a backlog of a million costs as much as one of a hundred.
  const { rows } = await sql<Signal>`
    with recursive queues (queue, place) as (
      (select queue, 1 from signals where outcome is null order by queue limit 1)
      union all
      select (select queue from signals where outcome is null and queue > queues.queue order by queue limit 1), place + 1
      from queues where queues.queue is not null and place < ${maxQueues}
    ),
    shares as (
      select queue, (${limit} + count(*) over () - 1) / count(*) over () as share from queues where queue is not null
    ),
    oldest as (select id from signals where outcome is null order by seq limit ${Math.ceil(limit / 2)}),
    turns as (
      select next.id from shares, lateral (
        select id, row_number() over (order by seq) as turn
        from (select id, seq from signals where outcome is null and queue = shares.queue order by seq limit shares.share) as own
      ) as next order by turn limit ${limit}
    )
    select * from signals where id in (select id from oldest union select id from turns) order by seq`.execute(ctx.db);
  return rows;
}
