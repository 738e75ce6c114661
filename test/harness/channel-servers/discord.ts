import { z } from 'zod';
import { type HttpStub, json, parseJson, startHttpStub } from './http-stub.ts';

// Written from Discord's public documentation: https://discord.com/developers/docs/resources/webhook#execute-webhook (query and body),
// https://discord.com/developers/docs/resources/message#embed-object-embed-limits, https://discord.com/developers/docs/topics/opcodes-and-status-codes#json

const embed = z.strictObject({
  title: z.string().max(256),
  description: z.string().max(4096),
  color: z.int().min(0).max(0xffffff),
  timestamp: z.iso.datetime().optional(),
  fields: z
    .array(
      z.strictObject({ name: z.string().min(1).max(256), value: z.string().min(1).max(1024), inline: z.boolean() }),
    )
    .max(25),
});
const message = z.strictObject({
  content: z.string().max(2000),
  allowed_mentions: z.strictObject({ parse: z.array(z.enum(['roles', 'users', 'everyone'])) }),
  embeds: z.array(embed).max(10),
});

export type DiscordMessage = z.output<typeof message> & { threadId: string | null };

export interface DiscordServer extends HttpStub {
  messages: DiscordMessage[];
}

/** @param path /api/webhooks/<id>/<token> */
export async function startDiscordServer(path: string): Promise<DiscordServer> {
  const messages: DiscordMessage[] = [];
  const [id, token] = path.split('/').slice(-2);
  const stub = await startHttpStub((request) => {
    const url = new URL(request.path, 'http://discord.test');
    const [givenId, givenToken] = url.pathname.split('/').slice(-2);
    if (givenId !== id) return json(404, { message: 'Unknown Webhook', code: 10_015 });
    if (givenToken !== token) return json(401, { message: 'Invalid Webhook Token', code: 50_027 });
    const parsed = message.safeParse(parseJson(request.body));
    if (!parsed.success || totalLength(parsed.data) > 6000) {
      return json(400, { message: 'Invalid Form Body', code: 50_035, errors: {} });
    }
    messages.push({ ...parsed.data, threadId: url.searchParams.get('thread_id') });
    if (url.searchParams.get('wait') !== 'true') return { status: 204 };
    return json(200, { id: `99887766554433221${messages.length}`, type: 0, content: parsed.data.content });
  });
  return Object.assign(stub, { messages });
}

/** Over all embeds of a message, at most 6,000. */
const totalLength = ({ embeds }: z.output<typeof message>): number =>
  embeds
    .flatMap(({ title, description, fields }) => [
      title,
      description,
      ...fields.flatMap(({ name, value }) => [name, value]),
    ])
    .reduce((sum, text) => sum + text.length, 0);
