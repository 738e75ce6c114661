import { z } from 'zod';
import { defineChannel } from './channel.ts';
import { pageText, plainText } from './page-text.ts';
import { createAtTwilio, maskNumber, phoneNumber, twilioAccount, twilioHides } from './twilio-rest.ts';

// Sources: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource (SmartEncoded, ValidityPeriod, StatusCallback),
// https://www.twilio.com/docs/api/errors/21617 (1,600 characters; below 320 is delivered best)

const schema = z.strictObject({
  kind: z.literal('twilio-sms'),
  ...twilioAccount,
  from: z
    .string()
    .regex(/^(\+[1-9]\d{6,14}|MG[0-9a-fA-F]{32}|[A-Za-z0-9 ]{2,11})$/, {
      error: 'expected a telephone number as +14155550100, a sender name, or the SID of a Messaging Service',
    })
    .describe('A number, a sender name, or a Messaging Service (MG…) of the account.'),
  to: phoneNumber(),
});

// Three segments of 153 characters; the two links take one or two of them.
const maxText = 459;

// A text message that the operator holds back for longer than this would be a ghost.
const validitySeconds = 900;

/** A page as a text message. Twilio has no idempotency key for messages: a page sent again arrives twice, and the second one says so. */
export const twilioSms = defineChannel({
  kind: 'twilio-sms',
  label: 'Text message (Twilio)',
  about:
    'A text message of at most three segments with both links; one that is still on its way after 15 minutes ' +
    'is dropped by Twilio. `from` is a number, a sender name, or a Messaging Service (`MG…`) of the account. ' +
    "Numbers are written with their country and in quotes, as `'+4915112345678'`.",
  schema,
  describe: ({ to }) => `text message to ${maskNumber(to)}`,
  hides: twilioHides,
  send(message, config, io) {
    const sender = config.from.startsWith('MG') ? { MessagingServiceSid: config.from } : { From: config.from };
    const fields = {
      To: config.to,
      ...sender,
      Body: plainText(pageText(message), maxText),
      // One “…” or curly quote would otherwise halve what fits into a segment.
      SmartEncoded: 'true',
      ValidityPeriod: String(validitySeconds),
      ...(message.callbackUrl === undefined ? {} : { StatusCallback: message.callbackUrl }),
    };
    return createAtTwilio(config, 'Messages', fields, io);
  },
});
