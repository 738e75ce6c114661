import { type Assignments, assignmentsSchema, type Delivery, takenSchema } from './schemas.ts';

/** How a probe speaks to its server: always by calling it. */
export interface ProbeClient {
  /** The checks of this location; undefined while they are as before. Rejects when the server cannot be reached or refuses. */
  assignments(): Promise<Assignments | undefined>;
  /** Rejects when it is not known whether the server took it: then it is delivered again. */
  deliver(delivery: Delivery): Promise<{ takenSeq: number }>;
  /** Breaks off what is under way. */
  stop(): void;
}

/** The address cannot be used, or the server knows no such token: to be shown as it is. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError';
}

const answerWithinMs = 15_000;
/** Thousands of checks with long configurations. */
const maxAnswerBytes = 32_000_000;

/** The address of a server, without a trailing slash. Throws ProbeError unless it is HTTPS, or HTTP to this very machine. */
export function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHere = url !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && isHere)))
    throw new ProbeError(
      `--url must be the https:// address of your HugOps, not ${text}. The token would travel in the open.`,
    );
  return text.replace(/\/+$/, '');
}

export function createProbeClient(url: string, token: string, version: string): ProbeClient {
  const stopping = new AbortController();
  let etag: string | undefined;

  async function call(
    path: string,
    init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> },
  ): Promise<{ status: number; headers: Headers; body: string }> {
    const response = await fetch(`${url}/probe/v1${path}`, {
      ...init,
      redirect: 'error',
      signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(answerWithinMs)]),
      headers: { authorization: `Bearer ${token}`, 'x-hugops-version': version, ...init.headers },
    });
    const body = await readText(response);
    if (response.ok || response.status === 304) return { status: response.status, headers: response.headers, body };
    throw new ProbeError(`the server answered ${response.status}: ${detailOf(body)}`);
  }

  return {
    async assignments() {
      const { status, headers, body } = await call('/assignments', {
        headers: etag === undefined ? {} : { 'if-none-match': etag },
      });
      if (status === 304) return undefined;
      const assignments = assignmentsSchema.parse(JSON.parse(body));
      etag = headers.get('etag') ?? undefined;
      return assignments;
    },
    async deliver(delivery) {
      const { body } = await call('/results', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(delivery),
      });
      return takenSchema.parse(JSON.parse(body));
    },
    stop: () => stopping.abort(new ProbeError('this probe is stopping')),
  };
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new ProbeError('the answer of the server is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function detailOf(body: string): string {
  try {
    const { detail } = JSON.parse(body) as { detail?: unknown };
    return typeof detail === 'string' ? detail : 'no reason given';
  } catch {
    return 'no reason given';
  }
}
