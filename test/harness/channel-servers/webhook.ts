import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { type HttpStub, parseJson, startHttpStub, type StubRequest } from './http-stub.ts';

// A receiver written from the specification, without the library that the sender uses:
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

const event = z.object({
  type: z.string().regex(/^page\.(incident|summary|test)$/),
  timestamp: z.iso.datetime(),
  data: z.object({
    pageId: z.string(),
    person: z.string(),
    isResend: z.boolean(),
    text: z.string(),
    url: z.url(),
    acknowledgeUrl: z.url().optional(),
    summary: z.object({ count: z.int(), lines: z.array(z.string()) }).optional(),
    incident: z
      .object({
        id: z.string(),
        number: z.int(),
        title: z.string(),
        service: z.string().nullable(),
        severity: z.string(),
        status: z.string(),
        openedAt: z.iso.datetime(),
        evidence: z.array(z.string()),
      })
      .optional(),
  }),
});

export type WebhookEvent = z.output<typeof event>;

export interface WebhookReceiver extends HttpStub {
  /** Verified deliveries in order, with their webhook-id. */
  deliveries: { id: string; sentAtSeconds: number; event: WebhookEvent; bytes: number }[];
}

/** @param secret whsec_… as both sides know it */
export async function startWebhookReceiver(secret: string): Promise<WebhookReceiver> {
  const deliveries: WebhookReceiver['deliveries'] = [];
  const stub = await startHttpStub((request) => {
    if (!isSigned(request, secret)) return { status: 401, body: 'bad signature' };
    const parsed = event.safeParse(parseJson(request.body));
    if (!parsed.success) return { status: 422, body: 'not an event' };
    deliveries.push({
      id: request.headers['webhook-id'] ?? '',
      sentAtSeconds: Number(request.headers['webhook-timestamp']),
      event: parsed.data,
      bytes: Buffer.byteLength(request.body),
    });
    return { status: 204 };
  });
  return Object.assign(stub, { deliveries });
}

function isSigned({ headers, body }: StubRequest, secret: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  return (headers['webhook-signature'] ?? '').split(' ').includes(expected);
}
