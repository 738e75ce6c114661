import { pino } from 'pino';
import type { Ctx, Loop } from '../../src/platform/context.ts';
import type { Opened } from '../../src/platform/db/open-database.ts';
import { openMetrics } from '../../src/platform/metrics.ts';
import { systemRandom } from '../../src/platform/random.ts';
import type { FakeClock } from './clock.ts';

/** What a verb is handed, over a real database and a fake clock. `woken` collects which loops it would have woken. */
export function testCtx(opened: Opened, clock: FakeClock, woken: Loop[] = []): Ctx {
  return {
    db: opened.db,
    clock,
    random: systemRandom,
    log: pino({ level: process.env['HUGOPS_TEST_LOG'] ?? 'silent' }),
    metrics: openMetrics(false),
    publicUrl: 'https://hugops.test',
    secret: 'the secret of this installation',
    nodeId: 'node-1',
    wake: (loop) => void woken.push(loop),
  };
}
