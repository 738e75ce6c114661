import { solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';

/** What the world outside was told, to be compared with what is there after the crashes. */
export interface Promised {
  /** Dedup keys of triggers that were answered with 202. */
  accepted: Set<string>;
  /** Dedup keys of resolves that were answered with 202. */
  resolved: Set<string>;
  /** Hugs that were answered with 201, by the words that they carry. */
  hugs: Set<string>;
  /** Verdicts that the API showed, as `check|verdict|since`. */
  verdicts: Set<string>;
  refused: number;
}

export interface LoadOptions {
  url: string;
  apiKey: string;
  keys: readonly string[];
  random: () => number;
  /** Whether the page for this key has arrived: then the alert may be resolved. */
  hasArrived(dedupKey: string): boolean;
}

export interface Load {
  promised: Promised;
  stop(): Promise<void>;
}

/** Everything at once, until stopped: alerts that come and go, visitors who say thanks, somebody who reads the console. */
export function startLoad(options: LoadOptions): Load {
  const promised: Promised = {
    accepted: new Set(),
    resolved: new Set(),
    hugs: new Set(),
    verdicts: new Set(),
    refused: 0,
  };
  let stopped = false;
  const loops = [
    ...options.keys.map((key, index) => repeat(() => alertOnce(options, promised, key, index))),
    repeat(() => hugOnce(options, promised)),
    repeat(() => readVerdicts(options, promised)),
  ];
  async function repeat(once: () => Promise<void>): Promise<void> {
    while (!stopped) {
      // The server is away half of the time: that is the point, and the load goes on.
      await once().catch(() => void promised.refused++);
      await pause(10 + options.random() * 60);
    }
  }
  return {
    promised,
    async stop() {
      stopped = true;
      await Promise.all(loops);
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const current = new Map<string, string>();
let counter = 0;

/** One alert of one service: triggered, and resolved once its page has arrived, so that every page is owed. */
async function alertOnce(options: LoadOptions, promised: Promised, key: string, index: number): Promise<void> {
  const open = current.get(key);
  if (open === undefined) {
    const dedupKey = `crash-${index}-${counter++}`;
    if ((await enqueue(options.url, key, 'trigger', dedupKey)) === 202) {
      promised.accepted.add(dedupKey);
      current.set(key, dedupKey);
    }
    return;
  }
  if (options.hasArrived(open) && (await enqueue(options.url, key, 'resolve', open)) === 202) {
    promised.resolved.add(open);
    current.delete(key);
  }
}

async function enqueue(url: string, key: string, action: 'trigger' | 'resolve', dedupKey: string): Promise<number> {
  const payload = { summary: `Trouble ${dedupKey}`, source: 'crash test', severity: 'critical' };
  const response = await fetch(`${url}/v2/enqueue`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      routing_key: key,
      event_action: action,
      dedup_key: dedupKey,
      ...(action === 'trigger' ? { payload } : {}),
    }),
    signal: AbortSignal.timeout(10_000),
  });
  await response.arrayBuffer();
  return response.status;
}

/** A visitor thanks for something that is over. Each visitor is another browser, each hug has words of its own. */
async function hugOnce(options: LoadOptions, promised: Promised): Promise<void> {
  const summary = (await (await fetch(`${options.url}/api/v2/incidents.json`)).json()) as {
    incidents: { id: string; status: string }[];
  };
  const over = summary.incidents.filter((incident) => incident.status === 'resolved');
  const incident = over[Math.floor(options.random() * over.length)];
  if (!incident) return;
  const challenge = (await (await fetch(`${options.url}/altcha`)).json()) as Parameters<
    typeof solveChallenge
  >[0]['challenge'];
  const solution = await solveChallenge({ challenge, deriveKey });
  const words = `Thank you ${counter++}`;
  const response = await fetch(`${options.url}/incidents/${incident.id}/hugs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': `visitor ${words}` },
    body: JSON.stringify({
      kind: 'hug',
      message: words,
      altcha: Buffer.from(JSON.stringify({ challenge, solution })).toString('base64'),
    }),
  });
  await response.arrayBuffer();
  if (response.status === 201) promised.hugs.add(words);
  // The limit for strangers holds in this test too; the next one waits.
  if (response.status === 429) await pause(500);
}

async function readVerdicts(options: LoadOptions, promised: Promised): Promise<void> {
  const response = await fetch(`${options.url}/api/v1/services/flapping`, {
    headers: { authorization: `Bearer ${options.apiKey}` },
  });
  if (!response.ok) return;
  const service = (await response.json()) as { checks: { id: string; verdict: string; verdictSince: number }[] };
  for (const check of service.checks)
    if (check.verdict !== 'unknown') promised.verdicts.add(`${check.id}|${check.verdict}|${check.verdictSince}`);
}
