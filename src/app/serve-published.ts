import type { Clock } from '../platform/clock.ts';
import type { QuickDoor, ReadyAnswer } from '../platform/http/quick-door.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Site } from '../tell/index.ts';

export interface PublishedParts {
  /** The value of Strict-Transport-Security, where the public address has TLS. */
  transportSecurity: string | undefined;
  metrics: Metrics;
  clock: Clock;
}

/**
 * What is published, before anything else is asked: it needs neither the database nor the program behind it. When everybody reloads the page at once,
 * this is all that runs, so it makes nothing that is not sent (`npm run bench -- stampede`).
 */
export function servePublished(site: Site, { transportSecurity, metrics, clock }: PublishedParts): QuickDoor {
  const counted = { '200': 0, '304': 0 };
  metrics.pageRequests.collect = () => {
    for (const status of ['200', '304'] as const) {
      metrics.pageRequests.inc({ status }, counted[status]);
      counted[status] = 0;
    }
  };
  const secured = new WeakMap<ReadyAnswer, ReadyAnswer>();
  const secure = (answer: ReadyAnswer): ReadyAnswer => {
    if (transportSecurity === undefined) return answer;
    let own = secured.get(answer);
    if (own === undefined) {
      own = { ...answer, rawHeaders: [...answer.rawHeaders, 'strict-transport-security', transportSecurity] };
      secured.set(answer, own);
    }
    return own;
  };
  return {
    now: () => clock.now(),
    answer(request) {
      const answer = site.answer(request);
      if (answer === undefined) return undefined;
      counted[answer.status]++;
      return secure(answer);
    },
  };
}
