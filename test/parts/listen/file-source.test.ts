import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { both } from '../db/both.ts';
import { type FollowStage, openFollowStage, waitUntil } from './follow-stage.ts';

describe.each(both.filter(({ kind }) => kind === 'embedded'))('a file of posts, on $kind', (subject) => {
  let stage: FollowStage;
  let directory: string;
  beforeEach(async () => {
    stage = await openFollowStage(subject);
    directory = await mkdtemp(join(tmpdir(), 'hugops-posts-'));
  });
  afterEach(async () => {
    await stage?.close();
    await rm(directory, { recursive: true });
  });

  const write = async (pace: 'recorded' | 'at-once', lines: readonly (object | string | Buffer)[]): Promise<void> => {
    const path = join(directory, 'posts.jsonl');
    const bytes = lines.flatMap((line) => [
      Buffer.isBuffer(line) ? line : Buffer.from(typeof line === 'string' ? line : JSON.stringify(line)),
      Buffer.from('\n'),
    ]);
    // The last line is cut in its middle.
    await writeFile(path, Buffer.concat([...bytes, Buffer.from('{"id":"cut","text":"Zyntra is do')]));
    await stage.onlySource({ kind: 'file', path, pace });
  };

  test('as recorded: as far apart as they were, on after a restart, once each, and then it has ended', async () => {
    const at = (seconds: number): string => new Date(Date.UTC(2025, 9, 20, 7, 0, seconds)).toISOString();
    await write('recorded', [
      { id: '1', text: 'Zyntra is down', author: 'alice', at: at(0) },
      { id: '2', text: 'Zyntra is down for me', author: 'bob', at: at(20) },
      { id: '3', text: 'Zyntra is down as well here', author: 'charlie', at: at(70) },
      { id: '2', isDeleted: true, at: at(71) },
    ]);
    const startedAt = stage.clock.now();
    const first = await stage.follow();
    const pass = async (): Promise<void> => {
      stage.clock.advance(await stage.waiting());
      stage.resume();
    };
    expect(await stage.waiting()).toBe(20_000);
    expect(await stage.counted()).toBe(1);
    await pass();
    expect(await stage.waiting()).toBe(30_000);
    expect(await stage.kept()).toEqual(['1', '2']);
    await first.stop();
    stage.resume();
    await stage.follow();
    await pass();
    await pass();
    expect(await stage.waiting()).toBe(1_000);
    expect(await stage.counted()).toBe(3);
    await pass();
    await waitUntil(async () => (await stage.source()).health === 'ended');
    expect(await stage.kept()).toEqual(['1', '3']);
    const rows = await stage.ctx.db.selectFrom('posts').select('at').orderBy('at').execute();
    expect(rows.map((row) => row.at - startedAt)).toEqual([0, 70_000]);
    await waitUntil(async () => (await stage.source()).lease_owner === null);
  });

  test('at once, in bounded batches; lines that are no posts are left out', async () => {
    const good = Array.from({ length: 450 }, (_, i) => ({
      id: `g${i}`,
      text: `Zyntra is down, number ${i}`,
      author: `u${i}`,
    }));
    await write('at-once', [
      ...good,
      'no json',
      '',
      '[]',
      { id: '' },
      { id: 'x', text: 'Zyntra is down', unknown: 1 },
      { id: 'long', text: `Zyntra is down ${'x'.repeat(1_100_000)}` },
      Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
      Buffer.concat([
        Buffer.from('{"id":"utf","author":"zoe","text":"Zyntra is down '),
        Buffer.from([0xff, 0xc3]),
        Buffer.from('"}'),
      ]),
      { id: 'old', text: 'Zyntra is down', at: '2019-01-01T00:00:00Z' },
    ]);
    // What another kind of source left behind is no position.
    await stage.ctx.db.updateTable('listen_sources').set({ position: 'none of a file' }).execute();
    await stage.follow();
    await waitUntil(async () => (await stage.source()).health === 'ended');
    expect(await stage.counted()).toBe(451);
    expect(await stage.texts()).toContain('Zyntra is down \ufffd\ufffd');
  });

  test('a file that is not there, and a directory', async () => {
    await stage.onlySource({ kind: 'file', path: join(directory, 'none'), pace: 'at-once' });
    await stage.follow();
    expect(await stage.waiting()).toBe(15 * 60_000);
    expect((await stage.source()).last_error).toMatch(/none cannot be read$/);
    const config = JSON.stringify({ kind: 'file', path: directory, pace: 'at-once' });
    await stage.ctx.db.updateTable('listen_sources').set({ config }).execute();
    expect(await stage.round()).toBe(15 * 60_000);
    expect((await stage.source()).last_error).toMatch(/is a directory, not a file$/);
  });
});
