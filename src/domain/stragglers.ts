import type { EpochMs } from './words.ts';

/** A service of an open incident: since when all its alerts there are clear, undefined while one fires. */
export interface Member {
  serviceId: string;
  clearAt: EpochMs | undefined;
}

/** How long the others must be clear until what still fails counts as a trouble of its own. */
export const stragglerMs = 5 * 60_000;

/**
 * Services that stay broken after the rest has recovered: whatever broke them is not what broke the others, or is not over for them. They are
 * taken out and called for. `causeId` is the stated cause, `causeHealth` how it looks now.
 */
export function findStragglers(
  members: readonly Member[],
  cause: { id: string; health: 'failing' | 'fine' | 'unknown' } | undefined,
  now: EpochMs,
): string[] {
  const firing = members.filter((member) => member.clearAt === undefined);
  const clear = members.filter((member) => member.clearAt !== undefined && now - member.clearAt >= stragglerMs);
  if (firing.length === 0 || clear.length === 0) return [];
  const isCauseOver = cause !== undefined && clear.some((member) => member.serviceId === cause.id);
  if (cause !== undefined && firing.some((member) => member.serviceId === cause.id)) return [];
  if (cause?.health === 'failing') return [];
  // A cause that nobody watches is over when most of what it broke works again.
  return isCauseOver || clear.length >= firing.length ? firing.map((member) => member.serviceId) : [];
}
