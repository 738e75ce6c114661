import type { z } from 'zod';
import type { EpochMs } from '../../domain/words.ts';
import type { PostBatch } from '../post.ts';

/** What reading may use of the world. */
export interface SourceIo {
  /** Fetches over HTTP; tests put their own in its place. */
  fetch: typeof fetch;
  now(): EpochMs;
  /** Resolves after the time, or rejects as soon as the signal is aborted. */
  wait(ms: number, stop: AbortSignal): Promise<void>;
}

/**
 * Why reading ended. `isFinal`: trying again as it is would not help, as with a token that is not accepted; it is tried again all the same,
 * but rarely. The reason is shown to people and holds no secret.
 */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly isFinal: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(reason: string, options: { isFinal?: boolean; retryAfterMs?: number; cause?: unknown } = {}) {
    super(reason, options.cause === undefined ? {} : { cause: options.cause });
    this.isFinal = options.isFinal ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export interface ReadSource<C> {
  /** As in hugops.yaml, its references filled in. */
  config: C;
  /** What the last batch that was committed said; null at the first time. */
  position: string | null;
  io: SourceIo;
  /** The network's names of the newest posts that are kept here, for networks that do not say what was deleted. */
  kept(most: number): Promise<string[]>;
  /** Reading ends soon after it is aborted. */
  stop: AbortSignal;
}

/** A network that posts come from: one file. docs/recipes/add-a-source.md shows how to add one. */
export interface SourceKind<S extends z.ZodObject = z.ZodObject> {
  /** Names the kind in hugops.yaml. Never changes. */
  readonly kind: string;
  readonly label: string;
  readonly schema: S;
  /**
   * Reads on from the position, batch after batch, until it is stopped or something fails; the next batch is asked for when the last one is
   * committed. Returning without an error means that there is no more to come, ever. A batch may be empty: it says that the source is alive.
   */
  read(input: ReadSource<z.output<S>>): AsyncIterable<PostBatch>;
}
