import { Agent, request } from 'undici';
import {
  errorCodeOf,
  guardedLookup,
  isNeverCalled,
  neverCalledCode,
  wordsForCode,
} from '../../platform/http/outgoing.ts';
import { PushError } from './push-target.ts';

export interface PushRequest {
  method: 'PUT' | 'DELETE' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body: Buffer;
}

export interface PushReply {
  status: number;
  /** Lower-case names; of one that came several times the first. */
  headers: Record<string, string>;
  body: string;
}

/** One request with one time limit; follows no redirect by itself. Throws PushError when there is no answer. */
export type PushHttp = (request: PushRequest) => Promise<PushReply>;

const defaultTimeoutMs = 20_000;
const maxBytes = 16_384;

export function openPushHttp(timeoutMs = defaultTimeoutMs): { http: PushHttp; close(): Promise<void> } {
  const agent = new Agent({ connections: 16, connect: { timeout: timeoutMs, lookup: guardedLookup() } });
  return {
    async http({ method, url, headers, body }) {
      if (isNeverCalled(url)) throw new PushError(wordsForCode(neverCalledCode));
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        const answer = await request(url, {
          dispatcher: agent,
          method,
          headers: { 'user-agent': 'HugOps', ...headers },
          // Also for an empty body: storage wants to be told its length.
          body,
          signal,
        });
        const text = await readSome(answer.body);
        return { status: answer.statusCode, headers: firstOf(answer.headers), body: text };
      } catch (error) {
        throw new PushError(wordsForCode(signal.aborted ? 'ETIMEDOUT' : errorCodeOf(error)));
      }
    },
    close: () => agent.destroy(),
  };
}

async function readSome(body: AsyncIterable<Uint8Array> & { destroy(): unknown }): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}

const firstOf = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const first = Array.isArray(value) ? value[0] : value;
      return first === undefined ? [] : [[name.toLowerCase(), first]];
    }),
  );
