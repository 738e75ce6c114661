import { z } from 'zod';
import { type FeedReading, type FeedRefusal, maxFeedBytes, refuse } from './format.ts';

const maxDepth = 64;

/** Bytes as text: by their byte order mark (UTF-8, UTF-16 of either order), else UTF-8. */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xfe && second === 0xff ? 'utf-16be' : first === 0xff && second === 0xfe ? 'utf-16le' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

/** Parses JSON within bounds: 5 MB, 64 levels. */
export function readJson(bytes: Uint8Array): { ok: true; value: unknown } | FeedRefusal {
  if (bytes.length > maxFeedBytes) return refuse('refused', 'it is larger than 5 MB');
  const text = decodeText(bytes).trim();
  if (!text.startsWith('{') && !text.startsWith('[')) return refuse('not-a-feed', 'it is not JSON');
  if (isTooDeep(text)) return refuse('refused', `it is nested more than ${maxDepth} levels deep`);
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return refuse('broken', 'its JSON is cut short or broken');
  }
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at);
    if (inString) {
      if (sign === 0x5c) at++;
      else if (sign === 0x22) inString = false;
    } else if (sign === 0x22) inString = true;
    else if (sign === 0x7b || sign === 0x5b) {
      if (++depth > maxDepth) return true;
    } else if (sign === 0x7d || sign === 0x5d) depth--;
  }
  return false;
}

/** Reads a feed of JSON by its schema; what does not fit is a changed format, told by the path of the first difference. */
export function readJsonFeed<S extends z.ZodType>(
  bytes: Uint8Array,
  schema: S,
  build: (document: z.output<S>) => FeedReading,
): FeedReading {
  const json = readJson(bytes);
  return json.ok ? readValue(json.value, schema, build) : json;
}

export function readValue<S extends z.ZodType>(
  value: unknown,
  schema: S,
  build: (document: z.output<S>) => FeedReading,
): FeedReading {
  const parsed = schema.safeParse(value);
  if (parsed.success) return build(parsed.data);
  const [issue] = parsed.error.issues;
  const where = issue?.path.map(String).join('.').slice(0, 200) ?? '';
  return refuse(
    'changed-format',
    where === '' ? 'it is not what this format is' : `"${where}" is missing or different`,
  );
}

/** Ids are numbers here and texts there. */
export const idText = z.union([z.string().min(1), z.number()]).transform(String);
/** A text that may be left out or null. */
export const maybeText = z
  .string()
  .nullish()
  .transform((text) => text ?? null);
