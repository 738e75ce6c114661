import type { Context } from 'hono';
import type { Refusal } from './inbound.ts';

// No alert is nested like this. Bounded before it is parsed, because PostgreSQL and JSON.stringify go down by recursion.
const maxDepth = 64;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A body that was read, or why not. */
export type JsonBody = { json: unknown; bytes: number } | { refused: Refusal };

/**
 * Refuses what is not plain JSON before it is read. A compressed body may unpack to any size, so none is taken. `curl -d` calls
 * everything a form, and some tools send text/plain: what counts is whether it parses.
 */
export function refuseMediaType(c: Context): Refusal | undefined {
  const encoding = c.req.header('content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') {
    return { code: 'unsupported', message: 'The body may not be compressed. Send it without Content-Encoding.' };
  }
  const type = (c.req.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === '' || type.endsWith('json') || type === 'text/plain' || type === 'application/x-www-form-urlencoded') {
    return undefined;
  }
  return { code: 'unsupported', message: 'The body must be JSON. Send it with Content-Type: application/json.' };
}

/** Reads at most `maxBytes` and parses them. Never throws. */
export async function readJson(c: Context, maxBytes: number): Promise<JsonBody> {
  const bytes = await readBytes(c, maxBytes);
  if ('code' in bytes) return { refused: bytes };
  return parseJson(bytes);
}

/** Parses UTF-8 JSON with bounded nesting. */
export function parseJson(bytes: Uint8Array): JsonBody {
  if (nestsDeeper(bytes, maxDepth)) return malformed(`The JSON is nested more than ${maxDepth} levels deep.`);
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return malformed('The body is not valid UTF-8.');
  }
  try {
    return { json: JSON.parse(text), bytes: bytes.length };
  } catch {
    return malformed('The body is not valid JSON.');
  }
}

const malformed = (message: string): JsonBody => ({ refused: { code: 'malformed', message } });

async function readBytes(c: Context, maxBytes: number): Promise<Uint8Array | Refusal> {
  const tooLarge: Refusal = {
    code: 'too-large',
    message: `The body may have at most ${maxBytes.toLocaleString('en')} bytes.`,
  };
  const announced = c.req.header('content-length');
  try {
    // Node.js reads no more than what was announced, so a false length is no way around the limit.
    if (announced !== undefined && c.req.header('transfer-encoding') === undefined) {
      return Number(announced) > maxBytes ? tooLarge : new Uint8Array(await c.req.arrayBuffer());
    }
    return (await readStream(c.req.raw.body, maxBytes)) ?? tooLarge;
  } catch {
    // Whoever sent it has hung up in the middle.
    return { code: 'malformed', message: 'The body ended early.' };
  }
}

async function readStream(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array | undefined> {
  if (body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks, size);
    size += value.length;
    if (size > maxBytes) return undefined;
    chunks.push(value);
  }
}

const quote = 0x22;
const backslash = 0x5c;

/** Counts brackets outside of strings. On bytes, because every byte of a longer UTF-8 character is above these. */
function nestsDeeper(bytes: Uint8Array, most: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === backslash) i++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) {
      inString = true;
    } else if (byte === 0x5b || byte === 0x7b) {
      depth++;
      if (depth > most) return true;
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--;
    }
  }
  return false;
}
