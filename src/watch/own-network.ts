import { connect } from 'node:net';
import { newNetworkState, type NetworkState, nextNetwork, type NetworkTurn } from '../domain/own-network.ts';
import type { EpochMs } from '../domain/words.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';

/** Whether this process can reach anything at all, so that its own trouble is not taken for everybody's. */
export interface OwnNetwork {
  isGone(): boolean;
  /** Looks at the references, unless one has answered within the last second. Ends within a second. */
  isHere(): Promise<boolean>;
  /** Looks, when it is time to, for which references answer while all is well, and whether they are back when not. */
  look(now: EpochMs): Promise<void>;
}

export interface OwnNetworkOptions {
  /** `host:port`, where something accepts TCP connections. */
  references: readonly string[];
  clock: Clock;
  log: Log;
  /** Told when the network went or came back. A turn that could not be written down is told again at the next look. */
  onTurn(turn: Exclude<NetworkTurn, null>, after: NetworkState, before: NetworkState): Promise<void>;
}

const answerWithinMs = 900;
const freshMs = 1_000;
const lookEveryMs = 60_000;
const lookForReturnMs = 3_000;

/** Looks out by plain TCP connections, which say nothing and ask for nothing. */
export function createOwnNetwork(options: OwnNetworkOptions): OwnNetwork {
  const { references, clock } = options;
  let state = newNetworkState;
  let looking: Promise<void> | undefined;
  let lookedAt = -Infinity;
  let answeredAt = -Infinity;

  let untold: { turn: Exclude<NetworkTurn, null>; before: NetworkState } | undefined;

  async function tell(): Promise<void> {
    if (untold === undefined) return;
    const { turn, before } = untold;
    try {
      await options.onTurn(turn, state, before);
      untold = undefined;
    } catch (error) {
      // Which way the verdicts go does not hang on the database.
      options.log.warn({ err: error, turn }, 'a change of our own network could not be written down yet');
    }
  }

  async function lookNow(): Promise<void> {
    const reachable = await reach(references);
    const now = clock.now();
    lookedAt = now;
    if (reachable.length > 0) answeredAt = now;
    const before = state;
    const next = nextNetwork(before, reachable, now);
    ({ state } = next);
    if (next.turn !== null) untold = { turn: next.turn, before: untold?.before ?? before };
    await tell();
  }
  function look(): Promise<void> {
    looking ??= lookNow().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  return {
    isGone: () => state.goneSince !== null,
    async isHere() {
      if (references.length === 0 || clock.now() - answeredAt < freshMs) return true;
      await look();
      return state.goneSince === null;
    },
    async look(now) {
      if (references.length === 0) return;
      if (now - lookedAt >= (state.goneSince === null ? lookEveryMs : lookForReturnMs)) await look();
    },
  };
}

/** Those that accept a connection in time. All are waited for: which of them answer is what a later silence is judged by. */
async function reach(references: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(references.map(accepts));
  return references.filter((_, index) => answers[index]);
}

function accepts(reference: string): Promise<boolean> {
  const colon = reference.lastIndexOf(':');
  const socket = connect({
    host: reference.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(reference.slice(colon + 1)),
  });
  return new Promise((resolve) => {
    const timer = setTimeout(end, answerWithinMs, false);
    function end(answered: boolean): void {
      clearTimeout(timer);
      socket.destroy();
      resolve(answered);
    }
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
