import { z } from 'zod';
import { cutText } from '../../platform/cut-text.ts';
import { type ChannelReply, readJson, refusedByStatus, waitingAsTold } from './channel-http.ts';
import { type ChannelIo, defineChannel, type PageMessage, type Receipt, secret, token, webUrl } from './channel.ts';
import { type PageText, pageText, plainText } from './page-text.ts';

// Source: https://spec.matrix.org/v1.16/client-server-api/ (PUT …/send/{eventType}/{txnId}, standard error response, rate limiting, m.text, user and
// room mentions, size limits of events)

const schema = z.strictObject({
  kind: z.literal('matrix'),
  homeserver: webUrl().describe('The address of the server’s client API, as https://matrix.example.com.'),
  token: secret(token()).describe('The access token of the account that sends.'),
  roomId: z
    .string()
    .regex(/^![^\s/?#]{1,254}$/, { error: 'expected the id of a room, as !abc:example.com (not its #alias)' })
    .describe('The account has to be in this room. Messages are not encrypted end to end.'),
});

/** A page to a Matrix room. The page's id is the transaction id, so the homeserver shows a page that is sent again only once. */
export const matrix = defineChannel({
  kind: 'matrix',
  label: 'Matrix',
  about:
    "Invite an account to a room and give HugOps its access token. The page's id is the transaction id, so a " +
    'page that is sent again is shown once. Messages are not encrypted end to end, so choose a room without ' +
    'encryption.',
  schema,
  describe: ({ homeserver }) => `Matrix room on ${new URL(homeserver).host}`,
  async send(message, config, io) {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(config.roomId)}/send/m.room.message/${encodeURIComponent(message.id)}`;
    const reply = await io.http({
      method: 'PUT',
      url: `${config.homeserver.replace(/\/+$/, '')}${path}`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${config.token}` },
      body: JSON.stringify(toMatrix(message)),
    });
    return readReply(reply, io);
  },
});

const sentSchema = z.object({ event_id: z.string().max(255) });
const errorSchema = z.object({
  errcode: z.string().regex(/^[A-Z][A-Z0-9_.]{1,63}$/i),
  // From version 1.10 on Retry-After says it; many servers still say it only here.
  retry_after_ms: z.number().optional(),
});

function readReply(reply: ChannelReply, io: ChannelIo): Receipt {
  if (!reply.answered) return refusedByStatus(reply, io.now(), 'the homeserver');
  if (reply.status === 200) {
    const sent = readJson(reply.body, sentSchema);
    if (sent) return { ok: true, providerRef: sent.event_id };
    return { ok: false, retryable: true, reason: 'the homeserver gave an answer that cannot be read' };
  }
  const error = readJson(reply.body, errorSchema);
  const refusal = refusedByStatus(reply, io.now(), 'the homeserver', error?.errcode ?? '');
  return refusal.retryAfterMs === undefined ? waitingAsTold(refusal, error?.retry_after_ms) : refusal;
}

// An event has at most 65,536 bytes, and both forms of the text are in it; escaping may make a character six.
const maxText = 3000;

function toMatrix(message: PageMessage): object {
  const page = pageText(message);
  return {
    // m.notice would make no sound.
    msgtype: 'm.text',
    body: plainText(page, maxText),
    format: 'org.matrix.custom.html',
    formatted_body: toHtml(page),
    // An empty object: names in the text are nobody's mention.
    'm.mentions': {},
  };
}

function toHtml(page: PageText): string {
  const facts = page.facts.map(([label, value]) => `${escapeHtml(label)}: ${escapeHtml(cutText(value, 200))}`);
  const lines = cutText(page.lines.join('\n'), maxText);
  const links = page.buttons.map(({ label, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`);
  return [
    `<p><strong>${escapeHtml(cutText(page.title, 300))}</strong></p>`,
    facts.length === 0 ? '' : `<p>${facts.join('<br>')}</p>`,
    lines === '' ? '' : `<pre><code>${escapeHtml(lines)}</code></pre>`,
    `<p>${links.join(' · ')}</p>`,
    ...page.notes.map((note) => `<p><em>${escapeHtml(note)}</em></p>`),
  ].join('');
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
