import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPusher, openPushHttp, type Pusher } from '../../../src/tell/index.ts';
import type { PublishTarget } from '../../../src/tell/push/push-target.ts';
import { type FakeS3, fakeS3Keys, startFakeS3 } from '../../harness/fake-s3.ts';
import { both } from '../db/both.ts';
import { addPage, begin, minute, openOne, openTell, type Tell } from './open-tell.ts';

const hookSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const secrets: Record<string, string> = { S3_SECRET: fakeS3Keys.secret, HOOK: hookSecret };
const http = openPushHttp(2_000);

let tell: Tell;
let s3: FakeS3;
let pusher: Pusher;
const closers: (() => Promise<unknown>)[] = [];

const newPusher = (): Pusher =>
  createPusher(tell.ctx, {
    publicationOf: tell.site.publicationOf,
    http: http.http,
    resolveSecret: (source, name) => (source === 'env' ? secrets[name] : undefined),
  });

async function open(subject?: (typeof both)[number]): Promise<void> {
  tell = await openTell(subject);
  s3 = await startFakeS3();
  closers.push(
    () => s3.close(),
    () => tell.close(),
  );
  await addPage(tell);
  pusher = newPusher();
}
afterEach(async () => {
  for (let close = closers.pop(); close; close = closers.pop()) await close();
});

async function addTarget(id: string, config: PublishTarget): Promise<void> {
  await tell.db
    .insertInto('publish_targets')
    .values({
      id,
      page_id: 'main',
      kind: config.kind,
      config: JSON.stringify(config),
      owned_by: 'file',
      created_at: begin,
      archived_at: null,
      published_at: null,
      pushed_at: null,
      error: null,
    })
    .execute();
}

const bucket = (more: Partial<Extract<PublishTarget, { kind: 's3' }>> = {}): PublishTarget => ({
  kind: 's3',
  endpoint: s3.url,
  region: 'eu-test-1',
  bucket: 'status',
  prefix: '',
  accessKeyId: fakeS3Keys.id,
  secretAccessKey: '${env:S3_SECRET}',
  compress: false,
  ...more,
});

/** Publishes and pushes until nothing is due at this instant. */
async function settle(): Promise<void> {
  await tell.tick();
  while ((await pusher.run(tell.time.now)) > 0) await pusher.idle();
}

const row = (id: string) =>
  tell.db.selectFrom('publish_targets').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

describe.each(both)('on $kind', (subject) => {
  beforeEach(() => open(subject));

  test('a bucket and a directory get each publication, only what changed travels, and what is not public any more goes', async () => {
    await addTarget('bucket', bucket());
    const directory = join(tell.home, 'copy');
    await addTarget('copy', { kind: 'directory', path: directory });
    await settle();
    expect(s3.objects.get('index.html')?.body.toString()).toContain('Everything is working');
    expect(s3.objects.get('index.html')).toMatchObject({ type: 'text/html; charset=utf-8', encoding: undefined });
    expect(s3.objects.get('history')?.type).toBe('text/html; charset=utf-8');
    expect(s3.objects.get('api/v2/summary.json')?.cacheControl).toContain('max-age=0');
    expect([...s3.objects].find(([key]) => key.startsWith('assets/'))?.[1].cacheControl).toContain('immutable');
    expect(s3.requests.every((line) => line.endsWith(' 200'))).toBe(true);
    // The front page is there only once everything that it points at is.
    expect(s3.requests.at(-1)).toBe('PUT /status/index.html 200');

    tell.time.now += minute;
    const before = s3.requests.length;
    const id = await openOne(tell);
    await settle();
    expect(s3.objects.get(`incidents/${id}`)?.body.toString()).toContain('checkout is not working');
    expect(await readFile(join(directory, 'current/index.html'), 'utf8')).toContain('checkout is not working');
    const sent = s3.requests.slice(before);
    expect(sent).not.toContainEqual(expect.stringContaining('/assets/'));
    expect(sent.at(-1)).toBe('PUT /status/index.html 200');
    expect(await row('bucket')).toMatchObject({ published_at: tell.time.now, pushed_at: tell.time.now, failures: 0 });

    tell.time.now += minute;
    await tell.db.updateTable('incidents').set({ is_public: false }).where('id', '=', id).execute();
    await tell.db.updateTable('status_pages').set({ updated_at: tell.time.now }).execute();
    await settle();
    expect([...s3.objects.keys()]).not.toContain(`incidents/${id}`);
    expect(s3.requests).toContain(`DELETE /status/incidents/${id} 204`);

    // Another process does not know what lies there, and puts everything once; also then nothing private comes back.
    s3.objects.delete('history');
    pusher = newPusher();
    tell.time.now += 5 * minute;
    await settle();
    expect(s3.objects.get('history')?.body.toString()).toContain('Past incidents');
    expect([...s3.objects.keys()]).not.toContain(`incidents/${id}`);
  });

  test('a place that refuses is tried again until it has the page, goes on where it broke off, and holds up nobody', async () => {
    await addTarget('bucket', bucket());
    await addTarget('copy', { kind: 'directory', path: join(tell.home, 'copy') });
    s3.script(...Array.from({ length: 3 }, () => ({ status: 200 })), {
      status: 503,
      code: 'SlowDown',
      headers: { 'retry-after': '7' },
    });
    await settle();
    expect(await row('copy')).toMatchObject({ published_at: begin, error: null });
    expect(await row('bucket')).toMatchObject({
      published_at: null,
      failures: 1,
      next_attempt_at: begin + 7_000,
      error: 'the storage answered 503 (SlowDown)',
    });
    const tries = s3.requests.length;
    tell.time.now += 6_999;
    await settle();
    expect(s3.requests).toHaveLength(tries);

    tell.time.now += 1;
    await settle();
    expect(await row('bucket')).toMatchObject({ published_at: begin, failures: 0, error: null });
    expect(tell.logged).toHaveLength(1);
    const metrics = await tell.ctx.metrics.registry.metrics();
    expect(metrics).toContain(`hugops_published_timestamp_seconds{target="bucket"} ${begin / 1000}`);
    expect(metrics).toContain('hugops_pushes_total{kind="s3",outcome="failed"} 1');
  });
});

describe('the hook of a cache', () => {
  const told: { paths: string[]; urls: string[]; everything: boolean }[] = [];
  let status = 500;
  let hook: Server;
  beforeEach(async () => {
    told.length = 0;
    status = 500;
    await open();
    hook = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { data } = new Webhook(hookSecret).verify(body, request.headers as Record<string, string>) as never;
        if (status === 204) told.push(data);
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => hook.close(resolve)));
    // Signatures are good for five minutes around the real time.
    tell.time.now = Date.now();
    const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/purge`;
    await addTarget('cache', { kind: 'purge', url, secret: '${env:HOOK}' });
  });

  test('is told what changed, signed, after the copy behind it has it, and everything once a copy has recovered', async () => {
    await addTarget('bucket', bucket());
    await settle();
    expect((await row('cache')).error).toBe('the hook answered 500');
    status = 204;
    tell.time.now += 1_000;
    await settle();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ everything: true, paths: expect.arrayContaining(['/', '/feed.atom']) });
    expect(told[0]?.urls).toContain('https://status.example.com/');
    expect(told[0]?.paths).not.toContainEqual(expect.stringContaining('/assets/'));

    tell.time.now += 1_000;
    s3.script({ status: 500, code: 'InternalError' });
    const id = await openOne(tell);
    await settle();
    // The copy is in trouble: the cache in front of this process is told all the same.
    expect(told).toHaveLength(2);
    expect(told[1]).toMatchObject({ everything: false, paths: expect.arrayContaining(['/', `/incidents/${id}`]) });

    tell.time.now += 1_000;
    await settle();
    expect((await row('bucket')).failures).toBe(0);
    expect(told).toHaveLength(3);
    expect(told[2]?.everything).toBe(true);
  });
});

test('what refused gets the page once it can, also when the database is gone by then', async () => {
  await open();
  const path = join(tell.home, 'blocked');
  await writeFile(path, 'a file where the directory should be');
  await addTarget('copy', { kind: 'directory', path });
  await addTarget('bucket', bucket());
  await addTarget('wrong', bucket({ secretAccessKey: '${env:NOPE}' }));
  s3.script({ status: 503, code: 'SlowDown' });
  await settle();
  expect((await row('copy')).error).toContain('the directory refuses');
  expect((await row('wrong')).error).toBe('the secret ${env:NOPE} is not there');
  expect(s3.objects.has('index.html')).toBe(false);
  await rm(path);
  await tell.loseDatabase();
  tell.time.now += minute;
  await pusher.run(tell.time.now);
  await pusher.idle();
  expect(s3.objects.get('index.html')?.body.toString()).toContain('Everything is working');
  expect(await readFile(join(path, 'current/index.html'), 'utf8')).toContain('Everything is working');
  expect(JSON.stringify(tell.logged)).not.toContain(fakeS3Keys.secret);
});
