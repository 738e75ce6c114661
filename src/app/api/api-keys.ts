import type { z } from 'zod';
import type { Auth } from '../../platform/auth/auth.ts';
import type { Ctx } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import type { ApiKeyView, newApiKeySchema } from './schemas.ts';

export async function readApiKeys(ctx: Ctx, userId: string): Promise<ApiKeyView[]> {
  const rows = await ctx.db
    .selectFrom('auth_api_keys')
    .select(['id', 'name', 'start', 'created_at', 'last_request'])
    .where('reference_id', '=', userId)
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name ?? 'API key',
    hint: `${row.start ?? ''}…`,
    createdAt: row.created_at.getTime(),
    lastUsedAt: row.last_request?.getTime() ?? null,
  }));
}

export async function createApiKey(
  auth: Auth,
  userId: string,
  input: z.output<typeof newApiKeySchema>,
): Promise<{ id: string; key: string }> {
  const created = await auth.api.createApiKey({
    body: {
      name: input.name,
      userId,
      ...(input.expiresInDays === undefined ? {} : { expiresIn: input.expiresInDays * 86_400 }),
    },
  });
  return { id: created.id, key: created.key };
}

export async function deleteApiKey(ctx: Ctx, userId: string, keyId: string): Promise<void> {
  const row = await ctx.db
    .deleteFrom('auth_api_keys')
    .where('id', '=', keyId)
    .where('reference_id', '=', userId)
    .returning('id')
    .executeTakeFirst();
  if (!row) throw new ServiceError('not-found', 'There is no such API key.');
}
