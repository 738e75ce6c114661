import { verify, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { EpochMs } from '../../domain/words.ts';
import { fieldErrors } from '../../platform/http/api.ts';
import { readInstant } from './clean-evidence.ts';
import type { InboundIo, Refusal } from './inbound.ts';
import { refuseFields } from './prometheus-alert.ts';

// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html and …/http-header.html
const common = {
  MessageId: z.string().min(1).max(200),
  TopicArn: z.string().min(1).max(1_000),
  Message: z.string(),
  Timestamp: z.string(),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string().max(2_000),
  SigningCertURL: z.string().max(1_000),
};
export const snsSchema = z.discriminatedUnion('Type', [
  z.object({ Type: z.literal('Notification'), Subject: z.string().nullish(), ...common }),
  z.object({ Type: z.literal('SubscriptionConfirmation'), Token: z.string(), SubscribeURL: z.string(), ...common }),
  z.object({ Type: z.literal('UnsubscribeConfirmation'), Token: z.string(), SubscribeURL: z.string(), ...common }),
]);
export type SnsMessage = z.infer<typeof snsSchema>;

const amazon = /^sns\.[a-z0-9-]{3,40}\.amazonaws\.com(\.cn)?$/;
const certificatePath = /^\/SimpleNotificationService-[0-9a-zA-Z]{1,64}\.pem$/;

/** SNS tries for up to an hour by its own delivery policies; what is older was recorded and played again. */
const maxAgeMs = 65 * 60_000;
const maxAheadMs = 5 * 60_000;

/** Whether the address is SNS's own: https, no other port, no name and password, a host that only Amazon can have. */
export function isSnsAddress(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.protocol !== 'https:' || url.port !== '' || url.username !== '' || url.password !== '')
    return false;
  return amazon.test(url.hostname);
}

/** Why the message is not SNS's, or too old to be believed; undefined when it is. */
export async function proveSns(body: unknown, io: InboundIo, now: EpochMs): Promise<Refusal | undefined> {
  const read = snsSchema.safeParse(body);
  if (!read.success) return refuseFields(fieldErrors(read.error));
  const message = read.data;
  if (!isSnsAddress(message.SigningCertURL) || !certificatePath.test(new URL(message.SigningCertURL).pathname)) {
    return notProved('SigningCertURL is not an address of Amazon SNS.');
  }
  const at = readInstant(message.Timestamp);
  if (at === undefined)
    return refuseFields([{ path: 'Timestamp', message: 'not a time such as 2026-03-01T12:00:00.000Z' }]);
  if (now - at > maxAgeMs) return notProved('The message is more than an hour old.');
  if (at - now > maxAheadMs) return notProved('The message is from the future.');
  let pem: string;
  try {
    pem = await io.fetchKept(message.SigningCertURL, now);
  } catch {
    const words = 'The certificate that proves the message could not be fetched from Amazon SNS.';
    return { code: 'unavailable', message: words, retryAfterMs: 5_000 };
  }
  return isSigned(message, pem, now) ? undefined : notProved('The signature does not belong to the message.');
}

const notProved = (message: string): Refusal => ({ code: 'not-proved', message });

function isSigned(message: SnsMessage, pem: string, now: EpochMs): boolean {
  try {
    const certificate = new X509Certificate(pem);
    if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo)) return false;
    const algorithm = message.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256';
    const signature = Buffer.from(message.Signature, 'base64');
    return verify(algorithm, Buffer.from(signedText(message)), certificate.publicKey, signature);
  } catch {
    // Not a certificate, or a key of another kind.
    return false;
  }
}

/** What SNS signs: these members, by name, each name and value on a line of its own. */
export function signedText(message: SnsMessage): string {
  const parts: [string, string | null | undefined][] =
    message.Type === 'Notification'
      ? [
          ['Message', message.Message],
          ['MessageId', message.MessageId],
          ['Subject', message.Subject],
        ]
      : [
          ['Message', message.Message],
          ['MessageId', message.MessageId],
          ['SubscribeURL', message.SubscribeURL],
        ];
  parts.push(['Timestamp', message.Timestamp]);
  if (message.Type !== 'Notification') parts.push(['Token', message.Token]);
  parts.push(['TopicArn', message.TopicArn], ['Type', message.Type]);
  return parts
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => `${key}\n${value}\n`)
    .join('');
}
