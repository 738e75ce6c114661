import { isUtf8 } from 'node:buffer';
import type { Problem } from './located.ts';

export const maxFileBytes = 1_048_576;

export type Decoded =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly text: string; readonly problem: Problem };

// What YAML 1.2 does not allow in a stream (section 5.1), except the lone surrogates, which UTF-8 cannot hold.
const forbidden = /[^\P{Cc}\t\n\r\u0085]|[\ufffe\uffff]/u;

/** The text of a file of at most 1 MiB in UTF-8 (a byte order mark is dropped), or why it is none. */
export function decodeText(content: string | Uint8Array): Decoded {
  const bytes =
    typeof content === 'string'
      ? Buffer.from(content, 'utf8')
      : Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.length > maxFileBytes) return refuse('', 0, 'a file of at most 1 MiB', `${bytes.length} bytes`);
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return refuse('', 0, 'UTF-8', 'UTF-16');
  const text = (typeof content === 'string' ? content : bytes.toString('utf8')).replace(/^\ufeff/, '');
  if (!isUtf8(bytes) || !text.isWellFormed())
    return refuse(text.toWellFormed(), firstBad(text), 'UTF-8', 'bytes in another encoding');
  const at = text.search(forbidden);
  if (at < 0) return { ok: true, text };
  const code = text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  return refuse(text, at, 'printable text', `the control character U+${code}`);
}

/** Where decoding put its first replacement character. */
function firstBad(text: string): number {
  return Math.max(0, text.toWellFormed().indexOf('\ufffd'));
}

const refuse = (text: string, offset: number, expected: string, found: string): Decoded => ({
  ok: false,
  text,
  problem: { offset, path: [], message: `expected ${expected}, found ${found}`, expected },
});
