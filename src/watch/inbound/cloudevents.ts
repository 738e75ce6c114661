import { z } from 'zod';
import type { JsonObject } from '../../domain/words.ts';
import { fieldErrors } from '../../platform/http/api.ts';
import { cleanEvidence, cleanText, observedAt, webAddress } from './clean-evidence.ts';
import { type InboundTool, type ParsedSignal, type ParseFacts, type Refusal, respondWithProblems } from './inbound.ts';
import { isOkWord, maxItems, readMapped, textAt } from './mapped-alert.ts';
import { firstLine, refuseFields } from './prometheus-alert.ts';
import { severityOfWord } from './severity-words.ts';

// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md and …/bindings/http-protocol-binding.md
const name = z.string().min(1).max(1_000);
const eventSchema = z.looseObject({
  specversion: z.literal('1.0'),
  id: name,
  source: name,
  type: name,
  subject: z.string().max(1_000).nullish(),
  time: z.string().nullish(),
});
type CloudEvent = z.infer<typeof eventSchema>;

/** CloudEvents 1.0 over HTTP: structured, binary and in batches. */
export const cloudEvents: InboundTool = {
  kind: 'cloudevents',
  label: 'CloudEvents',
  paths: ['/inbound/cloudevents', '/inbound/cloudevents/:key'],
  maxBytes: 1_000_000,
  handshake,
  parse: (body, facts) => {
    const events = eventsOf(body, facts.headers);
    if (events.length > maxItems) {
      return refuseFields([{ path: '(whole)', message: `at most ${maxItems} events in one batch` }]);
    }
    const signals: ParsedSignal[] = [];
    for (const event of events) {
      const read = eventSchema.safeParse(event);
      if (!read.success) return refuseFields(fieldErrors(read.error));
      const signal = toSignal(read.data, facts);
      if ('code' in signal) return signal;
      signals.push(signal);
    }
    return { signals, acknowledgements: [] };
  },
  respond: respondWithProblems,
};

/** A batch is a list; a binary event has its attributes in headers, and the body is its data. */
function eventsOf(body: unknown, headers: Headers): unknown[] {
  if (headers.get('ce-specversion') === null) return Array.isArray(body) ? body : [body];
  const event: JsonObject = { data: body };
  for (const [header, value] of headers) {
    if (header.startsWith('ce-')) event[header.slice(3)] = percentDecoded(value);
  }
  return [event];
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * No standard says how an event is an alert. The source's mapping does; without it the key is the event's source and subject, and its
 * end is told by `data.status`, `data.state` or the last word of the type, as in `com.example.disk.resolved`.
 */
function toSignal(event: CloudEvent, { config, now }: ParseFacts): ParsedSignal | Refusal {
  const { alert, issues } = readMapped(event, config.mapping ?? {});
  if (issues.length > 0) return refuseFields(issues);
  const said = textAt(event, '$.data.status') ?? textAt(event, '$.data.state');
  const lastWord = event.type.slice(event.type.lastIndexOf('.') + 1);
  const status = alert.status ?? (isOkWord(said ?? lastWord) ? 'ok' : 'firing');
  const about = event.subject || (isOkWord(lastWord) ? event.type.slice(0, -lastWord.length - 1) : event.type);
  const say = (path: string): string | undefined => textAt(event, path);
  const severity = severityOfWord(say('$.severity') ?? say('$.data.severity'));
  const { id, source, type, subject, time, data, specversion: _, ...extensions } = event;
  return {
    dedupKey: alert.key ?? cleanText(`${source} ${about}`).slice(0, 2_000),
    status,
    severity: alert.severity ?? severity ?? config.severity ?? 'major',
    summary:
      alert.summary ??
      firstLine([say('$.data.summary'), say('$.data.title'), say('$.data.message'), `${type} ${subject ?? ''}`], type),
    evidence: cleanEvidence({
      link: alert.link ?? webAddress(say('$.data.url') ?? say('$.data.link')),
      id,
      source,
      type,
      subject: subject ?? undefined,
      time: time ?? undefined,
      ...extensions,
      data,
    }),
    at: observedAt(time ?? undefined, now),
    // The two together name an event; what comes again with both is the same one.
    messageId: cleanText(JSON.stringify([source, id])),
  };
}

/**
 * A sender that asks whether it may (https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md, section 4) is told so for
 * whatever origin: what it sends still needs the key.
 */
function handshake(headers: Headers): Response {
  const origin = headers.get('webhook-request-origin');
  const allow = { allow: 'POST, OPTIONS' };
  if (origin === null) return new Response(null, { status: 204, headers: allow });
  const rate = headers.get('webhook-request-rate');
  return new Response(null, {
    status: 200,
    headers: {
      ...allow,
      'webhook-allowed-origin': origin,
      ...(rate === null ? {} : { 'webhook-allowed-rate': /^\d{1,9}$/.test(rate) ? rate : '*' }),
    },
  });
}
