import { createChallenge, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { hkdfSync } from 'node:crypto';
import { z } from 'zod';
import type { Ctx } from './context.ts';
import { ServiceError } from './errors.ts';

/** About half a second on a telephone; a thousand forms cost an attacker ten minutes of a core. */
export const fullCost = 2_000;
/** For a replay: the same protocol at no price. */
export const tokenCost = 1;
const minCounter = 200;
const counterSpread = 400;
const lifeMs = 10 * 60_000;
const maxRemembered = 100_000;

const payloadSchema = z.object({
  challenge: z.object({
    parameters: z.object({
      algorithm: z.string().max(40),
      nonce: z.string().max(200),
      salt: z.string().max(200),
      cost: z.number(),
      keyLength: z.number(),
      keyPrefix: z.string().max(200),
      keySignature: z.string().max(200).optional(),
      expiresAt: z.number().optional(),
      data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
    }),
    signature: z.string().max(200).optional(),
  }),
  solution: z.object({ counter: z.number(), derivedKey: z.string().max(400), time: z.number().optional() }),
});

/** Proof of work before an anonymous form is accepted (altcha, self-hosted): no account, no third party, no puzzle. */
export interface ProofOfWork {
  /** A challenge for the altcha widget. */
  challenge(): Promise<object>;
  /** Accepts each solution once. Throws `invalid` naming the field `altcha`. */
  check(payload: string): Promise<void>;
}

/** Challenges are signed, so none is stored until it is solved; solved ones are remembered until they expire. */
export function createProofOfWork(ctx: Pick<Ctx, 'clock' | 'random' | 'secret'>, cost = fullCost): ProofOfWork {
  const keyOf = (purpose: string): string =>
    Buffer.from(hkdfSync('sha256', ctx.secret, 'hugops altcha', purpose, 32)).toString('hex');
  const hmacSignatureSecret = keyOf('challenge');
  const hmacKeySignatureSecret = keyOf('key');
  const used = new Map<string, number>();
  return {
    async challenge() {
      const [high = 0, low = 0] = ctx.random.bytes(2);
      const counter = minCounter + ((high * 256 + low) % counterSpread);
      // The expiry travels as signed data of our own, because the library's is read against the machine's clock.
      return createChallenge({
        algorithm: 'PBKDF2/SHA-256',
        cost,
        counter,
        deriveKey,
        data: { expiresAtMs: ctx.clock.now() + lifeMs },
        hmacSignatureSecret,
        hmacKeySignatureSecret,
      });
    },
    async check(payload) {
      const refuse = (message: string): never => {
        throw new ServiceError('invalid', message, { fields: [{ path: 'altcha', message }] });
      };
      const parsed = payloadSchema.safeParse(decode(payload));
      if (!parsed.success) return refuse('The proof of work is missing or not readable. Please reload the page.');
      const { challenge, solution } = parsed.data;
      const now = ctx.clock.now();
      const expiresAt = challenge.parameters.data?.['expiresAtMs'];
      // A stranger's numbers must not choose how much work this server does.
      if (challenge.parameters.cost !== cost || challenge.signature === undefined)
        return refuse('This proof of work is not one of ours.');
      if (typeof expiresAt !== 'number' || expiresAt < now)
        return refuse('The form was open for too long. Please send it again.');
      const signature = challenge.signature;
      if (used.has(signature)) return refuse('This form was sent already.');
      used.set(signature, expiresAt);
      const result = await verifySolution({
        challenge: challenge as never,
        solution: solution as never,
        deriveKey,
        hmacSignatureSecret,
        hmacKeySignatureSecret,
      });
      if (!result.verified) {
        used.delete(signature);
        return refuse('The proof of work is wrong. Please reload the page.');
      }
      for (const [key, at] of used) {
        if (at >= now && used.size <= maxRemembered) break;
        used.delete(key);
      }
    },
  };
}

function decode(payload: string): unknown {
  try {
    return JSON.parse(Buffer.from(payload, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}
