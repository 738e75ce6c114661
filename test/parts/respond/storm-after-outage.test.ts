import { expect, test } from 'vitest';
import { stormLimitPerMinute } from '../../../src/domain/paging.ts';
import { both } from '../db/both.ts';
import { minute, openStage } from './respond-stage.ts';

test.each(both)(
  'a provider that is back after an outage brings no storm: late pages count against the limit, on $kind',
  async (subject) => {
    const stage = await openStage(subject);
    try {
      const singles: number[] = [];
      stage.channel.answer({ ok: false, retryable: true, reason: 'busy' });
      for (const id of 'abcdefghijklmnopqrst'.split('')) {
        await stage.raise({ serviceId: id, sourceId: id, summary: `${id} is down` });
        await stage.pass(2_500);
      }
      // Every page is tried again at a time of its own, so that each is late alone.
      await stage.pass(12_000);
      stage.channel.answer({ ok: true });
      for (let second = 0; second < 120; second++) {
        const before = stage.channel.sent.length;
        await stage.pass(1_000);
        for (const { message } of stage.channel.sent.slice(before))
          if (message.kind === 'incident') singles.push(stage.clock.now());
      }
      for (const at of singles)
        expect(singles.filter((other) => at <= other && other < at + minute).length).toBeLessThanOrEqual(
          stormLimitPerMinute,
        );
      const waiting = await stage.ctx.db.selectFrom('pages').select('id').where('status', '=', 'pending').execute();
      expect(waiting).toEqual([]);
      expect(stage.channel.sent.length).toBeGreaterThan(0);
    } finally {
      await stage.close();
    }
  },
);
