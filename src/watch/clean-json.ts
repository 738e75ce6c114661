import { cleanText } from './inbound/clean-evidence.ts';

/** JSON for a jsonb column or parameter, without what PostgreSQL refuses; what came from the network may hold anything. */
export const cleanJson = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? cleanText(inner) : inner));
