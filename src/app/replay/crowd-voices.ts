import { solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { call, callUntilThere } from './call-api.ts';
import { addressOf, findIncident } from './crew.ts';
import type { Voice } from './generate-crowd.ts';

/** How the public reaches the program. */
export interface Crowd {
  /** Public messages, as a network's webhook brings them. Returns how many were taken. */
  post(posts: readonly Extract<Voice, { as: 'post' }>[]): Promise<number>;
  report(voice: Voice): Promise<boolean>;
  /** False when there is nothing to give thanks for yet: they are still working on it. */
  hug(voice: Extract<Voice, { as: 'hug' }>): Promise<boolean>;
}

export function openCrowd(url: string, keys: { ownerKey: string; postsKey: string }): Crowd {
  return {
    async post(posts) {
      const answer = await callUntilThere(`${url}/inbound/posts/${keys.postsKey}`, {
        method: 'POST',
        body: {
          posts: posts.map(({ id, at, who, text, isFresh }) => ({
            id,
            at,
            author: who,
            authorSince: at - (isFresh ? freshMs : oldMs),
            text,
          })),
        },
      });
      return answer.status === 202 ? posts.length : 0;
    },
    async report(voice) {
      const answer = await callUntilThere(`${url}/report`, {
        method: 'POST',
        headers: headersOf(voice),
        body: { serviceId: voice.serviceId, altcha: await solve(url, voice) },
      });
      return answer.status === 202;
    },
    async hug(voice) {
      const incidentId = await findIncident(url, keys.ownerKey, voice.serviceId, 'resolved');
      if (incidentId === undefined) return false;
      const answer = await callUntilThere(`${url}/incidents/${incidentId}/hugs`, {
        method: 'POST',
        headers: headersOf(voice),
        body: {
          kind: voice.kind,
          ...(voice.text === undefined ? {} : { message: voice.text }),
          altcha: await solve(url, voice),
        },
      });
      return answer.status === 201;
    },
  };
}

// How old an account is: a day, or three years.
const freshMs = 86_400_000;
const oldMs = 1_000 * freshMs;

const headersOf = (voice: Voice): Record<string, string> => ({
  'user-agent': `visitor ${voice.who}`,
  'x-forwarded-for': addressOf(voice.who),
});

/** The proof of work that every anonymous form asks for. Empty when the program is away: then it refuses. */
async function solve(url: string, voice: Voice): Promise<string> {
  const answer = await call(`${url}/altcha`, { headers: headersOf(voice) });
  if (answer.status !== 200) return '';
  const challenge = answer.body as Parameters<typeof solveChallenge>[0]['challenge'];
  const solution = await solveChallenge({ challenge, deriveKey });
  return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
}
