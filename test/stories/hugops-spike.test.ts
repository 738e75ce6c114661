import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leaveAppHug, leaveColleagueHug, leaveHug } from '../../src/thank/leave-hug.ts';
import { hugOfLink, withdrawHug } from '../../src/thank/withdraw-hug.ts';
import { databaseKinds, openTestApp, type TestApp } from '../harness/app.ts';
import { startSmtpServer, type TestSmtpServer } from '../harness/smtp-server.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const hugCount = 500;

// Tuesday, 1 December 2026, 19:00 in Berlin. Alice and Bob are in Berlin, Charlie in Seoul, where it is night; Dana was not there at all.
const yaml = `
people:
  alice: { name: Alice Ahlgren, email: alice@example.com, timeZone: Europe/Berlin, showName: true, contact: [{ kind: email, address: alice-pager@example.com }] }
  bob: { name: Bob Bakker, email: bob@example.com, timeZone: Europe/Berlin, contact: [{ kind: email, address: bob-pager@example.com }] }
  charlie: { name: Charlie Cho, email: charlie@example.com, timeZone: Asia/Seoul, contact: [{ kind: email, address: charlie-pager@example.com }] }
  dana: { name: Dana Diaz, email: dana@example.com, timeZone: Europe/Berlin, contact: [{ kind: email, address: dana-pager@example.com }] }
teams:
  shop: { name: Shop, leads: [dana], members: [alice, bob, charlie], policy: default }
policies:
  default: { name: Shop, steps: [{ notify: [{ person: alice }], wait: 5m }] }
services:
  checkout: { name: Checkout, team: shop }
statusPage:
  title: Example Shop
  groups: [{ name: Shop, components: [{ service: checkout }] }]
`;

const abuse = [
  'fuck you',
  'f.u.c.k y\u200bou',
  'I will kill you',
  'we know where you live',
  'https://example.test/win',
  'call 0170 123 45 67',
  'bob@example.com',
  'сука',
  'his real name is Bob',
  'I want a refund',
  'x'.repeat(281),
  '1 Example Road Street, she lives at 1',
];

describe.each(databaseKinds)('a large outage ends, on %s', (database) => {
  let hugops: TestApp;
  let smtp: TestSmtpServer;
  let incidentId = '';
  let dueBefore = 0;

  beforeAll(async () => {
    smtp = await startSmtpServer();
    const variables = { HUGOPS_SMTP_URL: smtp.url };
    hugops = await openTestApp({ database, yaml, variables, startAt: '2026-12-01T18:00:00Z' });
    const opened = await hugops.api('POST', '/incidents', {
      serviceId: 'checkout',
      severity: 'critical',
      title: 'Checkout is down',
      isPublic: true,
    });
    incidentId = (opened.body as { id: string }).id;
    await hugops.pass(minute, 10_000);
    const { ctx } = hugops.app;
    const { acknowledgeIncident, addNote, reassignIncident, resolveIncident } =
      await import('../../src/respond/index.ts');
    const by = (id: string) => ({ incidentId, actor: { kind: 'person' as const, id }, now: hugops.clock.now() });
    await acknowledgeIncident(ctx, { ...by('alice'), via: 'test' });
    await hugops.pass(hour, 10 * minute);
    await addNote(ctx, { ...by('charlie'), body: 'It is the certificate.' });
    await reassignIncident(ctx, { ...by('alice'), toPersonId: 'bob' });
    await hugops.pass(minute, 10_000);
    await acknowledgeIncident(ctx, { ...by('bob'), via: 'test' });
    await resolveIncident(ctx, { ...by('bob'), how: 'by-hand' });
    await hugops.pass(6 * minute, minute);
    dueBefore = smtp.mails.length;
  }, 120_000);
  afterAll(async () => {
    await hugops?.stop();
    await smtp?.close();
  });

  const from = (visitor: number) => ({
    address: `2001:db8::${visitor.toString(16)}`,
    userAgent: 'browser',
    now: hugops.clock.now(),
  });
  const page = async () => (await fetch(`${hugops.url}/incidents/${incidentId}`)).text();
  const bundles = () => smtp.mails.slice(dueBefore).filter((mail) => mail.subject.includes('thank you'));

  test('five hundred visitors say thank you, and the page counts them', async () => {
    const { ctx } = hugops.app;
    for (let from_ = 0; from_ < hugCount; from_ += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, i) => {
          const visitor = from_ + i;
          const message = visitor % 10 === 0 ? `Thank you, all of you! Order ${visitor} is here` : undefined;
          return leaveHug(ctx, { incidentId, kind: visitor % 2 === 0 ? 'hug' : 'coffee', message, ...from(visitor) });
        }),
      );
    }
    await hugops.pass(2_000, 1_000);
    expect(await page()).toContain('500 hugs');
  }, 120_000);

  test('hundreds of abusive tries leave no mark', async () => {
    const { ctx } = hugops.app;
    const rows = async () => (await ctx.db.selectFrom('hugs').select('id').execute()).length;
    const before = await rows();
    const words = Array.from({ length: 300 }, (_, i) => abuse[i % abuse.length]);
    const tries = await Promise.allSettled(
      words.map((message, i) => leaveHug(ctx, { incidentId, kind: 'hug', message, ...from(10_000 + i) })),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toEqual([]);
    // The same visitors once more, and the whole flood of one visitor.
    const again = await Promise.allSettled(
      Array.from({ length: 100 }, (_, i) => leaveHug(ctx, { incidentId, kind: 'cake', ...from(i % 2 === 0 ? 0 : i) })),
    );
    expect(again.filter(({ status }) => status === 'fulfilled')).toEqual([]);
    expect(await rows()).toBe(before);
  }, 60_000);

  test('words are let out or kept in, one hug is taken back; colleagues and the app join', async () => {
    const { ctx } = hugops.app;
    const held = await ctx.db
      .selectFrom('hugs')
      .select(['id', 'message'])
      .where('status', '=', 'held')
      .orderBy('id')
      .execute();
    expect(held).toHaveLength(50);
    for (const [index, { id }] of held.entries()) {
      const verb = index < 48 ? 'approve' : 'reject';
      expect((await hugops.api('POST', `/hugs/${id}/${verb}`)).status).toBe(204);
    }
    const { withdrawToken } = await leaveHug(ctx, { incidentId, kind: 'star', ...from(20_000) });
    await withdrawHug(ctx, hugOfLink(ctx, withdrawToken, hugops.clock.now()), hugops.clock.now());
    const now = hugops.clock.now();
    await leaveColleagueHug(ctx, { incidentId, kind: 'cake', message: 'Proud of you', personId: 'dana', now });
    await leaveAppHug(ctx, { incidentId, kind: 'flowers', user: 'user-1', now });
    await expect(leaveAppHug(ctx, { incidentId, kind: 'flowers', user: 'user-1', now })).rejects.toThrow('already');
    await hugops.pass(2_000, 1_000);
    const shown = await page();
    expect(shown).toContain('500 hugs');
    expect(shown).toContain('Alice Ahlgren');
    for (const secret of ['Bob Bakker', 'Charlie Cho', 'Dana Diaz', 'Proud of you'])
      expect(shown).not.toContain(secret);
  }, 60_000);

  test('the evening and the night are quiet, in every zone', async () => {
    const at = (time: string) => Temporal.Instant.from(`2026-12-${time}:00Z`).epochMilliseconds;
    const until = (time: string, step: number) => hugops.pass(at(time) - hugops.clock.now(), step);
    const brought = () =>
      bundles()
        .map((mail) => mail.to.join())
        .toSorted();
    await until('01T23:50', 10 * minute);
    expect(brought()).toEqual([]);
    // 09:00 in Seoul, the middle of the night in Berlin.
    await until('02T00:10', 10 * minute);
    expect(brought()).toEqual(['charlie@example.com']);
    await until('02T07:50', 20 * minute);
    expect(brought()).toEqual(['charlie@example.com']);
    await until('02T08:10', 10 * minute);
    expect(brought()).toEqual(['alice@example.com', 'bob@example.com', 'charlie@example.com']);
    await hugops.pass(day, hour);
    expect(brought()).toHaveLength(3);
  }, 180_000);

  test('every true hug has reached exactly those who helped, once, and never by the pager', async () => {
    const { ctx } = hugops.app;
    for (const mail of bundles()) {
      expect(mail.subject).toBe('500 people said thank you');
      expect(mail.text).toContain('Thank you, all of you! Order');
    }
    const rows = await ctx.db
      .selectFrom('hug_deliveries')
      .select((eb) => ['person_id', eb.fn.countAll().as('count'), eb.fn.count('bundled_at').as('brought')])
      .groupBy('person_id')
      .orderBy('person_id')
      .execute();
    expect(rows.map((row) => [row.person_id, Number(row.count), Number(row.brought)])).toEqual([
      ['alice', 500, 500],
      ['bob', 500, 500],
      ['charlie', 500, 500],
    ]);
    for (const mail of smtp.mails) {
      const isPager = mail.to.join().includes('-pager@');
      expect(isPager && /thank|hug/i.test(`${mail.subject} ${mail.text}`)).toBe(false);
    }
    await hugops.pass(7 * day, 6 * hour);
    const hashes = await ctx.db.selectFrom('hugs').select('id').where('visitor_hash', 'is not', null).execute();
    expect(hashes).toEqual([]);
    expect(bundles()).toHaveLength(3);
    expect(await page()).toContain('500 hugs');
  }, 180_000);
});
