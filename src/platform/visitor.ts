import { createHmac, hkdfSync } from 'node:crypto';

/**
 * A visitor as far as HugOps needs one: the same for one address and browser within `scope` (an incident, an hour), useless for anything
 * else. The address itself is never stored.
 */
export function visitorHash(secret: string, scope: string, address: string, userAgent: string): string {
  const key = Buffer.from(hkdfSync('sha256', secret, 'hugops visitor', scope, 32));
  return createHmac('sha256', key).update(`${address}\n${userAgent}`).digest('base64url').slice(0, 22);
}
