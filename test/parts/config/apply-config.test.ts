import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyConfig } from '../../../src/app/config/apply/apply-config.ts';
import { readConfigText } from '../../../src/app/config/read-config.ts';
import type { Opened } from '../../../src/platform/db/open-database.ts';
import { exampleSecrets, exampleText } from '../../unit/app/config-kit.ts';
import { both } from '../db/both.ts';
import { check, configOn, type ConfigSubject, service, startAt } from './open-config.ts';

const day = 86_400_000;

describe.each(both)('hugops.yaml on $kind', ({ open }) => {
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

  describe('the example', () => {
    it('becomes rows that the file owns', async () => {
      const applied = await subject.apply(exampleText(), exampleSecrets);
      expect(applied.added).toEqual({
        people: ['alice', 'bob', 'charlie'],
        contacts: ['alice.email', 'alice.ntfy', 'bob.email', 'bob.slack', 'charlie.webhook'],
        policies: ['default'],
        teams: ['shop'],
        schedules: ['primary'],
        services: ['checkout', 'recommendations', 'shop-db'],
        checks: ['checkout.home', 'recommendations.api', 'shop-db.port', 'shop-db.backup'],
        integrations: ['checkout.alertmanager-prod', 'checkout.ci'],
      });
      expect([applied.altered, applied.archived]).toEqual([{ statusPage: ['main'] }, {}]);
      expect((await subject.rows.people())[0]).toMatchObject({
        id: 'alice',
        email: 'alice@example.com',
        time_zone: 'Europe/Berlin',
        waking_hours: { days: [1, 2, 3, 4, 5], from: '08:00', to: '18:00' },
        show_name: true,
        owned_by: 'file',
        created_at: startAt,
        archived_at: null,
      });
      const [backup, port] = (await subject.rows.checks()).filter((row) => row.service_id === 'shop-db');
      expect(port).toMatchObject({
        kind: 'tcp',
        config: { host: 'db.example.com', port: 5432, addressFamily: 'any' },
        interval_ms: 15_000,
        timeout_ms: 10_000,
        failure_threshold: 2,
        ping_key: null,
        verdict: 'unknown',
        verdict_reason: 'no-result-yet',
        due_at: null,
      });
      expect(backup).toMatchObject({
        kind: 'heartbeat',
        config: { graceMs: 3_600_000 },
        interval_ms: day,
        failure_threshold: 1,
        severity: 'major',
      });
      expect(backup?.ping_key).toMatch(/^[\w-]{32}$/);
      const teams = await opened.db.selectFrom('teams').selectAll().execute();
      expect(teams).toMatchObject([{ id: 'shop', policy_id: 'default', publish_hugs_unseen: false }]);
      const members = await opened.db.selectFrom('team_members').selectAll().orderBy('person_id').execute();
      expect(members.map((row) => [row.person_id, row.is_lead])).toEqual([
        ['alice', true],
        ['bob', false],
        ['charlie', false],
      ]);
      const overrides = await opened.db.selectFrom('schedule_overrides').selectAll().execute();
      expect(overrides).toMatchObject([
        {
          schedule_id: 'primary',
          person_id: 'bob',
          from_at: Date.UTC(2026, 11, 23, 23),
          until_at: Date.UTC(2026, 11, 26, 23),
        },
      ]);
      const dependencies = await opened.db
        .selectFrom('service_dependencies')
        .selectAll()
        .orderBy('depends_on')
        .execute();
      expect(dependencies.map((row) => [row.depends_on, row.hardness])).toEqual([
        ['payment-provider/eu/cards', 'hard'],
        ['recommendations', 'soft'],
        ['shop-db', 'hard'],
      ]);
      expect(await subject.rows.components()).toMatchObject([
        { id: 'main.checkout', group_id: 'main.shop', name: 'Paying', position: 0 },
        { id: 'main.recommendations', group_id: 'main.shop', position: 1 },
        { id: 'main.shop-db', group_id: 'main.behind-the-scenes', description: 'Orders and stock.', position: 2 },
      ]);
    });

    it('keeps keys as hashes, and references of checks as references', async () => {
      await subject.apply(exampleText(), exampleSecrets);
      const [alertmanager] = await subject.rows.integrations();
      expect(alertmanager).toMatchObject({
        id: 'checkout.alertmanager-prod',
        kind: 'alertmanager',
        key_hash: createHash('sha256').update(exampleSecrets.ALERTMANAGER_KEY).digest('hex'),
        key_hint: '…0000',
      });
      const everything = JSON.stringify([await subject.everything(), await subject.events()]);
      for (const name of ['ALERTMANAGER_KEY', 'EVENTS_KEY', 'HEALTH_TOKEN', 'SMTP_URL'] as const) {
        expect(everything).not.toContain(exampleSecrets[name]);
      }
      expect(everything).toContain('${env:HEALTH_TOKEN}');
    });

    it('changes nothing and writes no event when it is applied again', async () => {
      await subject.apply(exampleText(), exampleSecrets);
      expect(await subject.events()).toHaveLength(1);
      const before = await subject.everything();
      subject.clock.advance(day);
      subject.woken.length = 0;
      const again = await subject.apply(exampleText(), exampleSecrets);
      expect(again).toEqual({ changed: false, added: {}, altered: {}, archived: {} });
      expect(await subject.everything()).toEqual(before);
      expect(await subject.events()).toHaveLength(1);
      expect(subject.woken).toEqual([]);
    });

    it('tells in one event what changed', async () => {
      await subject.apply(exampleText(), exampleSecrets);
      subject.clock.advance(1_000);
      const changed = exampleText()
        .replace('interval: 15s', 'interval: 20s')
        .replace('members: [bob, charlie]', 'members: [bob]')
        .replace('{ on: recommendations, hardness: soft }', '{ on: recommendations, hardness: hard }')
        .replace('title: Example Shop', 'title: Our Shop')
        .replace('until: 2026-12-27 00:00', 'until: 2026-12-28 00:00');
      expect(await subject.apply(changed, exampleSecrets)).toEqual({
        changed: true,
        added: {},
        altered: {
          checks: ['shop-db.port'],
          teams: ['shop'],
          services: ['checkout'],
          schedules: ['primary'],
          statusPage: ['main'],
        },
        archived: {},
      });
      const events = await subject.events();
      expect(events).toHaveLength(2);
      expect(events[1]).toMatchObject({
        actor_kind: 'system',
        data: { added: {}, archived: {}, changed: { checks: { count: 1, ids: ['shop-db.port'] } } },
      });
      expect(subject.woken).toContain('live');
    });

    it('is applied once by two nodes that start together', async () => {
      const read = readConfigText(exampleText(), 'hugops.yaml', { variables: exampleSecrets, now: startAt });
      if (!read.ok) throw new Error('the example is good');
      const { config } = read;
      const results = await Promise.all([applyConfig(subject.ctx, config), applyConfig(subject.ctx, config)]);
      expect(results.filter(({ changed }) => changed)).toHaveLength(1);
      expect(await subject.events()).toHaveLength(1);
    });
  });

  it('applies a thousand services with their checks in bounded time, and sees in much less that nothing changed', async () => {
    const lines = Array.from({ length: 1_000 }, (_, i) => service(`s${i}`, check));
    const text = `services:\n${lines.join('')}`;
    const started = performance.now();
    await subject.apply(text);
    const first = performance.now() - started;
    expect((await subject.apply(text)).changed).toBe(false);
    const second = performance.now() - started - first;
    expect(await subject.rows.checks()).toHaveLength(1_000);
    expect(first).toBeLessThan(20_000);
    expect(second).toBeLessThan(10_000);
  });
});
