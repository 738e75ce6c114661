import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Opened } from '../../../src/platform/db/open-database.ts';
import { both } from '../db/both.ts';
import { check, configOn, type ConfigSubject, person, service, startAt } from './open-config.ts';

const day = 86_400_000;

describe.each(both)('a changed hugops.yaml on $kind', ({ open }) => {
  let opened: Opened;
  let subject: ConfigSubject;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());
  beforeEach(async () => {
    subject = configOn(opened);
    await subject.clear();
  });

  describe('what vanished', () => {
    it('is archived, comes back as it was, and history stays', async () => {
      const full = `people:\n${person('alice')}${person('bob')}services:\n${service('api', check)}${service('web', check)}`;
      await subject.apply(full);
      await opened.db.updateTable('checks').set({ ping_key: null, verdict_since: 5 }).execute();
      subject.clock.advance(1_000);
      const applied = await subject.apply(`people:\n${person('alice')}services:\n${service('api')}`);
      expect(applied.archived).toEqual({
        people: ['bob'],
        contacts: ['bob.email'],
        services: ['web'],
        checks: ['api.port', 'web.port'],
      });
      expect((await subject.rows.people()).map((row) => [row.id, row.archived_at])).toEqual([
        ['alice', null],
        ['bob', startAt + 1_000],
      ]);
      expect(await opened.db.selectFrom('service_status_changes').select('service_id').execute()).toHaveLength(2);
      subject.clock.advance(1_000);
      expect((await subject.apply(full)).added).toEqual({
        people: ['bob'],
        contacts: ['bob.email'],
        services: ['web'],
        checks: ['api.port', 'web.port'],
      });
      expect((await subject.rows.people()).map((row) => [row.id, row.archived_at, row.created_at])).toEqual([
        ['alice', null, startAt],
        ['bob', null, startAt],
      ]);
    });

    it('ends the alerts of its checks and integrations, so that their incidents end, and the service is judged anew', async () => {
      const integrations = `, integrations: { am: { kind: alertmanager, key: '\${env:KEY}' } }`;
      const full = `services:\n${service('api', `${check}${integrations}`)}${service('web', integrations.replace('KEY', 'OTHER'))}`;
      const keys = { KEY: 'k'.repeat(32), OTHER: 'o'.repeat(32) };
      await subject.apply(full, keys);
      const firing = (sourceKind: string, sourceId: string, serviceId: string) => ({
        id: `sig_${sourceId}`,
        service_id: serviceId,
        source_kind: sourceKind,
        source_id: sourceId,
        dedup_key: sourceId,
        status: 'firing' as const,
        severity: 'critical' as const,
        summary: 'It is down',
        evidence: '{}',
        at: startAt,
        received_at: startAt,
        outcome: null,
        incident_id: null,
      });
      const down = {
        verdict: 'down' as const,
        verdict_reason: 'failure-threshold-reached',
        state: '{"settled":"down","failures":2,"successes":0}',
      };
      await opened.db.updateTable('checks').set(down).where('id', '=', 'api.port').execute();
      await opened.db.updateTable('services').set({ status: 'down' }).where('id', '=', 'api').execute();
      await opened.db
        .insertInto('signals')
        .values([firing('check', 'api.port', 'api'), firing('alertmanager', 'web.am', 'web')])
        .execute();
      await subject.settle();
      const incidents = () =>
        opened.db.selectFrom('incidents').select(['service_id', 'status']).orderBy('service_id').execute();
      expect(await incidents()).toEqual([
        { service_id: 'api', status: 'triggered' },
        { service_id: 'web', status: 'triggered' },
      ]);
      subject.clock.advance(1_000);
      await subject.apply(`services:\n${service('api')}${service('web')}`);
      await subject.settle();
      expect((await incidents()).map(({ status }) => status)).not.toContain('triggered');
      expect((await subject.rows.services()).map(({ id, status }) => [id, status])).toEqual([
        ['api', 'unknown'],
        ['web', 'unknown'],
      ]);
      expect((await subject.rows.checks())[0]).toMatchObject({ id: 'api.port', verdict_reason: 'removed' });
    });

    it('withdraws the key of an integration, which another may then have', async () => {
      const withKey = (id: string): string =>
        `services:\n${service('api', `, integrations: { ${id}: { kind: alertmanager, key: '\${env:KEY}' } }`)}`;
      const keys = { KEY: 'k'.repeat(32) };
      await subject.apply(withKey('one'), keys);
      await subject.apply(withKey('two'), keys);
      expect(
        (await subject.rows.integrations()).map((row) => [
          row.id,
          row.key_hash === 'revoked:api.one',
          row.archived_at === null,
        ]),
      ).toEqual([
        ['api.one', true, false],
        ['api.two', false, true],
      ]);
      await subject.apply(withKey('one'), keys);
      expect((await subject.rows.integrations()).map((row) => [row.id, row.key_hash.startsWith('revoked:')])).toEqual([
        ['api.one', false],
        ['api.two', true],
      ]);
    });

    it('leaves the status page with its subscribers to the console', async () => {
      const page = 'statusPage: { title: P, groups: [{ name: Äpfel, components: [{ service: api }] }] }';
      await subject.apply(`services:\n${service('api')}${page}`);
      await opened.db
        .insertInto('subscribers')
        .values({
          id: 's',
          page_id: 'main',
          email: 'x@example.com',
          status: 'confirmed',
          created_at: 1,
          confirmed_at: 1,
          unsubscribed_at: null,
        })
        .execute();
      expect((await subject.apply(`services:\n${service('api')}`)).altered).toEqual({ statusPage: ['main'] });
      expect(await opened.db.selectFrom('status_pages').select(['id', 'title', 'owned_by']).execute()).toEqual([
        { id: 'main', title: 'P', owned_by: 'console' },
      ]);
      expect(await opened.db.selectFrom('subscribers').select('id').execute()).toHaveLength(1);
      expect(await subject.rows.components()).toMatchObject([{ id: 'main.api', group_id: 'main.apfel' }]);
    });
  });

  describe('what must be unique', () => {
    it('may be swapped between two', async () => {
      const keys = { A: 'a'.repeat(32), B: 'b'.repeat(32) };
      const both = (one: string, two: string): string =>
        `people:\n${person('alice', `${one}@example.com`)}${person('bob', `${two}@example.com`)}services:\n${service(
          'api',
          `, integrations: { x: { kind: events-v2, key: '\${env:${one}}' }, y: { kind: events-v2, key: '\${env:${two}}' } }, checks: { p: { kind: heartbeat, interval: 1h, pingKey: '\${env:${one}}' }, q: { kind: heartbeat, interval: 1h, pingKey: '\${env:${two}}' } }`,
        )}`;
      await subject.apply(both('A', 'B'), keys);
      await subject.apply(both('B', 'A'), keys);
      expect((await subject.rows.people()).map(({ email }) => email)).toEqual(['B@example.com', 'A@example.com']);
      expect((await subject.rows.integrations()).map((row) => row.key_hash)).toEqual(
        [keys.B, keys.A].map((key) => createHash('sha256').update(key).digest('hex')),
      );
      expect((await subject.rows.checks()).map((row) => row.ping_key)).toEqual([keys.B, keys.A]);
    });

    it('goes from somebody who left to somebody new', async () => {
      await subject.apply(`people:\n${person('alice', 'ops@example.com')}`);
      await subject.apply(`people:\n${person('bob', 'OPS@example.com')}`);
      expect((await subject.rows.people()).map((row) => [row.id, row.email, row.archived_at === null])).toEqual([
        ['alice', 'ops@example.com', false],
        ['bob', 'OPS@example.com', true],
      ]);
    });

    it('a heartbeat keeps the key that was made for it, through changes and an absence', async () => {
      const beat = (more = ''): string =>
        `services:\n${service('api', `, checks: { b: { kind: heartbeat, interval: 1h${more} } }`)}`;
      await subject.apply(beat());
      const key = (await subject.rows.checks())[0]?.ping_key;
      await subject.apply(beat(', grace: 10m'));
      await subject.apply(`services:\n${service('api')}`);
      await subject.apply(beat());
      expect((await subject.rows.checks())[0]).toMatchObject({ ping_key: key, archived_at: null });
      await subject.apply(beat(`, pingKey: '\${env:KEY}'`), { KEY: 'my-own-key-000000' });
      expect((await subject.rows.checks())[0]?.ping_key).toBe('my-own-key-000000');
    });
  });

  describe('overrides', () => {
    const withOverrides = (...overrides: string[]): string =>
      `people:\n${person('alice')}schedules: { s: { name: S, timeZone: UTC, layers: [{ rotation: weekly, people: [alice], start: 2026-01-01 }], overrides: [${overrides.join(', ')}] } }`;
    const past = '{ person: alice, from: 2026-03-01 00:00, until: 2026-03-02 00:00 }';
    const running = '{ person: alice, from: 2026-03-02 10:00, until: 2026-03-03 00:00 }';
    const future = '{ person: alice, from: 2026-04-01 00:00, until: 2026-04-02 00:00 }';

    it('that are over stay when they leave the file, running ones end, later ones go, those of people stay', async () => {
      await subject.apply(withOverrides(past, running, future));
      await opened.db
        .insertInto('schedule_overrides')
        .values({
          id: 'ovr_1',
          schedule_id: 's',
          person_id: 'alice',
          from_at: startAt + day,
          until_at: startAt + 2 * day,
          created_by: null,
          created_at: 1,
        })
        .execute();
      expect((await subject.apply(withOverrides())).altered).toEqual({ schedules: ['s'] });
      const left = await opened.db
        .selectFrom('schedule_overrides')
        .select(['id', 'until_at'])
        .orderBy('from_at')
        .execute();
      expect(left).toEqual([
        { id: 'file.s.2026-03-01T00:00', until_at: Date.UTC(2026, 2, 2) },
        { id: 'file.s.2026-03-02T10:00', until_at: startAt },
        { id: 'ovr_1', until_at: startAt + 2 * day },
      ]);
      expect((await subject.apply(withOverrides())).changed).toBe(false);
    });
  });
});
