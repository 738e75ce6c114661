/** A mail as its reader sees it. */
export interface ReadMail {
  /** Unfolded and decoded, by lower-case name. */
  headers: ReadonlyMap<string, string>;
  /** How often each header occurs: an injected one would show here. */
  headerNames: readonly string[];
  subject: string;
  messageId: string;
  text: string;
  html: string;
}

/** Reads what nodemailer writes: headers with encoded words (RFC 2047), text and HTML parts in quoted-printable, base64, 7bit or 8bit. */
export function readMail(raw: string): ReadMail {
  const { headers, names, body } = readEntity(raw);
  const parts = flatten(headers, body);
  const find = (type: string): string => parts.find((part) => part.type === type)?.content ?? '';
  return {
    headers,
    headerNames: names,
    subject: headers.get('subject') ?? '',
    messageId: headers.get('message-id') ?? '',
    text: find('text/plain'),
    html: find('text/html'),
  };
}

function readEntity(raw: string): { headers: Map<string, string>; names: string[]; body: string } {
  const end = raw.indexOf('\r\n\r\n');
  const head = end < 0 ? raw : raw.slice(0, end);
  const headers = new Map<string, string>();
  const names: string[] = [];
  for (const line of head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    names.push(name);
    headers.set(name, decodeWords(line.slice(colon + 1).trim()));
  }
  return { headers, names, body: end < 0 ? '' : raw.slice(end + 4) };
}

function flatten(headers: ReadonlyMap<string, string>, body: string): { type: string; content: string }[] {
  const contentType = headers.get('content-type') ?? 'text/plain';
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  if (boundary === undefined) {
    const type = (contentType.split(';')[0] ?? '').trim().toLowerCase();
    return [{ type, content: decodeBody(headers.get('content-transfer-encoding') ?? '7bit', body) }];
  }
  return body
    .split(`--${boundary}`)
    .slice(1, -1)
    .flatMap((part) => {
      const entity = readEntity(part.replace(/^\r\n/, '').replace(/\r\n$/, ''));
      return flatten(entity.headers, entity.body);
    });
}

function decodeBody(encoding: string, body: string): string {
  const bytes =
    encoding.toLowerCase() === 'base64'
      ? Buffer.from(body, 'base64')
      : encoding.toLowerCase() === 'quoted-printable'
        ? quotedPrintable(body.replace(/=\r\n/g, ''))
        : Buffer.from(body, 'latin1');
  return bytes.toString('utf8').replaceAll('\r\n', '\n');
}

const quotedPrintable = (text: string): Buffer =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );

function decodeWords(value: string): string {
  return value.replace(/\?=\s+=\?/g, '?==?').replace(/(?:=\?utf-8\?[bq]\?[^?]*\?=)+/gi, (run) => {
    const words = [...run.matchAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi)].map(([, kind = '', text = '']) =>
      kind.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : quotedPrintable(text.replaceAll('_', ' ')),
    );
    return Buffer.concat(words).toString('utf8');
  });
}
