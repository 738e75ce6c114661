import { useSuspenseQuery } from '@tanstack/react-query';
import { get, post } from './client.ts';
import { meQuery, queryClient } from './queries.ts';
import type { Me, Role } from './types.ts';

/** Signs in by better-auth's own route, which sets the session's cookie. */
export async function signIn(email: string, password: string): Promise<void> {
  await post('/api/auth/sign-in/email', { email, password, rememberMe: true });
  queryClient.clear();
}

export async function signOut(): Promise<void> {
  await post('/api/auth/sign-out', {});
  queryClient.clear();
}

export const changePassword = (currentPassword: string, newPassword: string): Promise<void> =>
  post('/api/auth/change-password', { currentPassword, newPassword, revokeOtherSessions: true });

export const needsSetUp = async (): Promise<boolean> => (await get<{ needed: boolean }>('/api/v1/setup')).needed;

// Least powerful first, as on the server.
const ranks: readonly Role[] = ['viewer', 'responder', 'admin', 'owner'];
const allows = (role: Role, least: Role): boolean => ranks.indexOf(role) >= ranks.indexOf(least);
export const rolesUpTo = (role: Role): readonly Role[] => ranks.slice(0, ranks.indexOf(role) + 1);

/** Who is signed in; the shell has asked before any page is shown. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

/** Whether the one who is signed in may do what needs this role. What they may not do is not offered. */
export const useAllows = (least: Role): boolean => allows(useMe().role, least);
