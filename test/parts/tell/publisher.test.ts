import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { transact } from '../../../src/platform/context.ts';
import { appendEvents } from '../../../src/platform/events.ts';
import { postUpdate, resolveIncident } from '../../../src/respond/index.ts';
import { readPage } from '../../../src/tell/read-page.ts';
import { summaryFileSchema } from '../../../src/tell/statuspage-schemas.ts';
import { both } from '../db/both.ts';
import { addPage, addPerson, addService, begin, day, minute, openOne, openTell, type Tell } from './open-tell.ts';

const actor = { kind: 'system' } as const;

describe.each(both)('on $kind', (subject) => {
  let tell: Tell;
  beforeEach(async () => {
    tell = await openTell(subject);
  });
  afterEach(() => tell.close());

  test('before there is a page, something calm is published', async () => {
    expect(await tell.tick()).toBe(1);
    expect(await tell.read('/')).toContain('No services are shown here yet.');
    expect((await tell.app.request('/nowhere')).status).toBe(404);
  });

  test('an outage is told from its first word to the thanks, and nothing private is', async () => {
    await addPage(tell);
    await tell.tick();
    expect(await tell.read('/')).toContain('Everything is working');

    tell.time.now += minute;
    const id = await openOne(tell);
    expect(await tell.tick()).toBe(1);
    const open = await tell.read('/');
    expect(open).toContain('Some services are down');
    expect(open).toContain('checkout is not working');
    expect(open).not.toContain('ECONNREFUSED');
    const summary = summaryFileSchema.parse(await tell.json('/api/v2/summary.json'));
    expect(summary.incidents.map((incident) => incident.id)).toEqual([id]);
    expect(summary.components.find((component) => component.id === 'cmp-checkout')?.status).toBe('major_outage');
    expect(summary.components.find((component) => component.id === 'shop')?.status).toBe('major_outage');

    tell.time.now += 20 * minute;
    await postUpdate(tell.ctx, {
      incidentId: id,
      phase: 'identified',
      body: 'A full disk.',
      actor,
      now: tell.time.now,
    });
    await tell.db
      .insertInto('reports')
      .values(
        ['v1', 'v2', 'v2', 'v3'].map((visitor, index) => ({
          id: `rep_${index}`,
          service_id: 'checkout',
          at: begin + (visitor === 'v3' ? -30 : 5) * minute,
          visitor_hash: visitor,
        })),
      )
      .execute();
    await tell.tick();
    const identified = await tell.read(`/incidents/${id}`);
    expect(identified).toContain('A full disk.');
    expect(identified).toContain('2 people report');
    expect(identified).not.toContain('data-form');

    tell.time.now += 10 * minute;
    await resolveIncident(tell.ctx, { incidentId: id, actor, now: tell.time.now, how: 'by-hand' });
    await thank(tell, id);
    await tell.tick();
    const thanked = await tell.read(`/incidents/${id}`);
    expect(thanked).toContain('Resolved');
    expect(thanked).toContain('2 hugs');
    expect(thanked).toContain('You are kind.');
    expect(thanked).toContain('Thanks to Alice, who worked on it.');
    for (const secret of ['Bob', 'Charlie', 'Nobody has read this', 'rude', 'ECONNREFUSED']) {
      expect(thanked).not.toContain(secret);
    }
    const after = await tell.read('/');
    expect(after).toContain('Everything is working');
    expect(after).toContain('2 hugs for the people who fixed it');
    expect(await tell.read('/history')).toContain('checkout is not working');
  });

  test('an incident that is not public is nowhere, and merged ones lead to the one that counts', async () => {
    await addPage(tell);
    const secret = await openOne(tell, { isPublic: false });
    const kept = await openOne(tell);
    const merged = await openOne(tell, { serviceId: 'search' });
    await tell.db.updateTable('incidents').set({ merged_into_id: kept }).where('id', '=', merged).execute();
    await tell.tick();
    for (const path of ['/', '/history', '/feed.atom', '/api/v2/incidents.json']) {
      const text = await tell.read(path);
      expect(text.length).toBeGreaterThan(100);
      expect(text).not.toContain(secret);
      expect(text).not.toContain(merged);
    }
    expect((await tell.app.request(`/incidents/${secret}`)).status).toBe(404);
    const moved = await tell.app.request(`/incidents/${merged}`);
    expect([moved.status, moved.headers.get('location')]).toEqual([302, `/incidents/${kept}`]);
  });

  test('an incident older than the published history is still at its address', async () => {
    await addPage(tell);
    const id = await openOne(tell);
    await resolveIncident(tell.ctx, { incidentId: id, actor, now: tell.time.now, how: 'by-hand' });
    tell.time.now += 400 * day;
    await tell.tick();
    expect(await tell.read('/history')).not.toContain(id);
    const old = await tell.app.request(`/incidents/${id}`);
    expect(old.status).toBe(200);
    expect(await old.text()).toContain('checkout is not working');
    expect(old.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('many events are one publication, private ones none, and age alone is one', async () => {
    await addPage(tell);
    expect(await tell.tick()).toBe(1);
    expect(await tell.tick()).toBe(0);
    tell.time.now += 1000;
    const id = await openOne(tell);
    for (let n = 0; n < 20; n++) {
      await postUpdate(tell.ctx, { incidentId: id, phase: 'identified', body: `Step ${n}`, actor, now: tell.time.now });
    }
    expect([await tell.tick(), await tell.tick()]).toEqual([1, 0]);
    expect(await tell.read('/')).toContain('Step 19');

    tell.time.now += 1000;
    await transact(tell.ctx, (tx) =>
      appendEvents(tx, [
        { kind: 'page.sent', at: tell.time.now, actor, incidentId: id },
        { kind: 'note.added', at: tell.time.now, actor, incidentId: id, data: { body: 'between us' } },
      ]),
    );
    expect(await tell.tick()).toBe(0);
    tell.time.now += 5 * minute;
    expect(await tell.tick()).toBe(1);
    expect(tell.site.publication?.publishedAt).toBe(tell.time.now);
  });

  test('a burst waits for a moment to be one publication; at one frozen instant nothing waits', async () => {
    await addPage(tell);
    await tell.tick();
    const id = await openOne(tell);
    expect(await tell.tick()).toBe(1);
    const update = (body: string): Promise<void> =>
      postUpdate(tell.ctx, { incidentId: id, phase: 'identified', body, actor, now: tell.time.now });
    tell.time.now += 100;
    await update('First');
    expect(await tell.tick()).toBe(0);
    tell.time.now += 100;
    await update('Second');
    expect(await tell.tick()).toBe(0);
    tell.time.now += 100;
    expect([await tell.tick(), await tell.tick()]).toEqual([1, 0]);
    expect(await tell.read('/')).toContain('Second');
  });

  test('what no event tells is noticed as well', async () => {
    await addPage(tell);
    await tell.tick();
    tell.time.now += 3000;
    await tell.db.updateTable('status_pages').set({ title: 'Another name', updated_at: tell.time.now }).execute();
    expect(await tell.tick()).toBe(1);
    expect(await tell.read('/')).toContain('Another name');
  });
});

test.each(both.filter((subject) => subject.kind === 'postgres'))(
  'on $kind, a change is published while an older transaction runs, and that one when it commits',
  async (subject) => {
    const tell = await openTell(subject);
    const slow = await tell.db.startTransaction().execute();
    try {
      await addPage(tell);
      await tell.tick();
      await appendEvents({ ...tell.ctx, db: slow }, [{ kind: 'hug.approved', at: tell.time.now, actor }]);
      tell.time.now += 1000;
      await openOne(tell);
      expect(await tell.tick()).toBe(1);
      expect(await tell.read('/')).toContain('checkout is not working');
      tell.time.now += 1000;
      expect(await tell.tick()).toBe(0);
      await slow.commit().execute();
      expect(await tell.tick()).toBe(1);
      tell.time.now += 1000;
      expect(await tell.tick()).toBe(0);
    } finally {
      if (!slow.isCommitted) await slow.rollback().execute();
      await tell.close();
    }
  },
);

describe('kept on disk', () => {
  let tell: Tell;
  beforeEach(async () => {
    tell = await openTell();
    await addPage(tell);
  });
  afterEach(() => tell.close());

  test('a process without a database serves what was published last', async () => {
    await openOne(tell);
    await tell.tick();
    const restarted = tell.anotherSite();
    expect(restarted.serveArtefact(new Request('https://status.example.com/'))).toBeUndefined();
    expect(await restarted.loadFromDisk()).toBe(begin);
    const answer = restarted.answer({ method: 'GET', url: '/?x', acceptEncoding: 'br', ifNoneMatch: undefined });
    expect(answer?.headers).toEqual(
      tell.site.answer({ method: 'GET', url: '/', acceptEncoding: 'br', ifNoneMatch: undefined })?.headers,
    );
    expect(brotliDecompressSync(answer?.body ?? Buffer.alloc(0)).toString()).toContain('checkout is not working');
    expect(restarted.notFound().status).toBe(404);
  });

  test('any web server can serve the directory, which holds this generation and the one before', async () => {
    for (let n = 0; n < 4; n++) {
      await tell.tick();
      tell.time.now += 5 * minute;
    }
    const names = await readdir(tell.directory);
    expect(names.filter((name) => name.startsWith('g'))).toHaveLength(2);
    expect(names).toContain('current');
    const current = join(tell.directory, 'current');
    expect(await readFile(join(current, 'index.html'), 'utf8')).toContain('Everything is working');
    expect(brotliDecompressSync(await readFile(join(current, 'api/v2/summary.json.br'))).toString()).toContain(
      '"page"',
    );
  });

  test('a torn generation is passed over for the one before', async () => {
    await tell.tick();
    tell.time.now += 5 * minute;
    await tell.tick();
    const current = await readlink(join(tell.directory, 'current'));
    await writeFile(join(tell.directory, current, 'index.html'), 'torn');
    expect(await tell.anotherSite().loadFromDisk()).toBe(begin);
    await writeFile(join(tell.directory, current, 'manifest.json'), '{');
    expect(await tell.anotherSite().loadFromDisk()).toBe(begin);
  });

  test('an unfinished generation is not served, and is cleared away', async () => {
    await tell.tick();
    await mkdir(join(tell.directory, 'g9999999999999-0'), { recursive: true });
    expect(await tell.anotherSite().loadFromDisk()).toBe(begin);
    tell.time.now += 5 * minute;
    await tell.tick();
    expect(await readdir(tell.directory)).not.toContain('g9999999999999-0');
  });

  test('a disk that refuses is told once, readers get the new page, and it is stored when the disk takes it again', async () => {
    await tell.tick();
    await rm(tell.directory, { recursive: true });
    await writeFile(tell.directory, 'not a directory');
    tell.time.now += 20_000;
    await openOne(tell);
    expect(await tell.tick()).toBe(1);
    expect(await tell.read('/')).toContain('checkout is not working');
    expect(tell.site.disk).toEqual({ storedAt: begin, error: expect.stringContaining('EEXIST') });
    tell.time.now += 20_000;
    await tell.tick();
    expect(tell.logged).toHaveLength(1);
    expect(tell.logged[0]).toMatchObject({ level: 50, msg: expect.stringContaining('could not be kept on disk') });

    await rm(tell.directory);
    tell.time.now += 20_000;
    expect(await tell.tick()).toBe(1);
    expect(tell.site.disk).toEqual({ storedAt: tell.time.now, error: undefined });
    expect(await tell.anotherSite().loadFromDisk()).toBe(tell.time.now);
  });

  test('a database that fails leaves the last publication standing, and the change is told later', async () => {
    await tell.tick();
    tell.time.now += 1000;
    await openOne(tell);
    await tell.db.schema.alterTable('components').renameTo('components_away').execute();
    await expect(tell.tick()).rejects.toThrow('components');
    expect(await tell.read('/')).toContain('Everything is working');
    await tell.db.schema
      .alterTable('components_away' as 'components')
      .renameTo('components')
      .execute();
    expect(await tell.tick()).toBe(1);
    expect(await tell.read('/')).toContain('checkout is not working');
  });
});

test('a page of 50 components and 90 days is read in under 50 ms and published in under a second', async () => {
  const tell = await openTell();
  try {
    const services = Array.from({ length: 50 }, (_, index) => `service-${index}`);
    await addPage(tell, services);
    await addService(tell, 'not-on-the-page');
    const changes = services.flatMap((service_id) =>
      Array.from({ length: 40 }, (_, index) => [
        { service_id, at: begin - (80 - index * 2) * day, status: 'down' as const, reason: 'x' },
        { service_id, at: begin - (80 - index * 2) * day + 20 * minute, status: 'up' as const, reason: 'x' },
      ]).flat(),
    );
    for (let from = 0; from < changes.length; from += 1000) {
      await tell.db
        .insertInto('service_status_changes')
        .values(changes.slice(from, from + 1000))
        .execute();
    }
    // The best of several: what the code takes, not what else the machine is doing.
    let readMs = Infinity;
    for (let run = 0; run < 12; run++) {
      const start = performance.now();
      const model = await readPage(tell.ctx, tell.time.now);
      readMs = Math.min(readMs, performance.now() - start);
      expect(model.components).toHaveLength(50);
      expect(model.components[0]?.days.filter((one) => one.downMs === 20 * minute)).toHaveLength(40);
    }
    let publishMs = Infinity;
    for (let run = 0; run < 4; run++) {
      const start = performance.now();
      expect(await tell.tick()).toBe(1);
      publishMs = Math.min(publishMs, performance.now() - start);
      tell.time.now += 5 * minute;
    }
    console.log(`50 components: read in ${readMs.toFixed(1)} ms, published in ${publishMs.toFixed(0)} ms`);
    expect(readMs).toBeLessThan(50);
    expect(publishMs).toBeLessThan(1000);
  } finally {
    await tell.close();
  }
});

async function thank(tell: Tell, incidentId: string): Promise<void> {
  const { db, time } = tell;
  await db
    .insertInto('thanks_windows')
    .values({ incident_id: incidentId, opens_at: time.now, opened_at: time.now, closes_at: time.now + 2 * day })
    .execute();
  const people = [
    { name: 'Alice', show: true, declined: null },
    { name: 'Bob', show: false, declined: null },
    { name: 'Charlie', show: true, declined: time.now },
  ];
  for (const { name, show, declined } of people) {
    const person_id = await addPerson(tell, name, show);
    await db
      .insertInto('credits')
      .values({
        incident_id: incidentId,
        person_id,
        reasons: '["resolved"]',
        computed_at: time.now,
        declined_at: declined,
      })
      .execute();
  }
  const hug = (id: string, status: 'approved' | 'held' | 'rejected', message: string | null) => ({
    id,
    incident_id: incidentId,
    kind: 'hug' as const,
    message,
    source: 'visitor' as const,
    visitor_hash: id,
    from_person_id: null,
    status,
    created_at: time.now,
    moderated_at: null,
    moderated_by: null,
  });
  await db
    .insertInto('hugs')
    .values([
      hug('hug_1', 'approved', 'You are kind.'),
      hug('hug_2', 'held', 'Nobody has read this'),
      hug('hug_3', 'rejected', 'rude'),
    ])
    .execute();
}
