import { createDecipheriv, createECDH, createPublicKey, type ECDH, hkdfSync, randomBytes, verify } from 'node:crypto';
import { z } from 'zod';
import { type HttpStub, parseJson, startHttpStub, type StubAnswer, type StubRequest } from './http-stub.ts';

// Written from RFC 8030 (push service: TTL, Topic, Urgency, 201, 404, 410, 413), RFC 8188 and RFC 8291 (content encoding aes128gcm for web push),
// RFC 8292 (VAPID), without the library that the sender uses.

const payload = z.strictObject({
  version: z.literal(1),
  kind: z.enum(['incident', 'summary', 'test']),
  tag: z.string().min(1),
  title: z.string().min(1),
  body: z.string(),
  severity: z.enum(['critical', 'major', 'minor']).nullable(),
  at: z.int(),
  actions: z.array(z.strictObject({ label: z.string().min(1), url: z.url() })),
});

interface PushedNotification extends z.output<typeof payload> {
  topic: string | undefined;
  urgency: string | undefined;
  ttlSeconds: number;
  claims: { aud: string; exp: number; sub: string };
}

/** One browser at its push service. */
export interface PushService extends HttpStub {
  subscription: { endpoint: string; p256dh: string; auth: string };
  /** What was decrypted, in order. */
  notifications: PushedNotification[];
  /** What waits for a browser that is away: a topic holds only its newest message. */
  waiting(): PushedNotification[];
}

/** @param vapidPublicKey of the one that may push, as the browser was told when it subscribed */
export async function startPushService(vapidPublicKey: string, path: string): Promise<PushService> {
  const browser = createECDH('prime256v1');
  browser.generateKeys();
  const auth = randomBytes(16);
  const notifications: PushedNotification[] = [];
  const stub = await startHttpStub((request) => push(request, { browser, auth, vapidPublicKey, path, notifications }));
  return Object.assign(stub, {
    subscription: {
      endpoint: `${stub.url}${path}`,
      p256dh: browser.getPublicKey('base64url'),
      auth: auth.toString('base64url'),
    },
    notifications,
    waiting: () => [...new Map(notifications.map((one) => [one.topic ?? one, one])).values()],
  });
}

interface Subscriber {
  browser: ECDH;
  auth: Buffer;
  vapidPublicKey: string;
  path: string;
  notifications: PushedNotification[];
}

function push(request: StubRequest, subscriber: Subscriber): StubAnswer {
  const { headers } = request;
  if (request.path !== subscriber.path) return { status: 404, body: `no subscription ${request.path}` };
  const claims = readVapid(headers['authorization'] ?? '', subscriber.vapidPublicKey);
  if (claims === undefined) return { status: 403, body: 'the key in the authorization header does not match' };
  const { topic, urgency, ttl = '' } = headers;
  if (!/^\d+$/.test(ttl)) return { status: 400, body: 'missing TTL' };
  if (topic !== undefined && !/^[\w-]{1,32}$/.test(topic)) return { status: 400, body: 'invalid topic' };
  if (urgency !== undefined && !['very-low', 'low', 'normal', 'high'].includes(urgency)) return { status: 400 };
  if (headers['content-encoding'] !== 'aes128gcm') return { status: 400, body: 'invalid encoding' };
  if (request.bytes.length > 4096) return { status: 413 };
  const parsed = payload.safeParse(parseJson(decrypt(request.bytes, subscriber)));
  if (!parsed.success) throw new Error('the browser cannot read this notification');
  subscriber.notifications.push({ ...parsed.data, topic, urgency, ttlSeconds: Number(ttl), claims });
  return { status: 201, headers: { location: `/m/${subscriber.notifications.length}` } };
}

const claimsSchema = z.object({ aud: z.url(), exp: z.int(), sub: z.string().regex(/^(mailto:|https:\/\/)/) });

/** The claims, when the token is signed by the key that the browser was told and is not outdated. */
function readVapid(header: string, publicKey: string): PushedNotification['claims'] | undefined {
  const [, token = '', key] = /^vapid t=([\w.-]+), ?k=([\w-]+)$/.exec(header) ?? [];
  if (key !== publicKey) return undefined;
  const [head = '', body = '', signature = ''] = token.split('.');
  const point = Buffer.from(publicKey, 'base64url');
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33, 65).toString('base64url'),
  };
  const isSigned = verify(
    'sha256',
    Buffer.from(`${head}.${body}`),
    { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  const claims = claimsSchema.safeParse(parseJson(Buffer.from(body, 'base64url').toString())).data;
  const now = Date.now() / 1000;
  return isSigned && claims && claims.exp > now && claims.exp <= now + 86_400 ? claims : undefined;
}

/** One record: salt, record size, the sender's key; then AES-128-GCM with keys from the shared secret (RFC 8291, section 3.4). */
function decrypt(message: Buffer, { browser, auth }: Subscriber): string {
  const salt = message.subarray(0, 16);
  const keyLength = message.readUInt8(20);
  const senderKey = message.subarray(21, 21 + keyLength);
  const sealed = message.subarray(21 + keyLength);
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), browser.getPublicKey(), senderKey]);
  const material = Buffer.from(hkdfSync('sha256', browser.computeSecret(senderKey), auth, info, 32));
  const derive = (label: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', material, salt, Buffer.from(`Content-Encoding: ${label}\0`), length));
  const decipher = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12));
  decipher.setAuthTag(sealed.subarray(-16));
  const padded = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  // 2 marks the last record; zeros after it are padding.
  return padded.subarray(0, padded.lastIndexOf(2)).toString('utf8');
}
