import { hash } from 'node:crypto';
import type { Actor, EpochMs } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { appendEvents } from '../platform/events.ts';
import { newSecret } from '../platform/random.ts';

const hashKey = (key: string): string => hash('sha256', key, 'hex');

/** A key with which a repository or a runner tells of its changes. The key is told once and stored as a hash. */
export async function addChangeKey(
  ctx: Ctx,
  input: { name: string; serviceId: string | null; actor: Actor; now: EpochMs },
): Promise<{ id: string; key: string }> {
  const id = idFor(ctx, 'chk');
  const key = newSecret(ctx.random);
  await transact(ctx, async (tx) => {
    if (input.serviceId !== null) {
      const service = await tx.db
        .selectFrom('services')
        .select('id')
        .where('id', '=', input.serviceId)
        .where('archived_at', 'is', null)
        .executeTakeFirst();
      if (!service) {
        throw new ServiceError('invalid', 'There is no such service.', {
          fields: [{ path: 'serviceId', message: 'no such service' }],
        });
      }
    }
    await tx.db
      .insertInto('change_keys')
      .values({
        id,
        name: input.name,
        service_id: input.serviceId,
        key_hash: hashKey(key),
        key_hint: `…${key.slice(-4)}`,
        created_at: input.now,
      })
      .execute();
    await appendEvents(tx, [{ kind: 'change-key.added', at: input.now, actor: input.actor, data: { keyId: id } }]);
  });
  return { id, key };
}

/** Withdraws a key. What came with it stays. */
export async function archiveChangeKey(ctx: Ctx, input: { id: string; actor: Actor; now: EpochMs }): Promise<void> {
  await transact(ctx, async (tx) => {
    const row = await tx.db
      .updateTable('change_keys')
      .set({ archived_at: input.now })
      .where('id', '=', input.id)
      .where('archived_at', 'is', null)
      .returning('id')
      .executeTakeFirst();
    if (!row) throw new ServiceError('not-found', 'There is no such key.');
    await appendEvents(tx, [
      { kind: 'change-key.archived', at: input.now, actor: input.actor, data: { keyId: input.id } },
    ]);
  });
}

export interface KnownChangeKey {
  id: string;
  serviceId: string | null;
}

/** Whose key it is. It is found by its SHA-256, so the time that takes says nothing about a guess. */
export async function findChangeKey(ctx: Ctx, key: string): Promise<KnownChangeKey | undefined> {
  const row = await ctx.db
    .selectFrom('change_keys')
    .select(['id', 'service_id'])
    .where('key_hash', '=', hashKey(key))
    .where('archived_at', 'is', null)
    .executeTakeFirst();
  return row === undefined ? undefined : { id: row.id, serviceId: row.service_id };
}
