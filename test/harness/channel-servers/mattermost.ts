import { z } from 'zod';
import { type HttpStub, json, parseJson, startHttpStub } from './http-stub.ts';

// Written from Mattermost's public documentation: https://developers.mattermost.com/integrate/webhooks/incoming/ (fields, 200 "ok"),
// https://developers.mattermost.com/integrate/reference/message-attachments/, and the form of its errors in https://developers.mattermost.com/api-documentation/

const post = z.strictObject({
  // Longer texts are split into several posts (16,383 characters).
  text: z.string().max(16_383),
  channel: z.string().optional(),
  attachments: z
    .array(
      z.strictObject({
        fallback: z.string().min(1),
        color: z.string().regex(/^#[0-9a-f]{6}$/),
        text: z.string().max(16_383),
        fields: z.array(z.strictObject({ short: z.boolean(), title: z.string(), value: z.string() })),
      }),
    )
    .min(1),
});

export type MattermostPost = z.output<typeof post>;

export interface MattermostServer extends HttpStub {
  posts: MattermostPost[];
}

export async function startMattermostServer(options: {
  path: string;
  channels: readonly string[];
}): Promise<MattermostServer> {
  const posts: MattermostPost[] = [];
  const stub = await startHttpStub((request) => {
    const refuse = (status: number, id: string) =>
      json(status, {
        id,
        message: `Failed: ${request.path}`,
        detailed_error: '',
        request_id: 'r1',
        status_code: status,
      });
    if (request.path !== options.path) return refuse(400, 'web.incoming_webhook.invalid.app_error');
    const parsed = post.safeParse(parseJson(request.body));
    if (!parsed.success) return refuse(400, 'web.incoming_webhook.parse.app_error');
    const { channel } = parsed.data;
    if (channel !== undefined && !options.channels.includes(channel))
      return refuse(404, 'web.incoming_webhook.channel.app_error');
    posts.push(parsed.data);
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' };
  });
  return Object.assign(stub, { posts });
}
