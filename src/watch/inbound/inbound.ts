import type { EpochMs } from '../../domain/words.ts';
import type { FieldError } from '../../platform/errors.ts';
import type { NewSignal } from '../../respond/index.ts';
import type { IntegrationKind, SourceConfig } from './source-config.ts';

/** What a tool's message says, before it is known whose integration it came to. */
export type ParsedSignal = Pick<NewSignal, 'dedupKey' | 'status' | 'severity' | 'summary' | 'evidence' | 'at'> & {
  /** For a tool that delivers at least once and names each message: what comes again with the same id is not counted twice. */
  messageId?: string;
};

/** A message that was understood. It is accepted whole or not at all. */
export interface Parsed {
  /** In the order in which they happened. */
  signals: ParsedSignal[];
  /** Keys of alerts that somebody at the other tool has taken: their incidents are acknowledged after the signals. */
  acknowledgements: string[];
  /** An address that the tool asks to be visited as a proof that this receiver wants its messages. The tool has judged it. */
  visit?: string;
}

export type RefusalCode =
  | 'malformed'
  | 'not-proved'
  | 'invalid'
  | 'unknown-key'
  | 'too-large'
  | 'too-many'
  | 'unsupported'
  | 'unavailable';

/** Why a message was not accepted, for the one who sent it. Nothing of it was kept. */
export interface Refusal {
  code: RefusalCode;
  message: string;
  /** For `invalid`: the fields that were not as expected. */
  fields?: FieldError[];
  /** For `too-many` and `unavailable`: when to try again. */
  retryAfterMs?: number;
}

/** What parsing may know beside the message. */
export interface ParseFacts {
  headers: Headers;
  now: EpochMs;
  /** What this source was told; empty for a tool whose key is part of the message. */
  config: SourceConfig;
  /** A key that nothing else has, for a tool whose senders may leave theirs out. */
  newKey: () => string;
}

/** The outside world, for tools whose messages are proved or confirmed by it. Both reject when there is no whole answer. */
export interface InboundIo {
  /** At most 64 kB by https, without redirects, within five seconds. */
  fetchText(url: string): Promise<string>;
  /** The same, kept for a day. */
  fetchKept(url: string, now: EpochMs): Promise<string>;
}

/** One tool that sends alerts: one file. docs/recipes/add-an-inbound-tool.md shows how to add one. */
export interface InboundTool {
  /** Names the tool in `integrations.kind` and `signals.source_kind`. Never changes. */
  readonly kind: IntegrationKind;
  /** The name that people know it by. */
  readonly label: string;
  /** Where it posts. `:key` stands for the integration's key; without it the key comes as a bearer token or a basic password. */
  readonly paths: readonly string[];
  readonly maxBytes: number;
  /** For a tool whose key is part of the message: where. Undefined when the message has none. */
  readonly keyInBody?: (body: unknown) => string | undefined;
  /** For a tool that signs its messages: why this one is not from it, undefined when it is. Asked before `parse`. */
  readonly prove?: (body: unknown, io: InboundIo, now: EpochMs) => Promise<Refusal | undefined>;
  /** For a tool that asks by OPTIONS whether it may send. */
  readonly handshake?: (headers: Headers) => Response;
  /** Understands a message. Pure: no clock, no database, no randomness but `facts.newKey`. */
  parse(body: unknown, facts: ParseFacts): Parsed | Refusal;
  /** The answer in the tool's own words. It is sent after the rows are committed. */
  respond(outcome: { accepted: Parsed } | { refused: Refusal }): Response;
}

export const isRefusal = (result: Parsed | Refusal): result is Refusal => 'code' in result;

const statusOf: Record<RefusalCode, number> = {
  malformed: 400,
  'not-proved': 403,
  invalid: 400,
  'unknown-key': 401,
  'too-large': 413,
  'too-many': 429,
  unsupported: 415,
  unavailable: 503,
};

const titleOf: Record<RefusalCode, string> = {
  malformed: 'The message could not be read',
  'not-proved': 'The message is not proved to be from its sender',
  invalid: 'The message is not as expected',
  'unknown-key': 'This key is not known',
  'too-large': 'Too large',
  'too-many': 'Too many requests',
  unsupported: 'Not a JSON message',
  unavailable: 'Not available just now',
};

/** A JSON answer. */
export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  });
}

/** The header that says when to come back, in whole seconds (RFC 9110, 10.2.3). */
export function retryAfter(refusal: Refusal): Record<string, string> {
  if (refusal.retryAfterMs === undefined) return {};
  return { 'retry-after': String(Math.max(1, Math.ceil(refusal.retryAfterMs / 1000))) };
}

/** For a tool that has no words of its own: 202 with the count, or RFC 9457 problem details that name the fields. */
export function respondWithProblems(outcome: { accepted: Parsed } | { refused: Refusal }): Response {
  if ('accepted' in outcome) {
    return jsonAnswer(202, { status: 'accepted', signals: outcome.accepted.signals.length });
  }
  const { refused } = outcome;
  const problem = {
    type: 'about:blank',
    title: titleOf[refused.code],
    status: statusOf[refused.code],
    code: refused.code,
    detail: refused.message,
    ...(refused.fields === undefined ? {} : { errors: refused.fields }),
  };
  const challenge: Record<string, string> = refused.code === 'unknown-key' ? { 'www-authenticate': 'Bearer' } : {};
  const headers = { 'content-type': 'application/problem+json', ...challenge, ...retryAfter(refused) };
  return jsonAnswer(problem.status, problem, headers);
}
