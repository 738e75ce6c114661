import { z } from 'zod';
import type { Severity } from '../../domain/words.ts';
import { cutText } from '../../platform/cut-text.ts';
import { readJson, refusedByStatus } from './channel-http.ts';
import { defineChannel, type PageMessage, secret, webUrl } from './channel.ts';
import { pageText } from './page-text.ts';

// Sources: https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook (payload, 28 KB, four requests a
// second), https://learn.microsoft.com/en-us/connectors/teams/ (the size again), https://adaptivecards.io/explorer/RichTextBlock.html

const schema = z.strictObject({
  kind: z.literal('teams'),
  webhookUrl: secret(webUrl()).describe(
    'The address of a workflow “Send webhook alerts to a chat or channel”. Its signature is part of the address.',
  ),
});

/** A page as an Adaptive Card through a workflow's webhook. It knows no idempotency key, and takes a card before it is shown. */
export const teams = defineChannel({
  kind: 'teams',
  label: 'Microsoft Teams',
  about:
    'In Teams, add the workflow “Send webhook alerts to a chat” (or “to a channel”) and copy its address. ' +
    'Everything stands in an Adaptive Card. The workflow takes a card before Teams shows it, so a workflow ' +
    'that fails later is not noticed here: look at its run history after the test page.',
  schema,
  describe: ({ webhookUrl }) => `Teams workflow on ${new URL(webhookUrl).host}`,
  async send(message, { webhookUrl }, io) {
    const reply = await io.http({
      method: 'POST',
      url: webhookUrl,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: toTeams(message),
    });
    if (!reply.answered || reply.status < 200 || reply.status >= 300) {
      return refusedByStatus(reply, io.now(), 'Teams', reply.answered ? errorCode(reply.body) : '');
    }
    // The older connectors answer 200 and tell in words that Teams itself refused.
    const inner = /delivery failed.{0,200}HTTP error (\d{3})/s.exec(reply.body)?.[1];
    return inner === undefined ? { ok: true } : refusedByStatus({ ...reply, status: Number(inner) }, io.now(), 'Teams');
  },
});

const errorSchema = z.object({ error: z.object({ code: z.string().regex(/^[A-Za-z]{1,64}$/) }) });

/** The workflow's own word, as WorkflowTriggerIsNotEnabled. */
const errorCode = (body: string): string => readJson(body, errorSchema)?.error.code ?? '';

const colors: Record<Severity, string> = { critical: 'attention', major: 'warning', minor: 'default' };

// "About 28 KB", and the workflow wraps the card once more.
const maxBytes = 20_000;

function toTeams(message: PageMessage): string {
  const whole = compose(message, 20, 300);
  return Buffer.byteLength(whole) <= maxBytes ? whole : compose(message, 10, 150);
}

function compose(message: PageMessage, maxLines: number, maxLine: number): string {
  const page = pageText(message);
  const { severity } = message.incident ?? {};
  const lines = page.lines.slice(0, maxLines).map((line) => cutText(line, maxLine));
  if (page.lines.length > maxLines) lines.push('…');
  const body = [
    paragraph(cutText(page.title, 300), {
      size: 'Large',
      weight: 'Bolder',
      color: severity ? colors[severity] : 'default',
    }),
    ...page.facts.map(([label, value]) => paragraph(`${label}: ${cutText(value, 200)}`)),
    ...lines.map((line) => paragraph(line, { fontType: 'Monospace' })),
    ...page.notes.map((note) => paragraph(note, { isSubtle: true, size: 'Small' })),
  ];
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    // Shown in the notification, where a card cannot be drawn.
    fallbackText: cutText(page.title, 300),
    body,
    actions: page.buttons.map(({ label, url }, index) => ({
      type: 'Action.OpenUrl',
      title: label,
      url,
      style: index === 0 ? 'positive' : 'default',
    })),
    msteams: { width: 'Full' },
  };
  return JSON.stringify({
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card }],
  });
}

/** A TextRun shows its text as it is; a TextBlock would read Markdown in it. */
const paragraph = (text: string, style: Record<string, string | boolean> = {}): object => ({
  type: 'RichTextBlock',
  inlines: [{ type: 'TextRun', text, ...style }],
});
