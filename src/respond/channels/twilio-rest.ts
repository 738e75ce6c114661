import { z } from 'zod';
import { basicAuthorization, type ChannelReply, readJson, refusedByStatus } from './channel-http.ts';
import { type ChannelIo, type Receipt, secret, webUrl } from './channel.ts';

// Sources: https://www.twilio.com/docs/usage/requests-to-twilio, https://www.twilio.com/docs/usage/twilios-response (errors),
// https://www.twilio.com/docs/api/errors (which asks not to build on single codes, so the status decides and the code is only shown)

/** A telephone number as E.164 has it. */
export const phoneNumber = (): z.ZodString =>
  z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, { error: 'expected a telephone number with its country, as +14155550100 in quotes' });

/** What both of Twilio's channels need. */
export const twilioAccount = {
  accountSid: z
    .string()
    .regex(/^AC[0-9a-fA-F]{32}$/, { error: 'expected an Account SID: AC and 32 digits or letters a to f' }),
  authToken: secret(z.string().regex(/^[!-~]{16,100}$/, { error: 'expected the account’s Auth Token' })),
  apiUrl: webUrl().default('https://api.twilio.com').describe('For regions and tests.'),
};

export interface TwilioAccount {
  accountSid: string;
  authToken: string;
  apiUrl: string;
}

/** What basic authentication makes of the account. */
export const twilioHides = ({ accountSid, authToken }: TwilioAccount): string[] => [`${accountSid}:${authToken}`];

/** Creates a message or a call. */
export async function createAtTwilio(
  account: TwilioAccount,
  resource: 'Messages' | 'Calls',
  fields: Record<string, string>,
  io: ChannelIo,
): Promise<Receipt> {
  const reply = await io.http({
    method: 'POST',
    url: `${account.apiUrl.replace(/\/+$/, '')}/2010-04-01/Accounts/${account.accountSid}/${resource}.json`,
    headers: {
      authorization: basicAuthorization(account.accountSid, account.authToken),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams(fields).toString(),
  });
  return readReply(reply, io);
}

const createdSchema = z.object({ sid: z.string().regex(/^[A-Z]{2}[0-9a-fA-F]{32}$/), status: z.string() });
const errorSchema = z.object({ code: z.int() });

function readReply(reply: ChannelReply, io: ChannelIo): Receipt {
  if (!reply.answered) return refusedByStatus(reply, io.now(), 'Twilio');
  if (reply.status === 200 || reply.status === 201) {
    const created = readJson(reply.body, createdSchema);
    if (!created) return { ok: false, retryable: true, reason: 'Twilio gave an answer that cannot be read' };
    if (created.status !== 'failed') return { ok: true, providerRef: created.sid };
    return { ok: false, retryable: true, reason: `Twilio took ${created.sid} and failed at once` };
  }
  // The code and not the message, which repeats telephone numbers.
  const code = readJson(reply.body, errorSchema)?.code;
  const detail = code === undefined ? '' : `error ${code}, see https://www.twilio.com/docs/api/errors/${code}`;
  return refusedByStatus(reply, io.now(), 'Twilio', detail);
}

/** '+49…67': enough to know one's own number again. */
export const maskNumber = (number: string): string => `${number.slice(0, 3)}…${number.slice(-2)}`;
