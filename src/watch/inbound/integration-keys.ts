import type { EpochMs } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';
import { hashKey } from './integration-key.ts';
import { type SourceConfig, sourceConfigSchema } from './source-config.ts';

/** Whose message it is. */
export interface Integration {
  id: string;
  kind: string;
  serviceId: string;
  config: SourceConfig;
}

export interface IntegrationKeys {
  /** From memory; asks the database for all keys when that was longer ago than a few seconds. */
  known(key: string, now: EpochMs): Promise<Integration | undefined>;
  /** Asks the database for a key that is not in memory: one that another process has just made. */
  lookUp(key: string): Promise<Integration | undefined>;
  /** Call it after a change of integrations, so that it counts at once in this process. */
  forget(): void;
}

// A key that another process withdrew is accepted for twice as long at most. A new one is accepted at once.
const refreshMs = 5_000;
// About 2 MB. Keys beyond it still work, by one query each.
const maxKeys = 10_000;

/**
 * The keys of all integrations, in memory: a storm costs one query every few seconds, and a stranger who exhausts the limit for
 * unknown keys cannot keep out a known one behind the same address. Keys are found by their SHA-256, so the time that it takes says
 * nothing about how much of a guess was right.
 */
export function openIntegrationKeys(ctx: Pick<Ctx, 'db'>): IntegrationKeys {
  let byHash: Map<string, Integration> | undefined;
  let loadedAt = 0;
  let loading: Promise<void> | undefined;
  // Rises when what was read may be from before a change.
  let version = 0;

  const active = () =>
    ctx.db
      .selectFrom('integrations')
      .innerJoin('services', 'services.id', 'integrations.service_id')
      .select(['integrations.id', 'integrations.kind', 'integrations.service_id', 'integrations.key_hash'])
      .select('integrations.config')
      .where('integrations.archived_at', 'is', null)
      .where('services.archived_at', 'is', null);

  const read = async (now: EpochMs): Promise<void> => {
    for (;;) {
      const before = version;
      const rows = await active().orderBy('integrations.created_at', 'desc').limit(maxKeys).execute();
      if (version !== before) continue;
      byHash = new Map(rows.map((row) => [row.key_hash, toIntegration(row)]));
      loadedAt = now;
      return;
    }
  };
  const load = (now: EpochMs): Promise<void> => {
    loading ??= read(now).finally(() => {
      loading = undefined;
    });
    return loading;
  };

  return {
    async known(key, now) {
      const age = now - loadedAt;
      if (byHash === undefined || age >= 2 * refreshMs || age < 0) await load(now);
      // Beside the work: in a storm nobody waits for it. A failure is found by whoever has to wait, and by the insert.
      else if (age >= refreshMs) load(now).catch(() => undefined);
      return byHash?.get(hashKey(key));
    },
    async lookUp(key) {
      const before = version;
      const hash = hashKey(key);
      const row = await active().where('integrations.key_hash', '=', hash).executeTakeFirst();
      if (row === undefined) return undefined;
      const integration = toIntegration(row);
      if (byHash !== undefined && byHash.size < maxKeys && version === before) byHash.set(hash, integration);
      return integration;
    },
    forget() {
      version++;
      byHash = undefined;
    },
  };
}

const toIntegration = (row: { id: string; kind: string; service_id: string; config: unknown }): Integration => ({
  id: row.id,
  kind: row.kind,
  serviceId: row.service_id,
  // It was checked when it was written; what an older or newer HugOps wrote must not keep an alert out.
  config: sourceConfigSchema.safeParse(row.config).data ?? {},
});
