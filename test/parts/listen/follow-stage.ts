import type { Selectable } from 'kysely';
import { createListener, type Listener, openSourceIo } from '../../../src/listen/index.ts';
import type { Tables } from '../../../src/platform/db/tables.ts';
import type { Subject } from '../db/both.ts';
import { type FakeInternet, openFakeInternet } from '../../harness/fake-internet.ts';
import { type ListenStage, openListenStage } from './listen-stage.ts';

/** As waitUntil of the harness, for what only the database knows. */
export async function waitUntil(condition: () => boolean | Promise<boolean>, deadlineMs = 15_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface FollowStage extends ListenStage {
  internet: FakeInternet;
  /** One source and no other, as it stands in hugops.yaml. */
  onlySource(config: { kind: string } & Record<string, unknown>): Promise<void>;
  /** Reads the source, as a process called so. Waits of the reader end when the test says so, or at once. */
  follow(more?: { nodeId?: string; waits?: 'held' | 'none' }): Promise<Listener>;
  /** Until the reader waits: everything before it is committed. Returns for how long it wants to wait. */
  waiting(): Promise<number>;
  /** Lets the reader go on, and waits until it waits again. */
  round(): Promise<number>;
  /** Lets the reader go on. */
  resume(): void;
  source(): Promise<Selectable<Tables['listen_sources']>>;
  /** The networks' names of the posts that are kept, sorted. */
  kept(): Promise<string[]>;
  texts(): Promise<string[]>;
  /** How many posts were counted. */
  counted(): Promise<number>;
}

export async function openFollowStage(subject: Subject): Promise<FollowStage> {
  const stage = await openListenStage(subject);
  const { db } = stage.ctx;
  const internet = openFakeInternet();
  const listeners: Listener[] = [];
  const held: { ms: number; resolve(): void }[] = [];
  const hold = (ms: number, stop: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      held.push({ ms, resolve });
      stop.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
    });
  const resume = (): void => held.shift()?.resolve();
  const waiting = async (): Promise<number> => {
    await waitUntil(() => held.length > 0);
    return held[0]?.ms ?? 0;
  };
  return {
    ...stage,
    internet,
    async onlySource(config) {
      await db.deleteFrom('listen_sources').execute();
      await stage.addSource(config.kind, config.kind);
      await db
        .updateTable('listen_sources')
        .set({ config: JSON.stringify(config) })
        .execute();
    },
    async follow({ nodeId = 'node-1', waits = 'held' } = {}) {
      const io = { ...openSourceIo(stage.clock), wait: waits === 'held' ? hold : async () => {} };
      const secrets = (_: string, name: string): string | undefined => (name === 'TOKEN' ? 'the-secret' : undefined);
      const listener = createListener({ ...stage.ctx, nodeId }, { hearing: stage.hearing, io, resolveSecret: secrets });
      listeners.push(listener);
      await listener.run(stage.clock.now());
      return listener;
    },
    waiting,
    resume,
    async round() {
      await waiting();
      resume();
      return waiting();
    },
    source: () => db.selectFrom('listen_sources').selectAll().executeTakeFirstOrThrow(),
    async kept() {
      const rows = await db.selectFrom('posts').select('external_id').execute();
      return rows.map((row) => row.external_id).toSorted();
    },
    async texts() {
      const rows = await db.selectFrom('posts').select('text').execute();
      return rows.map((row) => row.text).toSorted();
    },
    counted: async () => (await stage.counts()).reduce((sum, row) => sum + row.posts, 0),
    async close() {
      await Promise.all(listeners.map((listener) => listener.stop()));
      await internet.close();
      await stage.close();
    },
  };
}
