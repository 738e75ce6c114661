import { z } from 'zod';
import type { Severity } from '../../domain/words.ts';
import { layoutMail, type MailContent } from '../../platform/mail/layout.ts';
import { messageIdHost } from '../../platform/mail/message-id.ts';
import { isMailAddress } from '../../platform/mail/transport.ts';
import { cutText } from '../../platform/cut-text.ts';
import { defineChannel, type PageMessage } from './channel.ts';
import { pageText } from './page-text.ts';

const schema = z.strictObject({
  kind: z.literal('email'),
  address: z.string().refine(isMailAddress, { message: 'expected one e-mail address, as alice@example.com' }),
});

const maxEvidence = 20;

/** A page by e-mail, through the same mail server as every other mail but in a lane of its own. */
export const email = defineChannel({
  kind: 'email',
  label: 'E-mail',
  about:
    'Goes through the mail server of the section `mail`, in a lane of its own, so that no newsletter delays a ' +
    'page. All pages of an incident stand in one thread. A repetition has the same Message-ID as the first, ' +
    'and many mail programs show only one of them.',
  schema,
  describe: ({ address }) => maskAddress(address),
  async send(message, { address }, io) {
    const host = messageIdHost(message.viewUrl);
    const page = pageText(message);
    const result = await io.mail.send({
      to: address,
      subject: cutText(page.title, 200),
      ...layoutMail(toContent(message)),
      headers: {
        'Auto-Submitted': 'auto-generated',
        // Exchange would otherwise answer with out-of-office notices ([MS-OXCMAIL] 2.1.3.2.20).
        'X-Auto-Response-Suppress': 'All',
        ...(message.incident?.severity === 'critical' ? { Importance: 'high', 'X-Priority': '1' } : {}),
        ...threadHeaders(message, host),
      },
      messageId: `<${message.id}@${host}>`,
      at: message.now,
      isUrgent: true,
    });
    if (result.ok) return { ok: true, providerRef: result.response };
    return { ok: false, retryable: result.retryable, reason: result.reason };
  },
});

/** All pages of an incident hang below one Message-ID that was never sent, so that mail clients show them as one thread. */
function threadHeaders(message: PageMessage, host: string): Record<string, string> {
  if (!message.incident) return {};
  const root = `<${message.incident.id.replace(/[^\w-]/g, '')}@${host}>`;
  return { 'In-Reply-To': root, References: root };
}

function toContent(message: PageMessage): MailContent {
  const page = pageText(message);
  const severity = message.incident?.severity;
  const more = page.lines.length - maxEvidence;
  return {
    heading: cutText(page.heading, 300),
    badge: severity && { word: severity, tone: tones[severity] },
    buttons: page.buttons,
    facts: page.facts.map(([label, value]) => [label, cutText(value, 200)]),
    list: [
      ...page.lines.slice(0, maxEvidence).map((line) => cutText(line, 500)),
      ...(more > 0 ? [`… and ${more} more`] : []),
    ],
    footer: page.notes,
  };
}

const tones: Record<Severity, 'critical' | 'major' | 'minor'> = {
  critical: 'critical',
  major: 'major',
  minor: 'minor',
};

/** 'a…e@example.com': enough to know one's own address again. */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const letters = Array.from(address.slice(0, at));
  const ends = letters.length < 3 ? [letters[0], ''] : [letters[0], letters.at(-1)];
  return `${ends[0] ?? ''}…${ends[1] ?? ''}${address.slice(at)}`;
}
