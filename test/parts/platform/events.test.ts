import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ctx, transact } from '../../../src/platform/context.ts';
import type { Opened } from '../../../src/platform/db/open-database.ts';
import { appendEvents, moveCursor, readEvents } from '../../../src/platform/events.ts';
import { fakeClock } from '../../harness/clock.ts';
import { testCtx } from '../../harness/ctx.ts';
import { both } from '../db/both.ts';

const write = (ctx: Ctx, kind: string): Promise<void> =>
  transact(ctx, (tx) => appendEvents(tx, [{ kind, at: ctx.clock.now(), actor: { kind: 'system' } }]));

describe.each(both)('reading the log by cursor, on $kind', (subject) => {
  let opened: Opened;
  let ctx: Ctx;
  beforeAll(async () => {
    opened = await subject.open();
    ctx = testCtx(opened, fakeClock('2026-12-01T08:00:00Z'));
  });
  afterAll(() => opened?.close());

  const readAll = async (reader: string, limit: number): Promise<string[]> => {
    const kinds: string[] = [];
    for (;;) {
      const { events, next } = await readEvents(ctx, reader, limit);
      if (events.length === 0) return kinds;
      kinds.push(...events.map((event) => event.kind));
      await moveCursor(ctx, reader, next);
    }
  };

  test('each reader gets every event once, in order, in pieces of any size', async () => {
    for (let i = 0; i < 7; i++) await write(ctx, `first.${i}`);
    expect(await readAll('by-three', 3)).toEqual(Array.from({ length: 7 }, (_, i) => `first.${i}`));
    await write(ctx, 'second.0');
    expect(await readAll('by-three', 3)).toEqual(['second.0']);
    expect(await readAll('by-three', 3)).toEqual([]);
    expect(await readAll('late', 100)).toHaveLength(8);
  });

  test('a stretch that ends exactly with a piece does not end the reading', async () => {
    for (let i = 0; i < 6; i++) await write(ctx, `exact.${i}`);
    const { events, next } = await readEvents(ctx, 'late', 6);
    expect(events).toHaveLength(6);
    await moveCursor(ctx, 'late', next);
    await write(ctx, 'after');
    expect(await readAll('late', 6)).toEqual(['after']);
  });

  test('what is not moved past is read again', async () => {
    await write(ctx, 'third.0');
    expect((await readEvents(ctx, 'late', 10)).events).toHaveLength(1);
    expect((await readEvents(ctx, 'late', 10)).events).toHaveLength(1);
  });

  test('an event outside a transaction is refused', async () => {
    await expect(appendEvents(ctx, [{ kind: 'x', at: 0, actor: { kind: 'system' } }])).rejects.toThrow('transaction');
  });

  test('a transaction that is rolled back tells nothing and wakes nobody', async () => {
    const woken: string[] = [];
    const watched: Ctx = { ...ctx, wake: (loop) => void woken.push(loop) };
    await expect(
      transact(watched, async (tx) => {
        await appendEvents(tx, [{ kind: 'never', at: 0, actor: { kind: 'system' } }]);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(woken).toEqual([]);
    expect(await readAll('rolled-back', 100)).not.toContain('never');
  });

  test.runIf(subject.kind === 'postgres')(
    'a slower transaction with a smaller number is not skipped, and holds nobody up',
    async () => {
      await readAll('concurrent', 100);
      let finishSlow = (): void => {};
      const held = new Promise<void>((resolve) => (finishSlow = resolve));
      let wrote = (): void => {};
      const hasWritten = new Promise<void>((resolve) => (wrote = resolve));
      const slow = transact(ctx, async (tx) => {
        await appendEvents(tx, [{ kind: 'slow', at: 0, actor: { kind: 'system' } }]);
        wrote();
        await held;
      });
      await hasWritten;
      await write(ctx, 'quick');
      expect(await readAll('concurrent', 100)).toEqual(['quick']);
      finishSlow();
      await slow;
      expect(await readAll('concurrent', 100)).toEqual(['slow']);
    },
  );
});
