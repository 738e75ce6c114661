import type { Actor } from '../../domain/words.ts';
import { ServiceError } from '../errors.ts';

/** Least powerful first, so that an index is a rank. */
export const roles = ['viewer', 'responder', 'admin', 'owner'] as const;
export type Role = (typeof roles)[number];

/** Who asks: a signed-in person or an API key of one. */
export interface Principal {
  userId: string;
  /** The person that belongs to the user, if any: only people are on call. */
  personId: string | undefined;
  name: string;
  email: string;
  role: Role;
  via: 'session' | 'api-key';
}

/** Throws `forbidden` unless the principal has at least the role. */
export function requireRole(principal: Principal, least: Role): void {
  if (roles.indexOf(principal.role) >= roles.indexOf(least)) return;
  throw new ServiceError('forbidden', `This needs the role ${least}; you have ${principal.role}.`);
}

/** Who acts: the person behind the user, so that the timeline and credit name a human; a user who is no person as itself. */
export function actorOf(principal: Principal): Actor {
  if (principal.personId !== undefined) return { kind: 'person', id: principal.personId };
  return { kind: 'api', id: principal.userId };
}
