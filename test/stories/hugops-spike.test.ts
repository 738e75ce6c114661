import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHearing, keepPosts, keepTextFor, type NewPost, takePosts } from '../../src/listen/index.ts';
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
  checkout: { name: Checkout, team: shop, listen: { names: [Zyntra] } }
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

const names = Array.from(
  { length: 100 },
  (_, i) => `${String.fromCodePoint(97 + (i % 26))}${'aeiou'[Math.floor(i / 26)]}lm`,
);
const sarcasm = [
  'Oh great, thanks a lot Zyntra, I love waiting three hours for nothing',
  'Thanks for nothing, Zyntra',
  'Wow Zyntra, thanks for ruining my whole day, slow clap',
  'Thank you Zyntra for the unpaid day off, brilliant as ever',
];
const spam = [
  'Thank you Zyntra, win a prize at https://example.test/win #hugops',
  'Thanks Zyntra, call 0170 123 45 67 for cheap loans',
  'Thank you Zyntra, I will kill you all',
  'Thank you Zyntra fuck you all #hugops',
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

  test('three hundred posts: true thanks come, copies once, mockery waits, spam and trouble do not, deleted ones vanish', async () => {
    const { ctx } = hugops.app;
    const now = hugops.clock.now();
    await addSource(ctx, now);
    const hearing = createHearing();
    await hearing.refresh(ctx, now);
    const post = (index: number, text: string, more: Partial<NewPost> = {}): NewPost => ({
      externalId: `p${index}`,
      author: `author ${index}`,
      at: now,
      text,
      ...more,
    });
    const thanked = (index: number): string =>
      `Thank you Zyntra team, order ${names[index % names.length]} has arrived`;
    const posts = Array.from({ length: 300 }, (_, i): NewPost => {
      if (i < 100) return post(i, thanked(i));
      // Passed on, sent again, and the same author once more.
      if (i < 130) return post(i, thanked(i - 100), { isRepost: true });
      if (i < 160) return post(i - 130, thanked(i - 130));
      if (i < 180) return post(i, `${thanked(i)} again, thank you`, { author: `author ${i - 160}`, at: now + 1 });
      if (i < 220) return post(i, sarcasm[i % sarcasm.length] ?? '');
      if (i < 260) return post(i, spam[i % spam.length] ?? '', { authorSince: now - hour });
      return post(i, `Zyntra is still down for me ${i}`);
    });
    const batch = (some: readonly NewPost[], withdrawals: { externalId: string }[] = []) =>
      takePosts(ctx, { hearing, source: 'net', batch: { posts: some, withdrawals }, now: hugops.clock.now() });
    await batch(posts);
    await hugops.pass(minute, 10_000);
    const made = async () =>
      ctx.db.selectFrom('hugs').selectAll().where('source', '=', 'post').orderBy('created_at').execute();
    const approved = (await made()).filter(({ status }) => status === 'approved');
    expect(approved).toHaveLength(100);
    expect(approved.every(({ message }) => message?.startsWith('Thank you Zyntra team'))).toBe(true);
    for (const { message } of (await made()).filter(({ status }) => status !== 'approved'))
      expect(message).not.toMatch(/kill|fuck|still down/);
    expect(await page()).toContain('600 hugs');
    // Their words are their authors' to show: people get them, the page only counts.
    expect(await page()).not.toContain('Zyntra team, order');

    // Ten take theirs back: the words are gone and reach nobody, and the count stays. The same batch again changes nothing.
    await batch(
      posts,
      Array.from({ length: 10 }, (_, i) => ({ externalId: `p${i}` })),
    );
    await hugops.pass(minute, 10_000);
    const after = await made();
    expect(after.filter(({ status, message }) => status === 'approved' && message === null)).toHaveLength(10);
    expect(after).toHaveLength((await made()).length);
    expect(await page()).toContain('600 hugs');
  }, 120_000);

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
      expect(mail.subject).toBe('590 people said thank you');
      expect(mail.text).toMatch(/Thank you, all of you! Order|Thank you Zyntra team, order/);
      // The words that were taken back.
      expect(mail.text).not.toMatch(/order [a-j]alm has arrived/);
    }
    const rows = await ctx.db
      .selectFrom('hug_deliveries')
      .select((eb) => ['person_id', eb.fn.countAll().as('count'), eb.fn.count('bundled_at').as('brought')])
      .groupBy('person_id')
      .orderBy('person_id')
      .execute();
    expect(rows.map((row) => [row.person_id, Number(row.count), Number(row.brought)])).toEqual([
      ['alice', 590, 590],
      ['bob', 590, 590],
      ['charlie', 590, 590],
    ]);
    for (const mail of smtp.mails) {
      const isPager = mail.to.join().includes('-pager@');
      expect(isPager && /thank|hug/i.test(`${mail.subject} ${mail.text}`)).toBe(false);
    }
    await hugops.pass(7 * day, 6 * hour);
    const hashes = await ctx.db.selectFrom('hugs').select('id').where('visitor_hash', 'is not', null).execute();
    expect(hashes).toEqual([]);
    expect(bundles()).toHaveLength(3);
    expect(await page()).toContain('600 hugs');
    // Texts are kept for a week elsewhere, and here no longer.
    await keepTextFor(ctx, 7 * day, hugops.clock.now());
    await keepPosts(ctx, hugops.clock.now());
    await hugops.pass(11 * minute, minute);
    const words = await ctx.db
      .selectFrom('hugs')
      .select('id')
      .where('source', '=', 'post')
      .where('message', 'is not', null)
      .execute();
    expect(words).toEqual([]);
  }, 180_000);
});

async function addSource(ctx: TestApp['app']['ctx'], now: number): Promise<void> {
  const nothing = { key_hash: null, position: null, last_seen_at: null, last_post_at: null, last_error_at: null };
  await ctx.db
    .insertInto('listen_sources')
    .values({
      id: 'net',
      kind: 'webhook',
      name: 'net',
      config: JSON.stringify({ kind: 'webhook' }),
      health_since: now,
      last_error: null,
      lease_owner: null,
      lease_until: null,
      owned_by: 'console',
      created_at: now,
      archived_at: null,
      ...nothing,
    })
    .execute();
}
