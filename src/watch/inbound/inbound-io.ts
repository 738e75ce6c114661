import type { EpochMs } from '../../domain/words.ts';
import type { InboundIo } from './inbound.ts';

const maxBytes = 65_536;
const timeoutMs = 5_000;
const keptMs = 86_400_000;
const maxKept = 20;

/** Asks one address; rejects unless the whole answer came, with a good status. */
export type FetchText = (url: string) => Promise<string>;

/** `fetchText` can be another one in tests, whose Amazon is on this machine. */
export function openInboundIo(fetchText: FetchText = fetchByHttps): InboundIo {
  const kept = new Map<string, { text: Promise<string>; at: EpochMs }>();
  return {
    fetchText,
    fetchKept(url, now) {
      const known = kept.get(url);
      if (known !== undefined && now - known.at < keptMs) return known.text;
      const text = fetchText(url);
      kept.set(url, { text, at: now });
      if (kept.size > maxKept) kept.delete([...kept.keys()][0] ?? '');
      // What could not be had is asked for again.
      text.catch(() => {
        if (kept.get(url)?.text === text) kept.delete(url);
      });
      return text;
    },
  };
}

async function fetchByHttps(url: string): Promise<string> {
  if (!url.startsWith('https://')) throw new Error('only https addresses are fetched');
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`the answer was ${response.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
