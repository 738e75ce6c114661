import type { EpochMs } from './words.ts';

/** What is known of HugOps' own way to the world, from a few hosts that have nothing to do with each other. */
export interface NetworkState {
  /** References that answered when HugOps last looked and its network was there. Only these can be missed. */
  armed: readonly string[];
  /** Since when none of them answers; null while the network is there, or when there is nothing to judge it by. */
  goneSince: EpochMs | null;
}

export const newNetworkState: NetworkState = { armed: [], goneSince: null };

/** One silent reference may be down itself. */
const fewestArmed = 2;

export type NetworkTurn = 'lost' | 'regained' | null;

/**
 * The state after a look at all references. A reference that never answered says nothing when it is silent: where there is no way to the internet at
 * all, as in a closed network, HugOps goes on judging by the checks alone.
 */
export function nextNetwork(
  before: NetworkState,
  reachable: readonly string[],
  now: EpochMs,
): { state: NetworkState; turn: NetworkTurn } {
  if (reachable.length > 0) {
    const turn = before.goneSince === null ? null : 'regained';
    return { state: { armed: reachable, goneSince: null }, turn };
  }
  if (before.goneSince !== null) return { state: before, turn: null };
  if (before.armed.length < fewestArmed) return { state: { armed: [], goneSince: null }, turn: null };
  return { state: { ...before, goneSince: now }, turn: 'lost' };
}
