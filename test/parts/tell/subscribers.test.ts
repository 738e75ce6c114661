import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openIncident, postUpdate, resolveIncident } from '../../../src/respond/index.ts';
import { forgetPending, notifySubscribers } from '../../../src/tell/index.ts';
import { both } from '../db/both.ts';
import { addPage, day, minute, openTell, type Tell } from './open-tell.ts';

const actor = { kind: 'system' } as const;
const form = { 'content-type': 'application/x-www-form-urlencoded' };

const ask = (tell: Tell, email: string, headers: Record<string, string> = form): Promise<Response> =>
  Promise.resolve(
    tell.app.request('/subscribe', {
      method: 'POST',
      headers,
      body: headers === form ? new URLSearchParams({ email }).toString() : JSON.stringify({ email }),
    }),
  );

const mails = (tell: Tell) => tell.db.selectFrom('mails').selectAll().orderBy('id').execute();
const statusOf = async (tell: Tell, email: string): Promise<string | undefined> =>
  (await tell.db.selectFrom('subscribers').select('status').where('email', '=', email).executeTakeFirst())?.status;

/** The path of the first link in the newest mail to an address that starts like this. */
async function linkIn(tell: Tell, to: string, start: string): Promise<string> {
  const mail = (await mails(tell)).findLast((one) => one.to_address === to);
  const link = mail?.body_text.split(/\s/).find((word) => word.startsWith(`https://status.example.com${start}`));
  if (link === undefined) throw new Error(`no link ${start} in the mail to ${to}`);
  return link.slice('https://status.example.com'.length);
}

async function subscribeFully(tell: Tell, email: string): Promise<void> {
  await ask(tell, email);
  const answer = await tell.app.request(await linkIn(tell, email, '/subscribe/confirm'), { method: 'POST' });
  expect(answer.status).toBe(200);
}

const openOne = (tell: Tell, isPublic = true): Promise<string> =>
  openIncident(tell.ctx, {
    serviceId: 'checkout',
    severity: 'critical',
    title: 'secret detail',
    openedBy: 'signal',
    actor,
    now: tell.time.now,
    isPublic,
  });

/** Reads the log to its end. */
async function notifyAll(tell: Tell): Promise<void> {
  while ((await notifySubscribers(tell.ctx)) > 0);
}

describe.each(both)('on $kind', (subject) => {
  let tell: Tell;
  beforeEach(async () => {
    tell = await openTell(subject);
    await addPage(tell);
    await tell.tick();
  });
  afterEach(() => tell.close());

  test('asks twice, asks before it acts, and is undone by one click', async () => {
    expect((await ask(tell, 'alice@example.com')).status).toBe(200);
    expect(await statusOf(tell, 'alice@example.com')).toBe('pending');
    const confirm = await linkIn(tell, 'alice@example.com', '/subscribe/confirm');

    // A mail scanner follows the link: nothing happens.
    const seen = await tell.app.request(confirm);
    expect(await seen.text()).toContain('<button');
    expect(seen.headers.get('cache-control')).toBe('no-store');
    expect(await statusOf(tell, 'alice@example.com')).toBe('pending');

    const pressed = await tell.app.request(confirm, { method: 'POST' });
    expect(await pressed.text()).toContain('You are subscribed');
    expect(await statusOf(tell, 'alice@example.com')).toBe('confirmed');
    expect((await tell.app.request(confirm, { method: 'POST' })).status).toBe(200);

    tell.time.now += minute;
    await openOne(tell);
    await notifyAll(tell);
    const leave = await linkIn(tell, 'alice@example.com', '/unsubscribe');
    expect(await (await tell.app.request(leave)).text()).toContain('<button');
    expect(await statusOf(tell, 'alice@example.com')).toBe('confirmed');
    const oneClick = await tell.app.request(leave, {
      method: 'POST',
      headers: form,
      body: 'List-Unsubscribe=One-Click',
    });
    expect(oneClick.status).toBe(200);
    expect(await statusOf(tell, 'alice@example.com')).toBe('unsubscribed');
    expect((await tell.app.request(leave, { method: 'POST' })).status).toBe(200);
    // The old confirmation does not bring back whoever has left.
    expect((await tell.app.request(confirm, { method: 'POST' })).status).toBe(410);
    expect(await statusOf(tell, 'alice@example.com')).toBe('unsubscribed');
    await ask(tell, 'alice@example.com');
    expect(await statusOf(tell, 'alice@example.com')).toBe('pending');
  });

  test('tells each confirmed subscriber of each public update once, and nobody of anything else', async () => {
    await subscribeFully(tell, 'alice@example.com');
    await subscribeFully(tell, 'bob@example.com');
    await ask(tell, 'charlie@example.com');
    const before = (await mails(tell)).length;

    tell.time.now += minute;
    const id = await openOne(tell);
    await openOne(tell, false);
    tell.time.now += minute;
    await postUpdate(tell.ctx, {
      incidentId: id,
      phase: 'identified',
      body: 'A full disk.\n\nMore at 15:00.',
      actor,
      now: tell.time.now,
    });
    await notifyAll(tell);
    await tell.db.deleteFrom('cursors').execute();
    await notifyAll(tell);

    const sent = (await mails(tell)).slice(before);
    expect(sent.map((mail) => `${mail.to_address} ${mail.subject}`).toSorted((a, b) => a.localeCompare(b))).toEqual(
      ['alice@example.com', 'bob@example.com'].flatMap((to) => [
        `${to} Identified: checkout is not working`,
        `${to} Investigating: checkout is not working`,
      ]),
    );
    for (const mail of sent) {
      expect(mail.headers['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
      expect(mail.headers['List-Unsubscribe']).toMatch(
        /^<https:\/\/status\.example\.com\/unsubscribe\?token=[\w.-]+>$/,
      );
      expect(mail.body_text).not.toContain('secret detail');
      expect(mail.body_text).toContain(`https://status.example.com/incidents/${id}`);
      expect(mail.purpose).toBe('subscriber');
    }
    expect(sent.some((mail) => mail.body_text.includes('A full disk.'))).toBe(true);
    expect(tell.woken).toContain('mails');
  });

  test('whoever came later, or has left, is not told of what was before or after', async () => {
    await subscribeFully(tell, 'alice@example.com');
    tell.time.now += minute;
    const id = await openOne(tell);
    tell.time.now += minute;
    await subscribeFully(tell, 'bob@example.com');
    const leave = async (): Promise<void> => {
      await notifyAll(tell);
      await tell.app.request(await linkIn(tell, 'alice@example.com', '/unsubscribe'), { method: 'POST' });
    };
    await leave();
    tell.time.now += minute;
    await resolveIncident(tell.ctx, { incidentId: id, actor, now: tell.time.now, how: 'by-hand' });
    await notifyAll(tell);
    const told = (await mails(tell)).filter((mail) => mail.purpose === 'subscriber');
    expect(told.map((mail) => [mail.to_address, mail.subject.split(':')[0]])).toEqual([
      ['alice@example.com', 'Investigating'],
      ['bob@example.com', 'Resolved'],
    ]);
  });

  test('more subscribers than a batch all get theirs', async () => {
    const count = 450;
    await tell.db
      .insertInto('subscribers')
      .values(
        Array.from({ length: count }, (_, index) => ({
          id: `sub_${String(index).padStart(4, '0')}`,
          page_id: 'main',
          email: `reader${index}@example.com`,
          status: 'confirmed' as const,
          created_at: 1,
          confirmed_at: 1,
          unsubscribed_at: null,
        })),
      )
      .execute();
    await openOne(tell);
    await notifyAll(tell);
    const told = await mails(tell);
    expect(new Set(told.map((mail) => mail.to_address)).size).toBe(count);
    expect(told).toHaveLength(count);
  });
});

describe('what is refused', () => {
  let tell: Tell;
  beforeEach(async () => {
    tell = await openTell();
  });
  afterEach(() => tell.close());

  test('the answer is the same for a known and an unknown address, and one mail an hour is sent', async () => {
    await addPage(tell);
    await subscribeFully(tell, 'alice@example.com');
    const known = await ask(tell, 'ALICE@example.com');
    const unknown = await ask(tell, 'bob@example.com');
    const again = await ask(tell, 'bob@example.com');
    const texts = await Promise.all([known, unknown, again].map((answer) => answer.text()));
    expect(new Set(texts).size).toBe(1);
    expect(new Set([known, unknown, again].map((answer) => answer.status))).toEqual(new Set([200]));
    expect((await mails(tell)).filter((mail) => mail.to_address.startsWith('bob'))).toHaveLength(1);
    expect((await mails(tell)).filter((mail) => mail.to_address.toLowerCase().startsWith('alice'))).toHaveLength(1);
    tell.time.now += 61 * minute;
    await ask(tell, 'bob@example.com');
    expect((await mails(tell)).filter((mail) => mail.to_address.startsWith('bob'))).toHaveLength(2);
  });

  test.each([
    '',
    'alice',
    'a@',
    `${'a'.repeat(250)}@example.com`,
    'a@b\r\nBcc: c@example.com',
    'alice@example.com, bob@example.com',
  ])('%j is no address: said beside the field, and nothing is kept', async (email) => {
    await addPage(tell);
    const answer = await ask(tell, email);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('aria-invalid');
    const json = await ask(tell, email, { 'content-type': 'application/json' });
    expect(json.status).toBe(400);
    expect(await json.json()).toMatchObject({ code: 'invalid', errors: [{ path: 'email' }] });
    expect(await tell.db.selectFrom('subscribers').selectAll().execute()).toEqual([]);
    expect(await mails(tell)).toEqual([]);
  });

  test('a body that is no form is an empty address, and a large one is refused', async () => {
    await addPage(tell);
    const post = (body: string, type: string): Promise<Response> =>
      // As over a socket, where every body says its length.
      Promise.resolve(
        tell.app.request('/subscribe', {
          method: 'POST',
          body,
          headers: { 'content-type': type, 'content-length': String(body.length) },
        }),
      );
    expect((await post('{', 'application/json')).status).toBe(400);
    expect((await post('[]', 'application/json')).status).toBe(400);
    expect((await post('{"email":{"a":1}}', 'application/json')).status).toBe(400);
    expect((await post('x', 'multipart/form-data')).status).toBe(400);
    expect((await post(`email=${'a'.repeat(5000)}`, 'application/x-www-form-urlencoded')).status).toBe(413);
  });

  test('links that are forged, cut, old or for something else do nothing', async () => {
    await addPage(tell);
    await ask(tell, 'alice@example.com');
    const confirm = await linkIn(tell, 'alice@example.com', '/subscribe/confirm');
    const token = confirm.split('token=')[1] ?? '';
    const post = async (path: string): Promise<number> => (await tell.app.request(path, { method: 'POST' })).status;
    expect(await post('/subscribe/confirm')).toBe(400);
    expect(await post(`/subscribe/confirm?token=${token.slice(0, -2)}`)).toBe(400);
    expect(await post(`/unsubscribe?token=${token}`)).toBe(400);
    expect((await tell.app.request('/unsubscribe?token=x')).status).toBe(400);
    tell.time.now += 3 * day;
    expect(await post(confirm)).toBe(410);
    expect(await statusOf(tell, 'alice@example.com')).toBe('pending');
  });

  test('a stranger who asks too often has to wait', async () => {
    await addPage(tell);
    const codes: number[] = [];
    for (let n = 0; n < 11; n++) codes.push((await ask(tell, `n${n}@example.com`)).status);
    expect(codes).toEqual([...Array.from({ length: 10 }, () => 200), 429]);
  });

  test('before there is a page there is nothing to subscribe to', async () => {
    expect((await ask(tell, 'alice@example.com')).status).toBe(503);
  });

  test('addresses whose owners never answered are forgotten', async () => {
    await addPage(tell);
    await subscribeFully(tell, 'alice@example.com');
    await ask(tell, 'bob@example.com');
    expect(await forgetPending(tell.ctx, tell.time.now + 5 * day)).toBe(0);
    expect(await forgetPending(tell.ctx, tell.time.now + 7 * day)).toBe(1);
    expect(await statusOf(tell, 'bob@example.com')).toBeUndefined();
    expect(await statusOf(tell, 'alice@example.com')).toBe('confirmed');
  });
});
