import { z } from 'zod';
import { type HttpStub, json, startHttpStub, type StubAnswer } from './http-stub.ts';

// Written from Twilio's public documentation: https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/voice/api/call-resource
// (parameters, 201), https://www.twilio.com/docs/usage/twilios-response (errors), https://www.twilio.com/docs/api/errors/20003, /20404, /21211, /21617,
// https://www.twilio.com/docs/voice/twiml/say and /gather (verbs and attributes).

const e164 = z.string().regex(/^\+[1-9]\d{6,14}$/);
const message = z
  .strictObject({
    To: e164,
    From: z.string().optional(),
    MessagingServiceSid: z
      .string()
      .regex(/^MG[0-9a-f]{32}$/)
      .optional(),
    Body: z.string().min(1).max(1600),
    SmartEncoded: z.enum(['true', 'false']),
    ValidityPeriod: z.coerce.number().min(1).max(36_000),
    StatusCallback: z.url().optional(),
  })
  .refine(({ From, MessagingServiceSid }) => (From === undefined) !== (MessagingServiceSid === undefined));
const call = z.strictObject({
  To: e164,
  From: e164,
  Twiml: z.string().max(4000),
  Timeout: z.coerce.number().min(5).max(600),
  StatusCallback: z.url().optional(),
  MachineDetection: z.enum(['Enable', 'DetectMessageEnd']).optional(),
  AsyncAmd: z.enum(['true', 'false']).optional(),
  AsyncAmdStatusCallback: z.url().optional(),
});

type TwilioMessage = z.output<typeof message>;
export type TwilioCall = z.output<typeof call> & { script: TwimlScript };

export interface TwilioServer extends HttpStub {
  messages: TwilioMessage[];
  calls: TwilioCall[];
}

export async function startTwilioServer(account: { sid: string; token: string }): Promise<TwilioServer> {
  const messages: TwilioMessage[] = [];
  const calls: TwilioCall[] = [];
  const refuse = (status: number, code: number, text: string): StubAnswer =>
    json(status, { code, message: text, more_info: `https://www.twilio.com/docs/errors/${code}`, status });
  const basic = `Basic ${Buffer.from(`${account.sid}:${account.token}`).toString('base64')}`;
  const stub = await startHttpStub(({ path, headers, body }) => {
    const resource = new RegExp(`^/2010-04-01/Accounts/${account.sid}/(Messages|Calls)\\.json$`).exec(path)?.[1];
    if (headers['authorization'] !== basic) return refuse(401, 20_003, 'Authenticate');
    if (resource === undefined) return refuse(404, 20_404, `The requested resource ${path} was not found`);
    const fields = Object.fromEntries(new URLSearchParams(body));
    if (!e164.safeParse(fields['To']).success || fields['To'] === '+15005550001') {
      return refuse(400, 21_211, `The 'To' number ${fields['To']} is not a valid phone number.`);
    }
    if (resource === 'Messages') {
      const parsed = message.safeParse(fields);
      if (!parsed.success)
        return refuse(400, 21_617, 'The concatenated message body exceeds the 1600 character limit.');
      messages.push(parsed.data);
      return json(201, { sid: `SM${String(messages.length).padStart(32, '0')}`, status: 'queued', error_code: null });
    }
    const parsed = call.safeParse(fields);
    if (!parsed.success) return refuse(400, 21_218, 'Invalid ApplicationSid or Twiml');
    calls.push({ ...parsed.data, script: readTwiml(parsed.data.Twiml) });
    return json(201, { sid: `CA${String(calls.length).padStart(32, '0')}`, status: 'queued' });
  });
  return Object.assign(stub, { messages, calls });
}

/** What a call does, as somebody hears it. */
export interface TwimlScript {
  said: string[];
  /** Where the keypad reports to. */
  gather: { action: string; numDigits: number } | undefined;
  hangsUp: boolean;
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Reads TwiML strictly: only the verbs HugOps uses, well nested, every special character written as an entity. Throws for anything else. */
export function readTwiml(twiml: string): TwimlScript {
  const script: TwimlScript = { said: [], gather: undefined, hangsUp: false };
  const open: string[] = [];
  const body = twiml.replace('<?xml version="1.0" encoding="UTF-8"?>', '');
  for (const [token, slash, name = '', attributes = '', self] of body.matchAll(
    /<(\/?)([A-Za-z]+)((?: [A-Za-z]+="[^"<]*")*)(\/?)>|[^<]+|</g,
  )) {
    if (token === '<') throw new Error('a stray < in TwiML');
    if (name === '') {
      if (open.at(-1) !== 'Say') throw new Error(`text outside of Say: ${token}`);
      script.said.push(unescapeXml(token));
    } else if (slash === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
    } else {
      if (!['Response', 'Say', 'Pause', 'Gather', 'Hangup'].includes(name)) throw new Error(`no verb ${name}`);
      const given = Object.fromEntries(
        [...attributes.matchAll(/([A-Za-z]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, unescapeXml(value)]),
      );
      if (name === 'Gather') script.gather = { action: given['action'] ?? '', numDigits: Number(given['numDigits']) };
      if (name === 'Hangup') script.hangsUp = true;
      if (self !== '/') open.push(name);
    }
  }
  if (open.length > 0) throw new Error(`${open.at(-1)} is not closed`);
  return script;
}

function unescapeXml(text: string): string {
  if (/&(?!(?:amp|lt|gt|quot|apos);)/.test(text) || /\p{Cc}/u.test(text)) throw new Error('not XML');
  return text.replace(/&(\w+);/g, (_, name: string) => entities[name] ?? '');
}
