import { z } from 'zod';
import { type HttpStub, json, parseJson, startHttpStub } from './http-stub.ts';

// Written from Microsoft's public documentation: https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
// (payload, 28 KB), https://learn.microsoft.com/en-us/connectors/teams/ (size), https://adaptivecards.io/explorer/ (elements and their properties), and the
// errors of workflow triggers in https://learn.microsoft.com/en-us/azure/logic-apps/logic-apps-http-endpoint (401 for a wrong signature, 202 accepted).

const textRun = z.strictObject({
  type: z.literal('TextRun'),
  text: z.string().min(1),
  size: z.enum(['Small', 'Default', 'Medium', 'Large', 'ExtraLarge']).optional(),
  weight: z.enum(['Lighter', 'Default', 'Bolder']).optional(),
  color: z.enum(['default', 'dark', 'light', 'accent', 'good', 'warning', 'attention']).optional(),
  fontType: z.enum(['Default', 'Monospace']).optional(),
  isSubtle: z.boolean().optional(),
});
const card = z.strictObject({
  $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
  type: z.literal('AdaptiveCard'),
  version: z.enum(['1.2', '1.3', '1.4', '1.5']),
  fallbackText: z.string().min(1),
  body: z.array(z.strictObject({ type: z.literal('RichTextBlock'), inlines: z.array(textRun).min(1) })).min(1),
  actions: z
    .array(
      z.strictObject({
        type: z.literal('Action.OpenUrl'),
        title: z.string().min(1),
        url: z.url(),
        style: z.enum(['default', 'positive', 'destructive']),
      }),
    )
    // Teams shows six at most.
    .max(6),
  msteams: z.strictObject({ width: z.literal('Full') }),
});
const payload = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null(),
        content: card,
      }),
    )
    .length(1),
});

export type TeamsCard = z.output<typeof card>;

export interface TeamsServer extends HttpStub {
  cards: TeamsCard[];
}

/** @param path of the workflow's trigger, with its signature in the query */
export async function startTeamsServer(path: string): Promise<TeamsServer> {
  const cards: TeamsCard[] = [];
  const stub = await startHttpStub((request) => {
    const refuse = (status: number, code: string) =>
      json(status, { error: { code, message: `${request.path} is wrong` } });
    if (request.path.split('?')[0] !== path.split('?')[0]) return refuse(404, 'WorkflowNotFound');
    if (request.path !== path) return refuse(401, 'DirectApiAuthorizationRequired');
    if (Buffer.byteLength(request.body) > 28 * 1024) return refuse(413, 'RequestEntityTooLarge');
    const parsed = payload.safeParse(parseJson(request.body));
    if (!parsed.success) return refuse(400, 'TriggerInputSchemaMismatch');
    cards.push(...parsed.data.attachments.map((attachment) => attachment.content));
    return { status: 202 };
  });
  return Object.assign(stub, { cards });
}
