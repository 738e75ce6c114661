import { afterAll, beforeAll, expect, test } from 'vitest';
import { transact } from '../../../src/platform/context.ts';
import { processSignals } from '../../../src/respond/index.ts';
import { type Inbound, openInbound } from './open-inbound.ts';

let inbound: Inbound;
beforeAll(async () => {
  inbound = await openInbound({}, 'postgres');
});
afterAll(() => inbound.close());

test('an acknowledge waits for another process that is just placing its alert', async () => {
  const payload = { summary: 'Disk full', source: 'web-1', severity: 'critical' };
  await inbound.event({ event_action: 'trigger', dedup_key: 'k', payload });

  // As another process in the middle of its transaction: the signal and the service are locked, the alert is not visible yet.
  let finish = (): void => undefined;
  const held = new Promise<void>((resolve) => (finish = resolve));
  let placed = (): void => undefined;
  const isPlaced = new Promise<void>((resolve) => (placed = resolve));
  const placing = transact(inbound.ctx, async (tx) => {
    await processSignals(tx, inbound.time.now);
    placed();
    await held;
  });
  await isPlaced;

  let answered = false;
  const acknowledging = inbound.event({ event_action: 'acknowledge', dedup_key: 'k' }).then((answer) => {
    answered = true;
    return answer;
  });
  // Long enough for the acknowledge to reach the lock: three more questions over the same kind of connection.
  for (let i = 0; i < 3; i++) await fetch(`${inbound.base}/v2/enqueue`);
  expect(answered).toBe(false);
  finish();
  await placing;
  expect((await acknowledging).status).toBe(202);
  const incidents = await inbound.db.selectFrom('incidents').select('status').execute();
  expect(incidents).toEqual([{ status: 'acknowledged' }]);
});
