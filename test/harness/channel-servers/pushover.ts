import { z } from 'zod';
import { type HttpStub, json, startHttpStub, type StubAnswer, type StubRequest } from './http-stub.ts';

// Written from Pushover's public documentation: https://pushover.net/api (fields, limits in characters, priorities, 400 with `errors`, 429 for the
// month's quota) and https://pushover.net/api/receipts (receipts of 30 letters and digits, cancelling).

const characters = (max: number) => z.string().refine((text) => Array.from(text).length <= max);
const form = z
  .strictObject({
    token: z.string(),
    user: z.string(),
    device: z.string().optional(),
    title: characters(250),
    message: characters(1024).min(1),
    url: characters(512).optional(),
    url_title: characters(100).optional(),
    priority: z.enum(['-2', '-1', '0', '1', '2']),
    timestamp: z.string().regex(/^\d{9,10}$/),
    retry: z.coerce.number().min(30).optional(),
    expire: z.coerce.number().max(10_800).optional(),
  })
  .refine((message) => message.priority !== '2' || (message.retry !== undefined && message.expire !== undefined));

export type PushoverMessage = z.output<typeof form>;

export interface PushoverServer extends HttpStub {
  messages: PushoverMessage[];
  /** The receipts of the emergencies that still sound. */
  sounding: Set<string>;
}

export async function startPushoverServer(options: {
  token: string;
  users: readonly string[];
}): Promise<PushoverServer> {
  const messages: PushoverMessage[] = [];
  const sounding = new Set<string>();
  const stub = await startHttpStub((request) => {
    if (request.path === '/1/messages.json') return take(request, options, messages, sounding);
    const receipt = /^\/1\/receipts\/([A-Za-z0-9]{30})\/cancel\.json$/.exec(request.path)?.[1];
    if (receipt === undefined) return refuse('resource not found', 404);
    if (new URLSearchParams(request.body).get('token') !== options.token) return refuse('application token is invalid');
    return sounding.delete(receipt)
      ? json(200, { status: 1, request: 'r' })
      : refuse('receipt not found; may be invalid or expired', 404);
  });
  return Object.assign(stub, { messages, sounding });
}

const refuse = (error: string, status = 400): StubAnswer => json(status, { status: 0, request: 'r', errors: [error] });

function take(
  request: StubRequest,
  options: { token: string; users: readonly string[] },
  messages: PushoverMessage[],
  sounding: Set<string>,
): StubAnswer {
  const parsed = form.safeParse(Object.fromEntries(new URLSearchParams(request.body)));
  if (!parsed.success) return refuse(`${String(parsed.error.issues[0]?.path[0] ?? 'retry')} is invalid`);
  if (parsed.data.token !== options.token) return refuse('application token is invalid');
  if (!options.users.includes(parsed.data.user))
    return refuse('user identifier is not a valid user, group, or subscribed user key');
  messages.push(parsed.data);
  const answer = { status: 1, request: `5042853c-402d-4a18-abcb-16873480000${messages.length}` };
  if (parsed.data.priority !== '2') return json(200, answer);
  const receipt = `receipt${String(messages.length).padStart(23, '0')}`;
  sounding.add(receipt);
  return json(200, { ...answer, receipt });
}
