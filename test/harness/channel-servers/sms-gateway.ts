import { type HttpStub, parseJson, startHttpStub, type StubRequest } from './http-stub.ts';

// No one provider's: the three manners in which gateways for text messages usually want a message. The statuses are those of RFC 9110.

interface GatewayText {
  to: string;
  text: string;
  key: string | undefined;
}

export interface SmsGateway extends HttpStub {
  texts: GatewayText[];
}

export interface SmsGatewayOptions {
  /** Wanted in X-Api-Key, in the field `apikey` of a form, or as the password of basic authentication. */
  apiKey: string;
  /** Answers 200 to everything, and says in the text what became of it. */
  isAlways200?: boolean;
}

export async function startSmsGateway({ apiKey, isAlways200 = false }: SmsGatewayOptions): Promise<SmsGateway> {
  const texts: GatewayText[] = [];
  const stub = await startHttpStub((request) => {
    const said = (status: number, body: string) => ({ status: isAlways200 ? 200 : status, body });
    const fields = fieldsOf(request);
    if (fields === undefined) return said(400, 'ERR: malformed');
    const password = Buffer.from((request.headers['authorization'] ?? '').replace('Basic ', ''), 'base64')
      .toString()
      .split(':')[1];
    if (![request.headers['x-api-key'], fields['apikey'], password].includes(apiKey))
      return said(401, 'ERR: authentication');
    const { to = '', text = '' } = fields;
    if (!/^\+?\d{7,15}$/.test(to) || text === '') return said(422, `ERR: ${to}`);
    texts.push({ to, text, key: request.headers['idempotency-key'] });
    return said(201, 'OK: 1 message');
  });
  return Object.assign(stub, { texts });
}

function fieldsOf({ method, path, headers, body }: StubRequest): Record<string, string | undefined> | undefined {
  if (method === 'GET') return Object.fromEntries(new URL(path, 'http://gateway.test').searchParams);
  const type = headers['content-type'];
  if (type === 'application/x-www-form-urlencoded') return Object.fromEntries(new URLSearchParams(body));
  if (type === 'application/json') return parseJson(body) as Record<string, string> | undefined;
  if (type !== 'application/xml; charset=utf-8') return undefined;
  const [, to, text] = /^<sms to="([^"<]*)">([^<]*)<\/sms>$/.exec(body) ?? [];
  return to === undefined || text === undefined ? undefined : { to, text: unescapeXml(text) };
}

const unescapeXml = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
