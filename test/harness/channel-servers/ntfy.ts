import { z } from 'zod';
import { type HttpStub, json, parseJson, startHttpStub, type StubAnswer, type StubRequest } from './http-stub.ts';

// Written from ntfy's public documentation: https://docs.ntfy.sh/publish/ (publish as JSON, action buttons, authentication, limitations) and
// the error codes listed in its server (40101 unauthorized, 41303 JSON body too large, 42901 too many requests).

const action = z.object({
  action: z.literal('view'),
  label: z.string().min(1),
  url: z.url(),
  clear: z.boolean().optional(),
});
const publication = z.object({
  topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/),
  title: z.string(),
  message: z.string(),
  priority: z.int().min(1).max(5),
  tags: z.array(z.string()),
  click: z.url(),
  actions: z.array(action).max(3),
  sequence_id: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/),
  markdown: z.boolean(),
});

export interface NtfyNotification extends z.output<typeof publication> {
  /** A message over 4,096 bytes turns into a file, which nobody reads at night. */
  isAttachment: boolean;
}

export interface NtfyServer extends HttpStub {
  /** What was published, in order. */
  published: NtfyNotification[];
  /** What a phone shows: a publication with a known sequence id replaces the earlier one. */
  shown(): NtfyNotification[];
}

export interface NtfyServerOptions {
  /** What it asks for; open to all without. */
  token?: string;
  basic?: { user: string; password: string };
}

export async function startNtfyServer(options: NtfyServerOptions = {}): Promise<NtfyServer> {
  const published: NtfyNotification[] = [];
  const stub = await startHttpStub((request) => publish(request, options, published));
  return Object.assign(stub, {
    published,
    shown: () => [...new Map(published.map((notification) => [notification.sequence_id, notification])).values()],
  });
}

function publish(request: StubRequest, options: NtfyServerOptions, published: NtfyNotification[]): StubAnswer {
  const refuse = (code: number, http: number, error: string): StubAnswer => json(http, { code, http, error });
  if (request.path !== '/') return refuse(40401, 404, 'page not found');
  const wanted = expectedAuthorization(options);
  if (wanted !== undefined && request.headers['authorization'] !== wanted) return refuse(40101, 401, 'unauthorized');
  if (Buffer.byteLength(request.body) > 8192) return refuse(41303, 413, 'JSON body too large');
  const parsed = publication.safeParse(parseJson(request.body));
  if (!parsed.success) return refuse(40024, 400, `invalid request: ${parsed.error.issues[0]?.path.join('.')}`);
  published.push({ ...parsed.data, isAttachment: Buffer.byteLength(parsed.data.message) > 4096 });
  return json(200, { id: `msg${published.length}`, event: 'message', topic: parsed.data.topic });
}

function expectedAuthorization({ token, basic }: NtfyServerOptions): string | undefined {
  if (token !== undefined) return `Bearer ${token}`;
  return basic && `Basic ${Buffer.from(`${basic.user}:${basic.password}`).toString('base64')}`;
}
