import { createHmac, timingSafeEqual } from 'node:crypto';

// Sources: https://www.twilio.com/docs/usage/security#validating-requests, https://www.twilio.com/docs/voice/api/call-resource#statuscallback,
// https://www.twilio.com/docs/voice/answering-machine-detection#webhook-parameters, https://www.twilio.com/docs/messaging/api/message-resource#message-status-values

/**
 * Whether a form that arrived at `url` was sent by Twilio for the account with this Auth Token. `url` is the whole address as Twilio called it, with
 * its query; behind a proxy, the public one. Twilio signs some addresses with their standard port and some without, so both count.
 */
export function isFromTwilio(authToken: string, url: string, form: URLSearchParams, signature: string): boolean {
  const given = Buffer.from(signature, 'base64');
  // One signature has one spelling, so that none can be varied and counted as new.
  if (given.length !== 20 || given.toString('base64') !== signature || !URL.canParse(url)) return false;
  const fields = fieldsOf(form);
  return withAndWithoutPort(url).some((address) => {
    const expected = createHmac('sha1', authToken)
      .update(address + fields)
      .digest();
    return timingSafeEqual(given, expected);
  });
}

/** Names and values behind one another, sorted by name; a name that comes several times has each of its values once, sorted. */
function fieldsOf(form: URLSearchParams): string {
  const names = [...new Set(form.keys())].toSorted();
  return names
    .map((name) =>
      [...new Set(form.getAll(name))]
        .toSorted()
        .map((value) => name + value)
        .join(''),
    )
    .join('');
}

function withAndWithoutPort(address: string): string[] {
  const match = /^(https?):\/\/([^/?#]*)(.*)$/s.exec(address);
  const [, scheme, authority = '', rest = ''] = match ?? [];
  if (scheme === undefined) return [];
  const port = scheme === 'https' ? ':443' : ':80';
  const bare = authority.endsWith(port) ? authority.slice(0, -port.length) : authority;
  // Another port than the standard one is part of the address in any case.
  if (/:\d+$/.test(bare)) return [address];
  return [`${scheme}://${bare}${rest}`, `${scheme}://${bare}${port}${rest}`];
}

/** What Twilio reports about a page. */
export type TwilioReport =
  /** A person pressed 1. */
  | { kind: 'acknowledge'; sid: string }
  | { kind: 'other-key'; sid: string }
  /** It arrived: a person answered, or the telephone took the text message. */
  | { kind: 'reached'; sid: string }
  /** Nobody has seen or heard it. */
  | { kind: 'not-reached'; sid: string; reason: string }
  /** Still under way, or over without saying more. */
  | { kind: 'nothing-new'; sid: string };

const notReached: Record<string, string> = {
  busy: 'the line was busy',
  'no-answer': 'nobody answered',
  failed: 'it could not be delivered',
  undelivered: 'it could not be delivered',
  canceled: 'it was called off',
};

/** Reads a callback of the channels twilio-voice and twilio-sms; undefined when it is none. */
export function readTwilioReport(form: URLSearchParams): TwilioReport | undefined {
  const sid = form.get('CallSid') ?? form.get('MessageSid') ?? '';
  if (!/^(CA|SM|MM)[0-9a-fA-F]{32}$/.test(sid)) return undefined;
  const digits = form.get('Digits');
  if (digits !== null) return { kind: digits === '1' ? 'acknowledge' : 'other-key', sid };
  const answeredBy = form.get('AnsweredBy');
  if (answeredBy !== null && /^(machine_\w+|fax)$/.test(answeredBy)) {
    return { kind: 'not-reached', sid, reason: answeredBy === 'fax' ? 'a fax answered' : 'a mailbox answered' };
  }
  if (answeredBy === 'human') return { kind: 'reached', sid };
  const status = form.get('MessageStatus') ?? form.get('CallStatus') ?? '';
  const reason = Object.hasOwn(notReached, status) ? notReached[status] : undefined;
  if (reason !== undefined) {
    const code = /^\d{1,6}$/.exec(form.get('ErrorCode') ?? '')?.[0];
    return { kind: 'not-reached', sid, reason: code === undefined ? reason : `${reason} (error ${code})` };
  }
  return { kind: status === 'delivered' || status === 'read' ? 'reached' : 'nothing-new', sid };
}
