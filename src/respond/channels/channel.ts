import { z } from 'zod';
import type { EpochMs, IncidentStatus, JsonObject, PageKind, Severity } from '../../domain/words.ts';
import { cutText } from '../../platform/cut-text.ts';
import type { MailTransport } from '../../platform/mail/transport.ts';
import { oneLine } from '../../platform/one-line.ts';
import { scrubSecrets } from '../../platform/scrub-secrets.ts';
import type { ChannelHttp, Refusal } from './channel-http.ts';

/** One page to one person, as a channel gets it. All texts come from anywhere: a channel escapes them. */
export interface PageMessage {
  /** The page's id, the same for every attempt: the idempotency key where the provider has one. Letters, digits, _ and -. */
  id: string;
  kind: PageKind;
  incident?: {
    id: string;
    number: number;
    title: string;
    serviceName: string | null;
    severity: Severity;
    status: IncidentStatus;
    openedAt: EpochMs;
    /** What was seen, a line each, the newest first. */
    evidence: readonly string[];
  };
  /** Many pages in one message, after a backlog. */
  summary?: { count: number; lines: readonly string[]; viewUrl: string };
  /** For a notice: something about the pager itself, as a plain sentence. */
  notice?: string;
  /** Opens a page that asks before it acknowledges, because mail scanners and previews follow links. A secret: it acts for the person. */
  ackUrl?: string;
  viewUrl: string;
  /** Where a provider may report what became of this page (keypad, delivery status). A secret like the link; absent where nobody listens. */
  callbackUrl?: string;
  /** The receipt of an earlier attempt was lost, so the person may see this twice. */
  isResend: boolean;
  personName: string;
  /** The zone in which times are shown (IANA); UTC when absent. */
  timeZone?: string;
  now: EpochMs;
}

/** Names this installation to the push services of browsers (RFC 8292). */
export interface VapidKeys {
  /** The uncompressed point on P-256, base64url: what a browser needs to subscribe. */
  publicKey: string;
  privateKey: string;
  /** https: or mailto:, where a push service may complain. */
  subject: string;
}

/** What became of a page. */
export type Receipt = { ok: true; providerRef?: string } | Refusal;

/** The outside world as a channel may touch it. */
export interface ChannelIo {
  http: ChannelHttp;
  mail: MailTransport;
  vapid: VapidKeys;
  now(): EpochMs;
}

export type ChannelSchema = z.ZodObject<{ kind: z.ZodLiteral<string> }>;

/** A way to reach a person. See docs/recipes/add-a-channel.md. */
export interface Channel<S extends ChannelSchema = ChannelSchema> {
  /** As in hugops.yaml: `contact: [{ kind: email, … }]`. */
  readonly kind: string;
  /** For people: 'E-mail'. */
  readonly label: string;
  /** How to set it up and what to know about it, in Markdown: docs/channels.md. */
  readonly about?: string;
  readonly schema: S;
  /** The fields that are never shown again once they are stored. */
  readonly secretFields: readonly string[];
  /** Names the contact method without its secrets: 'ntfy topic on ntfy.example.com'. */
  describe(config: unknown): string;
  /** Sends one page. Never throws for what the provider, the network or the configuration does. */
  send(message: PageMessage, config: unknown, io: ChannelIo): Promise<Receipt>;
  /** Where a provider repeats a page by itself: makes it stop. `providerRef` is what `send` gave. */
  cancel?(providerRef: string, config: unknown, io: ChannelIo): Promise<Receipt>;
}

/** A field whose value is never shown again. `writeOnly` is the JSON Schema keyword for it, so the API's description says so, too. */
export const secret = <S extends z.ZodType>(schema: S): S => schema.meta({ ...schema.meta(), writeOnly: true });

/** An address of a provider: http or https, and credentials only in the fields meant for them. */
export const webUrl = (): z.ZodURL =>
  z.url({ protocol: /^https?$/, error: 'expected a URL that begins with https:// or http://' }).check((context) => {
    if (URL.canParse(context.value) && `${new URL(context.value).username}${new URL(context.value).password}` !== '') {
      context.issues.push({ code: 'custom', message: 'expected no user or password in the URL', input: context.value });
    }
  });

/** A token as it may stand in a header: visible ASCII. */
export const token = (): z.ZodString =>
  z.string().regex(/^[!-~]{1,500}$/, { error: 'expected a token without spaces or line breaks' });

export interface ChannelDefinition<S extends ChannelSchema> {
  kind: string;
  label: string;
  /** How to set it up, how an acknowledgement works, and what the provider does not do: docs/channels.md. */
  about: string;
  schema: S;
  describe(config: z.output<S>): string;
  /** Secrets that are made from several fields, as the base64 of basic authentication. */
  hides?(config: z.output<S>): readonly string[];
  /** May throw: a throw is a bug, which costs this attempt and not the pager. */
  send(message: PageMessage, config: z.output<S>, io: ChannelIo): Promise<Receipt>;
  cancel?(providerRef: string, config: z.output<S>, io: ChannelIo): Promise<Receipt>;
}

/** Wraps what is special about a channel in what all have in common: the configuration is checked, and no secret gets out in a reason. */
export function defineChannel<S extends ChannelSchema>(definition: ChannelDefinition<S>): Channel<S> {
  const { kind, label, about, schema } = definition;
  const fields: Record<string, z.ZodType> = schema.shape;
  const secretFields = Object.keys(fields).filter((field) => isSecret(fields[field]));
  const read = (config: unknown) => schema.safeParse(typeof config === 'object' ? { kind, ...config } : config);
  type Attempt = (config: z.output<S>) => Promise<Receipt>;
  const attempt = async (config: unknown, links: readonly string[], act: Attempt): Promise<Receipt> => {
    const parsed = read(config);
    if (!parsed.success) {
      const where = parsed.error.issues.map((issue) => issue.path.join('.') || kind).join(', ');
      return { ok: false, retryable: false, reason: `the configuration is not valid: ${where}` };
    }
    const derived = definition.hides?.(parsed.data) ?? [];
    const scrub = scrubSecrets([...secretsOf(parsed.data, secretFields), ...derived, ...links]);
    try {
      return scrubReceipt(await act(parsed.data), scrub);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      return scrubReceipt({ ok: false, retryable: true, reason: `${label} failed unexpectedly: ${what}` }, scrub);
    }
  };
  const { cancel } = definition;
  return {
    kind,
    label,
    about,
    schema,
    secretFields,
    describe(config) {
      const parsed = read(config);
      return parsed.success ? oneLine(definition.describe(parsed.data)) : label;
    },
    send: (message, config, io) =>
      attempt(config, [message.ackUrl ?? '', message.callbackUrl ?? ''], (parsed) =>
        definition.send(message, parsed, io),
      ),
    ...(cancel && {
      cancel: (providerRef: string, config: unknown, io: ChannelIo) =>
        attempt(config, [], (parsed) => cancel(providerRef, parsed, io)),
    }),
  };
}

function isSecret(schema: z.ZodType | undefined): boolean {
  if (schema === undefined) return false;
  if (schema.meta()?.['writeOnly'] === true) return true;
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? isSecret(schema.unwrap() as z.ZodType)
    : false;
}

function secretsOf(config: JsonObject, fields: readonly string[]): string[] {
  const values = fields.flatMap((field) => textsIn(config[field]));
  // Basic authentication carries user and password as one base64 text.
  const pair = typeof config['user'] === 'string' && typeof config['password'] === 'string';
  return [...values, ...(pair ? [`${config['user']}:${config['password']}`] : [])];
}

/** A secret field may hold several texts, as headers do. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function scrubReceipt(receipt: Receipt, scrub: (text: string) => string): Receipt {
  if (!receipt.ok) return { ...receipt, reason: cutText(scrub(oneLine(receipt.reason)), 300) };
  return receipt.providerRef === undefined
    ? { ok: true }
    : { ok: true, providerRef: cutText(scrub(oneLine(receipt.providerRef)), 200) };
}

/** A stored configuration as it may be shown: without the secret fields, which are named instead. */
export function withoutSecrets(channel: Channel, config: JsonObject): { shown: JsonObject; hidden: string[] } {
  const isHidden = (field: string): boolean => channel.secretFields.includes(field);
  return {
    shown: Object.fromEntries(Object.entries(config).filter(([field]) => !isHidden(field))),
    hidden: Object.keys(config).filter(isHidden),
  };
}
