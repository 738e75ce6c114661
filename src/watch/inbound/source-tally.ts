import { sql } from 'kysely';
import type { EpochMs } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';

/** What sources have sent since the last flush, in memory: a crash loses a second's counts, and no alert. */
export interface SourceTally {
  accepted(integrationId: string, now: EpochMs): void;
  refused(integrationId: string, why: string, now: EpochMs): void;
  limited(integrationId: string, now: EpochMs): void;
  /** Adds the counts to `integration_activity`. Returns how many sources were written. */
  flush(): Promise<number>;
}

interface Counts {
  id: string;
  accepted: number;
  accepted_at: EpochMs | null;
  refused: number;
  refused_at: EpochMs | null;
  refusal: string | null;
  limited: number;
  limited_at: EpochMs | null;
}

const nothing = {
  accepted: 0,
  accepted_at: null,
  refused: 0,
  refused_at: null,
  refusal: null,
  limited: 0,
  limited_at: null,
};

export function openSourceTally(ctx: Pick<Ctx, 'db'>): SourceTally {
  let counts = new Map<string, Counts>();
  const of = (id: string): Counts => {
    const known = counts.get(id) ?? { id, ...nothing };
    counts.set(id, known);
    return known;
  };
  return {
    accepted(id, now) {
      const one = of(id);
      one.accepted++;
      one.accepted_at = now;
    },
    refused(id, why, now) {
      Object.assign(of(id), { refused: of(id).refused + 1, refused_at: now, refusal: why.slice(0, 500) });
    },
    limited(id, now) {
      Object.assign(of(id), { limited: of(id).limited + 1, limited_at: now });
    },
    async flush() {
      if (counts.size === 0) return 0;
      const rows = [...counts.values()];
      counts = new Map();
      try {
        await write(ctx, rows);
      } catch (error) {
        for (const row of rows) counts.set(row.id, merged(row, counts.get(row.id)));
        throw error;
      }
      return rows.length;
    },
  };
}

const merged = (before: Counts, after: Counts | undefined): Counts =>
  after === undefined
    ? before
    : {
        id: before.id,
        accepted: before.accepted + after.accepted,
        accepted_at: after.accepted_at ?? before.accepted_at,
        refused: before.refused + after.refused,
        refused_at: after.refused_at ?? before.refused_at,
        refusal: after.refusal ?? before.refusal,
        limited: before.limited + after.limited,
        limited_at: after.limited_at ?? before.limited_at,
      };

/** The join leaves out sources that were deleted meanwhile. */
const write = (ctx: Pick<Ctx, 'db'>, rows: readonly Counts[]): Promise<unknown> =>
  sql`
    insert into integration_activity as old
      (integration_id, accepted, last_accepted_at, refused, last_refused_at, last_refusal, limited, last_limited_at)
    select new.id, new.accepted, accepted_at, new.refused, refused_at, refusal, new.limited, limited_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as new (id text, accepted bigint, accepted_at bigint, refused bigint,
      refused_at bigint, refusal text, limited bigint, limited_at bigint)
    join integrations on integrations.id = new.id order by new.id
    on conflict (integration_id) do update set
      accepted = old.accepted + excluded.accepted,
      last_accepted_at = coalesce(excluded.last_accepted_at, old.last_accepted_at),
      refused = old.refused + excluded.refused,
      last_refused_at = coalesce(excluded.last_refused_at, old.last_refused_at),
      last_refusal = coalesce(excluded.last_refusal, old.last_refusal),
      limited = old.limited + excluded.limited,
      last_limited_at = coalesce(excluded.last_limited_at, old.last_limited_at)`.execute(ctx.db);
