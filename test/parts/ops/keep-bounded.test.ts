import { describe, expect, test } from 'vitest';
import { keepBounded } from '../../../src/app/keep-bounded.ts';
import { usualRetention } from '../../../src/app/config/index.ts';
import { newId, systemRandom } from '../../../src/platform/random.ts';
import { fakeClock } from '../../harness/clock.ts';
import { testCtx } from '../../harness/ctx.ts';
import { both } from '../db/both.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 11, 1);
const id = (prefix: string, at: number): string => newId(prefix, at, systemRandom);

describe.each(both)('on $kind', ({ open }) => {
  test('what piles up goes when it is old; what waits, what still speaks, and incidents with their events stay', async () => {
    const opened = await open();
    try {
      const ctx = testCtx(opened, fakeClock(new Date(now).toISOString()));
      const { db } = ctx;
      const owned = { owned_by: 'console', created_at: 1, archived_at: null } as const;
      await db
        .insertInto('services')
        .values({ ...owned, id: 'shop', name: 'Shop', team_id: null, policy_id: null, status_since: 1 })
        .execute();
      await db
        .insertInto('integrations')
        .values({ ...owned, id: 'int_1', kind: 'grafana', name: 'G', service_id: 'shop', key_hash: 'h', key_hint: '' })
        .execute();
      const signal = (name: string, at: number, more: object = {}) => ({
        id: id('sig', at),
        service_id: 'shop',
        source_kind: 'grafana',
        source_id: 'int_1',
        dedup_key: name,
        status: 'firing' as const,
        severity: 'major' as const,
        summary: name,
        evidence: '{}',
        at,
        received_at: at,
        outcome: 'open:first' as string | null,
        incident_id: null,
        ...more,
      });
      const old = now - 91 * day;
      const check = { source_kind: 'check', source_id: 'home' };
      const rows = [
        ...Array.from({ length: 2_100 }, (_, i) => signal(`old-${i}`, old - i)),
        signal('waiting', old, { outcome: null }),
        signal('muted', old, { outcome: 'mute:maintenance' }),
        signal('check', old - 1, check),
        signal('check', old, { ...check, summary: 'last of the check' }),
        signal('young', now - 89 * day),
      ];
      for (let from = 0; from < rows.length; from += 1_000) {
        await db
          .insertInto('signals')
          .values(rows.slice(from, from + 1_000))
          .execute();
      }
      const mail = (name: string, at: number, status: 'sent' | 'failed' | 'pending') => ({
        id: id('mail', at),
        purpose: 'page',
        dedup_key: name,
        to_address: 'alice@example.com',
        subject: name,
        body_text: '',
        body_html: null,
        status,
        next_attempt_at: at,
        lease_owner: null,
        lease_until: null,
        created_at: at,
        sent_at: null,
        error: null,
      });
      const oldMail = now - 31 * day;
      await db
        .insertInto('mails')
        .values([
          mail('sent', oldMail, 'sent'),
          mail('failed', oldMail, 'failed'),
          mail('waits', oldMail, 'pending'),
          mail('young', now - 29 * day, 'sent'),
        ])
        .execute();
      const report = (at: number) => ({ id: id('rep', at), service_id: 'shop', at, visitor_hash: 'v' });
      await db
        .insertInto('reports')
        .values([report(now - 401 * day), report(now - 399 * day)])
        .execute();
      const incident = id('inc', now - 800 * day);
      await db
        .insertInto('incidents')
        .values({
          id: incident,
          title: 'Old',
          public_title: 'Old',
          service_id: 'shop',
          team_id: null,
          severity: 'major',
          status: 'resolved',
          phase: 'resolved',
          is_public: true,
          opened_by: 'signal',
          owner_id: null,
          opened_at: now - 800 * day,
          acknowledged_at: null,
          acknowledged_by: null,
          resolved_at: now - 799 * day,
          resolved_by: null,
          merged_into_id: null,
        })
        .execute();
      const event = (kind: string, at: number, incidentId: string | null) => ({
        id: id('evt', at),
        at,
        kind,
        incident_id: incidentId,
        service_id: null,
        actor_kind: 'system' as const,
        actor_id: null,
      });
      await db
        .insertInto('events')
        .values([
          event('integration.added', now - 401 * day, null),
          event('service.added', now - 399 * day, null),
          event('incident.opened', now - 800 * day, incident),
        ])
        .execute();
      await db
        .insertInto('inbound_messages')
        .values([
          { integration_id: 'int_1', message_id: 'old', received_at: now - 3 * day },
          { integration_id: 'int_1', message_id: 'young', received_at: now - day },
        ])
        .execute();

      // 2,100 signals and one of the check, two mails, a report, an event, a message.
      expect(await keepBounded(ctx, now, usualRetention)).toBe(2_101 + 2 + 1 + 1 + 1);
      const left = async (table: 'signals' | 'mails' | 'events' | 'reports' | 'inbound_messages', column: string) =>
        (await db.selectFrom(table).select(db.dynamic.ref<'id'>(column)).execute())
          .map((row) => String(Object.values(row)[0]))
          .toSorted();
      expect(await left('signals', 'summary')).toEqual(['last of the check', 'muted', 'waiting', 'young']);
      expect(await left('mails', 'subject')).toEqual(['waits', 'young']);
      expect(await left('reports', 'at')).toEqual([String(now - 399 * day)]);
      expect(await left('events', 'kind')).toEqual(['incident.opened', 'service.added']);
      expect(await left('inbound_messages', 'message_id')).toEqual(['young']);
      expect(await keepBounded(ctx, now, usualRetention)).toBe(0);
      // Configured shorter, more goes.
      expect(await keepBounded(ctx, now, { ...usualRetention, signals: 10 * day, mails: 7 * day })).toBe(2);
    } finally {
      await opened.close();
    }
  });
});
