import type { JsonObject, Severity } from '../../domain/words.ts';
import { cutText } from '../../platform/cut-text.ts';
import { oneLine } from '../../platform/one-line.ts';
import { cleanEvidence, cleanText, observedAt, webAddress } from './clean-evidence.ts';
import {
  type InboundTool,
  jsonAnswer,
  type Parsed,
  type ParsedSignal,
  type ParseFacts,
  type Refusal,
  retryAfter,
} from './inbound.ts';

// Limits and fields: https://developer.pagerduty.com/docs/send-alert-event and …/docs/events-api-v2-overview. The sentences of the
// errors are those that senders see in answers of events.pagerduty.com, because some tools match on them.
const actions = ['trigger', 'acknowledge', 'resolve'] as const;
type Action = (typeof actions)[number];

const severityOf: ReadonlyMap<string, Severity> = new Map([
  ['critical', 'critical'],
  ['error', 'major'],
  ['warning', 'minor'],
  ['info', 'minor'],
]);

const maxSummary = 1_024;
const maxDedupKey = 255;

const mustBe = {
  action: "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
  severity: "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
};

/** PagerDuty Events API v2: every tool that can page through PagerDuty can page through this. */
export const eventsV2: InboundTool = {
  kind: 'events-v2',
  label: 'PagerDuty Events API v2',
  paths: ['/v2/enqueue'],
  maxBytes: 512_000,
  keyInBody: (body) => {
    const key = isObject(body) ? body['routing_key'] : undefined;
    return typeof key === 'string' ? key : undefined;
  },
  parse: (body, facts) => (isObject(body) ? parseEvent(body, facts) : unrecognized),
  respond: (outcome) => ('accepted' in outcome ? accepted(outcome.accepted) : refused(outcome.refused)),
};

const unrecognized: Refusal = { code: 'malformed', message: 'The body must be a JSON object.' };

function parseEvent(event: JsonObject, facts: ParseFacts): Parsed | Refusal {
  const fields = new Fields(event);
  if (fields.text('routing_key') === undefined) fields.complain('routing_key', "'routing_key' cannot be blank");
  const action = readAction(fields);
  const dedupKey = fields.text('dedup_key', maxDedupKey);
  if (dedupKey === undefined && action !== undefined && action !== 'trigger') fields.missing('dedup_key');
  const signal = readSignal(event, action, dedupKey, fields, facts);
  if (fields.errors.length > 0) return fields.refusal();
  if (action === 'acknowledge') return { signals: [], acknowledgements: [signal.dedupKey] };
  return { signals: [signal], acknowledgements: [] };
}

function readAction(fields: Fields): Action | undefined {
  const text = fields.text('event_action');
  if (text === undefined) fields.missing('event_action');
  const action = actions.find((known) => known === text);
  if (text !== undefined && action === undefined) fields.complain('event_action', mustBe.action);
  return action;
}

function readSignal(
  event: JsonObject,
  action: Action | undefined,
  dedupKey: string | undefined,
  fields: Fields,
  facts: ParseFacts,
): ParsedSignal {
  const firing = action === 'trigger';
  const payload = readPayload(event['payload'], firing ? fields : new Fields({}));
  const evidence = {
    ...payload.evidence,
    client: fields.text('client'),
    clientUrl: webAddress(fields.text('client_url')),
    links: readList(
      fields,
      'links',
      (link) => ({ href: webAddress(link.text('href')), text: link.text('text') }),
      'href',
    ),
    images: readList(
      fields,
      'images',
      (image) => ({
        src: webAddress(image.text('src')),
        href: webAddress(image.text('href')),
        alt: image.text('alt'),
      }),
      'src',
    ),
    // The largest part comes last, so that it alone is cut when all is too much.
    details: payload.details,
  };
  const key = cleanText(dedupKey ?? facts.newKey());
  return {
    dedupKey: key,
    status: firing ? 'firing' : 'ok',
    severity: payload.severity ?? 'minor',
    summary: cutText(oneLine(payload.summary ?? ''), maxSummary) || cutText(oneLine(key), maxSummary) || 'Alert',
    evidence: cleanEvidence(evidence),
    at: observedAt(payload.evidence.timestamp, facts.now),
  };
}

/** Complains to `fields`; only a trigger needs a payload, and what others say in one is of no consequence. */
function readPayload(value: unknown, fields: Fields) {
  const object = isObject(value) ? value : {};
  const payload = new Fields(object, 'payload.');
  const summary = payload.text('summary', maxSummary);
  const severity = payload.text('severity');
  const source = payload.text('source');
  if (summary === undefined) payload.missing('summary');
  if (source === undefined) payload.missing('source');
  if (severity === undefined) payload.missing('severity');
  else if (!severityOf.has(severity)) payload.complain('severity', mustBe.severity);
  const evidence = {
    source,
    component: payload.text('component'),
    group: payload.text('group'),
    class: payload.text('class'),
    severity,
    timestamp: payload.text('timestamp'),
  };
  if (isObject(value) || value === undefined || value === null) fields.errors.push(...payload.errors);
  else fields.complain('payload', "'payload' is invalid (must be an object)");
  return { summary, severity: severityOf.get(severity ?? ''), evidence, details: object['custom_details'] };
}

/** Links and images are decoration: members that are not as they should be are left out, and the page still goes out. */
function readList<T extends JsonObject>(
  fields: Fields,
  name: 'links' | 'images',
  read: (item: Fields) => T,
  needs: keyof T,
): T[] | undefined {
  const list = fields.object[name];
  if (list === undefined || list === null) return undefined;
  if (!Array.isArray(list)) {
    fields.complain(name, `'${name}' is invalid (must be an array)`);
    return undefined;
  }
  const items = list.slice(0, 50).filter(isObject);
  return items.map((item) => read(new Fields(item))).filter((item) => item[needs] !== undefined);
}

/** Reads fields of one object and collects what is wrong with them. */
class Fields {
  readonly object: JsonObject;
  readonly #prefix: string;
  readonly errors: { path: string; message: string }[] = [];

  constructor(object: JsonObject, prefix = '') {
    this.object = object;
    this.#prefix = prefix;
  }

  /** Undefined when absent, null or blank. A number or a truth value is taken as its text: a page is worth more than a type. */
  text(name: string, maxCharacters = Number.POSITIVE_INFINITY): string | undefined {
    const value = this.object[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (typeof value !== 'string') {
      this.complain(name, `'${this.#prefix}${name}' is invalid (must be a string)`);
      return undefined;
    }
    if (value.trim() === '') return undefined;
    // Characters, not UTF-16 units; counted only when there can be too many.
    if (value.length > maxCharacters && Array.from(value).length > maxCharacters) {
      this.complain(name, `'${this.#prefix}${name}' is too long (maximum is ${maxCharacters} characters)`);
    }
    return value;
  }

  missing(name: string): void {
    // A field of the wrong type has been named already.
    if (this.errors.some((error) => error.path === this.#prefix + name)) return;
    this.complain(name, `'${this.#prefix}${name}' is missing or blank`);
  }

  complain(name: string, message: string): void {
    const path = this.#prefix + name;
    if (!this.errors.some((error) => error.path === path)) this.errors.push({ path, message });
  }

  refusal(): Refusal {
    return { code: 'invalid', message: 'Event object is invalid', fields: this.errors };
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function accepted(parsed: Parsed): Response {
  const dedupKey = parsed.signals[0]?.dedupKey ?? parsed.acknowledgements[0];
  return jsonAnswer(202, { status: 'success', message: 'Event processed', dedup_key: dedupKey });
}

function refused(refusal: Refusal): Response {
  const headers = retryAfter(refusal);
  switch (refusal.code) {
    case 'invalid':
      return invalidEvent((refusal.fields ?? []).map((field) => field.message));
    case 'unknown-key':
      // PagerDuty's documentation is silent; this is what it answers to a well-formed key that no integration has.
      return invalidEvent(['Invalid routing key']);
    case 'malformed':
    case 'not-proved':
      return problem(400, 'Unrecognized object', 'Event object format is unrecognized', [
        'JSON parse error',
        refusal.message,
      ]);
    case 'unsupported':
      return problem(415, 'Unrecognized object', 'Event object format is unrecognized', [refusal.message]);
    case 'too-large':
      return problem(413, 'invalid event', 'Event object is too large', [refusal.message]);
    case 'too-many':
      return jsonAnswer(
        429,
        {
          status: 'throttle exceeded',
          message: 'Requests for this service are arriving too quickly.  Please retry later.',
        },
        headers,
      );
    case 'unavailable':
      return jsonAnswer(503, { status: 'service unavailable', message: refusal.message, errors: [] }, headers);
  }
}

const problem = (status: number, name: string, message: string, errors: string[]): Response =>
  jsonAnswer(status, { status: name, message, errors });

const invalidEvent = (errors: string[]): Response => problem(400, 'invalid event', 'Event object is invalid', errors);
