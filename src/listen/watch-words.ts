import { compileMatcher, type Matcher, type ServiceTerms } from '../detect/match.ts';
import { createStanceModel, type StanceModel } from '../detect/stance.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';

export type TargetKind = 'service' | 'upstream';
/** What is counted about a target: posts, or reports of visitors. */
export type Measure = 'posts' | 'reports';
/** What a post may name. */
export interface Target {
  kind: TargetKind;
  id: string;
}

/** The words of upstreams that services depend on, by provider; the catalogue is another room's. */
export type ReadUpstreamTerms = (ctx: Ctx) => Promise<readonly ServiceTerms[]>;

/** What hears: the words of all targets, made ready, and the model of stances. Reuses its memory from post to post. */
export interface Hearing {
  readonly matcher: () => Matcher;
  readonly model: StanceModel;
  /** Reads the words again where they changed. */
  refresh(ctx: Ctx, now: EpochMs): Promise<void>;
}

export const targetKey = (target: Target): string => `${target.kind}:${target.id}`;

export function targetOf(key: string): Target {
  const at = key.indexOf(':');
  return { kind: key.slice(0, at) === 'upstream' ? 'upstream' : 'service', id: key.slice(at + 1) };
}

const none: ReadUpstreamTerms = async () => [];

/** Hears nothing until it is refreshed. */
export function createHearing(upstreamTerms: ReadUpstreamTerms = none): Hearing {
  let matcher = compileMatcher([]);
  let mark = '';
  return {
    matcher: () => matcher,
    model: createStanceModel(),
    async refresh(ctx, now) {
      const terms = await readTerms(ctx, upstreamTerms);
      const next = JSON.stringify(terms);
      if (next === mark) return;
      await settleTargets(ctx, terms, now);
      matcher = compileGood(ctx, terms);
      mark = next;
    },
  };
}

/** A target's words, under its key, with what people call it. */
type TargetTerms = ServiceTerms & { title: string };

async function readTerms(ctx: Ctx, upstreamTerms: ReadUpstreamTerms): Promise<TargetTerms[]> {
  const rows = await ctx.db
    .selectFrom('listen_terms')
    .innerJoin('services', 'services.id', 'listen_terms.service_id')
    .select(['service_id', 'terms', 'name'])
    .where('services.archived_at', 'is', null)
    .orderBy('service_id')
    .execute();
  const own = rows.map(({ service_id, terms, name }): TargetTerms => {
    const { names = [], exclude = [], ...more } = terms;
    return { ...more, names, exclusions: exclude, id: targetKey({ kind: 'service', id: service_id }), title: name };
  });
  const outside = (await upstreamTerms(ctx)).map((terms): TargetTerms => {
    const title = terms.names[0] ?? terms.ambiguous?.[0] ?? terms.id;
    return { ...terms, id: targetKey({ kind: 'upstream', id: terms.id }), title };
  });
  return [...own, ...outside];
}

/** Since when each target is listened for; one that comes back begins again. */
async function settleTargets(ctx: Ctx, terms: readonly TargetTerms[], now: EpochMs): Promise<void> {
  const wanted = new Set(terms.map(({ id }) => id));
  await transact(ctx, async (tx) => {
    const rows = await tx.db.selectFrom('listen_targets').select(['target_kind', 'target_id']).execute();
    for (const row of rows) {
      if (wanted.has(targetKey({ kind: row.target_kind, id: row.target_id }))) continue;
      for (const table of ['listen_targets', 'burst_series'] as const) {
        await tx.db
          .deleteFrom(table)
          .where('target_kind', '=', row.target_kind)
          .where('target_id', '=', row.target_id)
          .$if(table === 'burst_series', (query) => query.where('measure' as 'target_id', '=', 'posts'))
          .execute();
      }
    }
    for (const { id: key, title } of terms) {
      const { kind, id } = targetOf(key);
      await tx.db
        .insertInto('listen_targets')
        .values({ target_kind: kind, target_id: id, name: title, since: now })
        .onConflict((conflict) => conflict.columns(['target_kind', 'target_id']).doUpdateSet({ name: title }))
        .execute();
    }
  });
}

/** A term that cannot be used (hugops.yaml refuses those) must not make HugOps deaf to all others. */
function compileGood(ctx: Ctx, terms: readonly ServiceTerms[]): Matcher {
  try {
    return compileMatcher(terms);
  } catch {
    const good = terms.filter((one) => {
      try {
        compileMatcher([one]);
        return true;
      } catch (error) {
        ctx.log.warn({ err: error, target: one.id }, 'these words cannot be listened for');
        return false;
      }
    });
    return compileMatcher(good);
  }
}
