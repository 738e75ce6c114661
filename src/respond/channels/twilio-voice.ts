import { z } from 'zod';
import { cutText } from '../../platform/cut-text.ts';
import { oneLine } from '../../platform/one-line.ts';
import { defineChannel, type PageMessage } from './channel.ts';
import { since } from './page-text.ts';
import { callTwiml } from './twiml.ts';
import { createAtTwilio, maskNumber, phoneNumber, twilioAccount, twilioHides } from './twilio-rest.ts';

// Sources: https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource (Twiml of at most 4,000 characters, Timeout, StatusCallback),
// https://www.twilio.com/docs/voice/answering-machine-detection (AsyncAmd speaks at once and reports what answered afterwards)

const schema = z.strictObject({
  kind: z.literal('twilio-voice'),
  ...twilioAccount,
  from: phoneNumber().describe('A number of the account, or a verified caller.'),
  to: phoneNumber(),
  ringSeconds: z
    .int()
    .min(5)
    .max(600)
    .default(30)
    .describe('How long it rings. A mailbox often answers after 25 to 30 seconds.'),
});

/** A page as a telephone call that says what is broken. There is no idempotency key: a page sent again calls a second time. */
export const twilioVoice = defineChannel({
  kind: 'twilio-voice',
  label: 'Telephone call (Twilio)',
  about:
    'Calls and says, twice, what is broken and since when. Acknowledge in HugOps. Numbers are written with ' +
    "their country and in quotes, as `'+4915112345678'`.",
  schema,
  describe: ({ to }) => `call to ${maskNumber(to)}`,
  hides: twilioHides,
  send(message, config, io) {
    const { callbackUrl } = message;
    const fields = {
      To: config.to,
      From: config.from,
      Timeout: String(config.ringSeconds),
      Twiml: callTwiml(spoken(message), message.ackUrl === undefined ? undefined : callbackUrl),
      ...(callbackUrl === undefined
        ? {}
        : {
            StatusCallback: callbackUrl,
            MachineDetection: 'Enable',
            // Synchronous detection keeps a person listening to silence for seconds.
            AsyncAmd: 'true',
            AsyncAmdStatusCallback: callbackUrl,
          }),
    };
    return createAtTwilio(config, 'Calls', fields, io);
  },
});

/** The page in sentences. No evidence and no links: nobody wants to hear a URL. */
function spoken(message: PageMessage): string[] {
  const again = message.isResend ? ['Sent again: it is not certain that the first call reached you.'] : [];
  const { incident, summary } = message;
  if (message.kind === 'incident' && incident) {
    const { number, severity, title, serviceName, openedAt } = incident;
    return [
      `Incident ${number}, ${severity}: ${cutText(oneLine(title), 200)}`,
      ...(serviceName === null ? [] : [`Service: ${cutText(oneLine(serviceName), 80)}`]),
      `Since ${since(openedAt, message.now, message.timeZone)}`,
      ...again,
    ];
  }
  if (message.kind === 'summary' && summary) {
    const lines = summary.lines.slice(0, 5).map((line) => cutText(oneLine(line).replace(/^#/, 'Incident '), 100));
    return [
      summary.count === 1 ? '1 incident waited for you' : `${summary.count} incidents waited for you`,
      ...lines,
      ...again,
    ];
  }
  return ['Test page: nothing is broken', 'This is how HugOps reaches you by telephone.', ...again];
}
