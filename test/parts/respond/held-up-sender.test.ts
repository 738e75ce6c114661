import { expect, test } from 'vitest';
import { processSignals, runEscalations, sendPages } from '../../../src/respond/index.ts';
import { fakeClock } from '../../harness/clock.ts';
import { both } from '../db/both.ts';
import { minute, openStage } from './respond-stage.ts';

test.each(both)('held up for longer than its lease, a sender leaves the page to others, on $kind', async (subject) => {
  const stage = await openStage(subject);
  try {
    await stage.raise();
    const now = stage.clock.now();
    await processSignals(stage.ctx, now);
    await runEscalations(stage.ctx, now);
    // Claimed, and then the machine stood still: another process may have sent the page already.
    const late = { ...stage.ctx, nodeId: 'late', clock: fakeClock(now + minute + 1) };
    expect(await sendPages(late, stage.pager, now)).toBe(1);
    expect(stage.channel.sent).toEqual([]);
    await stage.pass(minute + 1);
    expect(stage.channel.sent.map(({ to }) => to)).toEqual(['alice']);
    const page = await stage.ctx.db.selectFrom('pages').selectAll().executeTakeFirstOrThrow();
    expect(page).toMatchObject({ status: 'sent', resend_count: 1 });
    const kinds = await stage.ctx.db.selectFrom('events').select('kind').execute();
    expect(kinds.filter(({ kind }) => kind === 'page.sent')).toHaveLength(1);
  } finally {
    await stage.close();
  }
});
