import type { Topology } from './topology.ts';
import type { EpochMs } from './words.ts';

/** What is seen of a service or an upstream. */
export interface NodeView {
  /** `failing`: alerts of its own fire, or its provider says so. `fine`: somebody looks, and it works. `unknown`: nobody looks, or cannot see. */
  health: 'failing' | 'fine' | 'unknown';
  /** When this began. */
  since: EpochMs;
  /** Of a failure that is over while its incident is not: when it ended. */
  until?: EpochMs | undefined;
  /** How long a failure may last here before it is seen: a check's interval times its threshold. */
  detectMs: number;
}

/** Everything that the search for a cause looks at. Nodes that are not in `nodes` are unknown. */
export interface Scene {
  now: EpochMs;
  topology: Topology;
  nodes: ReadonlyMap<string, NodeView>;
  /** Causes that a person has ruled out, by service; `alone`: nothing but itself may explain it. */
  barred: ReadonlyMap<string, ReadonlySet<string> | 'alone'>;
  /** Causes that a person has named. */
  pinned: ReadonlySet<string>;
}

export const mayExplain = (scene: Scene, causeId: string, serviceId: string): boolean => {
  if (causeId === serviceId) return true;
  const barred = scene.barred.get(serviceId);
  return barred === undefined || (barred !== 'alone' && !barred.has(causeId));
};
