import type { z } from 'zod';
import type { EpochMs, JsonObject } from '../../domain/words.ts';

/** Why a run failed, in a word that machines may compare; the message beside it is for people. */
export const checkErrorCodes = [
  'timeout',
  'dns-not-found',
  'dns-failed',
  'refused',
  'unreachable',
  'reset',
  'closed-early',
  'tls-failed',
  'certificate-invalid',
  'bad-answer',
  'too-many-redirects',
  'bad-redirect',
  'assertion-failed',
  'reported-failure',
  'forbidden-address',
  'secret-missing',
  'config-invalid',
  'no-resources',
  'source-unavailable',
  'network-gone',
  'internal',
] as const;
export type CheckErrorCode = (typeof checkErrorCodes)[number];

// These say that the check could not be made here, which is no evidence about the service.
const cannotLook = new Set<CheckErrorCode>([
  'forbidden-address',
  'secret-missing',
  'config-invalid',
  'no-resources',
  'source-unavailable',
  'network-gone',
  'internal',
]);

/** Thrown inside a run to end it with a failure. The message is a phrase without a capital or a full stop, fit to follow "is down: ". */
export class CheckError extends Error {
  override readonly name = 'CheckError';
  readonly code: CheckErrorCode;

  constructor(code: CheckErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** True when this failure is ours and not the service's: the verdict becomes unknown, not down. */
export const isCannotLook = (code: CheckErrorCode): boolean => cannotLook.has(code);

/** Milliseconds by phase, as far as the run came; a phase that did not happen is left out. Over redirects they add up. */
export interface Phases {
  dnsMs?: number;
  connectMs?: number;
  tlsMs?: number;
  /** From the request being written to the first byte of the answer. */
  firstByteMs?: number;
  /** From the first byte to the last one that was read. */
  transferMs?: number;
}

/** How one run ended. */
export interface Outcome {
  ok: boolean;
  /** From start to end in milliseconds. */
  totalMs: number;
  phases?: Phases;
  error?: { code: CheckErrorCode; message: string };
  /** What was received, bounded to a few kilobytes and free of secrets: shown to people as evidence. */
  observed?: JsonObject;
}

export type AddressFamily = 'any' | '4' | '6';

/** What a run is given beside its configuration. */
export interface CheckEnv {
  timeoutMs: number;
  /** Aborts at the time-out, and when the program stops. A run must end soon after, whatever the other side does. */
  signal: AbortSignal;
  /** The wall clock at the start, for what depends on the date (a certificate's days). Durations are measured on the monotonic clock. */
  now: EpochMs;
  allowPrivateNetworks: boolean;
  /** The addresses of a name, in the order in which to try them. Throws CheckError. */
  resolveHost(name: string, family: AddressFamily, signal: AbortSignal): Promise<readonly string[]>;
  /** The value behind `${env:NAME}` or `${file:path}`, or undefined. Decides what may be referred to at all. */
  resolveSecret(source: 'env' | 'file', name: string): string | undefined;
}

interface KindBase<K extends string, S extends z.ZodObject> {
  kind: K;
  /** What people call it: `HTTP`. */
  label: string;
  /** What it looks at, in a sentence or two. */
  summary: string;
  /** A configuration as people would write one, for the reference. */
  example: z.input<S>;
  /** Field titles and descriptions feed the forms and the reference. */
  schema: S;
}

/** A kind that goes and looks. */
export interface CheckKind<K extends string = string, S extends z.ZodObject = z.ZodObject> extends KindBase<K, S> {
  /** The host whose load this check is, so that not too many run against it at once. */
  hostOf(config: z.output<S>): string;
  /** Never throws; ends within env.timeoutMs; leaves no socket or timer behind. */
  run(config: z.output<S>, env: CheckEnv): Promise<Outcome>;
}

/** A kind that waits to be told. */
export type PassiveKind<K extends string = string, S extends z.ZodObject = z.ZodObject> = KindBase<K, S>;

/** States a kind; only so that its literal name and its schema's type are inferred. */
export const defineCheck = <K extends string, S extends z.ZodObject>(kind: CheckKind<K, S>): CheckKind<K, S> => kind;

/** Milliseconds to three places: microseconds are all the clock is good for. */
export const roundMs = (ms: number): number => Math.round(ms * 1000) / 1000;
