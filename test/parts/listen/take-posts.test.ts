import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keepPosts } from '../../../src/listen/index.ts';
import { both } from '../db/both.ts';
import { minute } from '../respond/respond-stage.ts';
import { type ListenStage, openListenStage, post } from './listen-stage.ts';

const hour = 60 * minute;
const day = 24 * hour;

describe.each(both)('posts of the public, on $kind', (subject) => {
  let stage: ListenStage;
  beforeEach(async () => {
    stage = await openListenStage(subject);
  });
  afterEach(() => stage?.close());

  /** In the order of their making: ids of one instant are in none. */
  const posts = async () => {
    const rows = await stage.ctx.db.selectFrom('posts').selectAll().execute();
    return rows.toSorted((a, b) => Number(a.external_id.slice(1)) - Number(b.external_id.slice(1)));
  };
  const events = (kind: string) => stage.ctx.db.selectFrom('events').selectAll().where('kind', '=', kind).execute();
  const incidents = () => stage.ctx.db.selectFrom('incidents').selectAll().orderBy('id').execute();
  const bursts = () => stage.ctx.db.selectFrom('bursts').selectAll().orderBy('id').execute();

  /** So many people who say in their own words that it does not work, over ten minutes. */
  async function complain(name: string, people: number, more: object = {}): Promise<void> {
    for (let half = 0; half < 2; half++) {
      const batch = Array.from({ length: people / 2 }, () => post(`${name} is down for me, cannot log in`, more));
      await stage.take(batch);
      stage.clock.advance(5 * minute);
    }
    await stage.take([post(`${name} is down again, error everywhere`, more)]);
    await stage.tick();
  }

  test('a post is matched, judged, kept and counted once, however often it comes', async () => {
    const first = post('Zyntra is down, I cannot log in since this morning', {
      at: stage.clock.now() - minute,
      author: 'did:plc:alice',
      url: 'https://social.example/alice/1',
      language: 'en',
    });
    expect(await stage.take([first, post('a day by the sea')], { position: '17' })).toEqual({
      taken: 1,
      repeated: 0,
      unmatched: 1,
      refused: 0,
      withdrawn: 0,
    });
    // A source that sends the same page for ever.
    for (let i = 0; i < 3; i++) expect(await stage.take([first, first])).toMatchObject({ taken: 0, repeated: 2 });
    expect(await posts()).toMatchObject([
      {
        source: 'net',
        stance: 'problem',
        url: 'https://social.example/alice/1',
        language: 'en',
        is_fresh_author: false,
      },
    ]);
    expect(JSON.stringify(await posts())).not.toContain('did:plc:alice');
    expect(await stage.counts()).toEqual([{ stance: 'problem', posts: 1, voices: 1, fresh_voices: 0 }]);
    expect(await stage.ctx.db.selectFrom('post_mentions').selectAll().execute()).toMatchObject([
      { target_kind: 'service', target_id: 'a', matched: 'Zyntra' },
    ]);
    const source = await stage.ctx.db.selectFrom('listen_sources').selectAll().executeTakeFirstOrThrow();
    expect(source).toMatchObject({ position: '17', health: 'ok', last_seen_at: stage.clock.now() });
  });

  test('one author counts once an hour, a copied text once, what is passed on not at all', async () => {
    const text = 'Zyntra is down and nobody in our whole office can work since this morning';
    await stage.take([
      post(text, { author: 'bob' }),
      post('Zyntra is still down', { author: 'bob' }),
      post(`RT @bob: ${text} https://social.example/1`),
      post(`${text.toUpperCase()}!!`),
      post(text, { isRepost: true }),
      post('Thank you Zyntra engineers, it works again', { author: 'bob' }),
    ]);
    expect(await stage.counts()).toEqual([
      { stance: 'problem', posts: 4, voices: 1, fresh_voices: 0 },
      { stance: 'thanks', posts: 1, voices: 1, fresh_voices: 0 },
    ]);
    // Only what counted is kept, thanks among it.
    expect((await posts()).map(({ stance }) => stance)).toEqual(['problem', 'thanks']);
    stage.clock.advance(61 * minute);
    await stage.take([post('Zyntra is down once more', { author: 'bob' })]);
    expect((await stage.counts()).map(({ voices }) => voices)).toEqual([1, 1, 1]);
  });

  test('a post that is taken back is gone with its text; its count stays, and writing it anew counts no more', async () => {
    const zed = { author: 'zed' };
    const one = post('Zyntra is down, error 500 on every page', zed);
    const two = post('Thank you Zyntra engineers for the quick fix', zed);
    const three = post('Zyntra is not loading here, is it broken?');
    await stage.take([one, two, three]);
    expect(await stage.take([], { withdrawals: [{ externalId: one.externalId }] })).toMatchObject({ withdrawn: 1 });
    expect((await posts()).map((row) => row.external_id)).toEqual([two.externalId, three.externalId]);
    // The same page again, from a source that is read again; and the author tries once more.
    expect(await stage.take([one, post('Zyntra is down, error 500', zed)])).toMatchObject({ taken: 1, repeated: 1 });
    // Days later the account goes: all that it wrote goes, whatever the key of the day was.
    stage.clock.advance(2 * day);
    await stage.take([], { withdrawals: [{ author: 'zed' }] });
    expect((await posts()).map((row) => row.external_id)).toEqual([three.externalId]);
    const counts = await stage.counts();
    expect(counts.find(({ stance }) => stance === 'problem')).toMatchObject({ posts: 3, voices: 2 });
    expect(counts.find(({ stance }) => stance === 'thanks')).toMatchObject({ posts: 1, voices: 1 });
    // Thanks that are gone are told, so that no hug is left of them.
    expect(await events('post.withdrawn')).toHaveLength(1);
    expect(JSON.stringify(await stage.ctx.db.selectFrom('post_keys').selectAll().execute())).not.toContain('zed');
  });

  test('written and taken back in one batch; edited', async () => {
    const one = post('Zyntra is down here');
    const two = post('Zyntra is down there');
    await stage.take([one, two], { withdrawals: [{ externalId: one.externalId }] });
    await stage.take([{ ...two, text: 'Zyntra works again, thank you to the whole team', isEdit: true }]);
    expect(await posts()).toMatchObject([
      { text: 'Zyntra works again, thank you to the whole team', stance: 'thanks' },
    ]);
    expect(await stage.counts()).toMatchObject([{ stance: 'problem', posts: 2 }]);
  });

  test('texts go after their time, counts stay, and what was counted is not counted when it comes late', async () => {
    const late = post('Zyntra is down, nothing works', { at: stage.clock.now() });
    await stage.take([late]);
    stage.clock.advance(7 * day + minute);
    await keepPosts(stage.ctx, stage.clock.now());
    expect(await posts()).toEqual([]);
    expect(await stage.ctx.db.selectFrom('post_keys').selectAll().execute()).toEqual([]);
    expect(await stage.take([late])).toMatchObject({ taken: 0, refused: 1 });
    expect(await stage.counts()).toMatchObject([{ posts: 1 }]);
  });

  test('many who complain open an incident, with evidence and without their words; silence ends it', async () => {
    await stage.quiet(60);
    await complain('Zyntra', 20);
    const [incident] = await incidents();
    expect(incident).toMatchObject({ service_id: 'a', status: 'triggered', severity: 'minor' });
    expect(incident?.title).toMatch(/^\d+ posts tell of problems with A in \d+ minutes; hardly any are usual$/);
    const [signal] = await stage.ctx.db.selectFrom('signals').selectAll().execute();
    expect(signal).toMatchObject({ source_kind: 'posts', status: 'firing' });
    expect(signal?.evidence).toMatchObject({ freshVoices: 0, sources: { net: expect.any(Number) } });
    expect(signal?.evidence['factor']).toBeGreaterThan(3);
    const kept = new Set((await posts()).map(({ id }) => id));
    const examples = signal?.evidence['examples'] as string[];
    expect(examples.length).toBeGreaterThan(0);
    expect(examples.every((id) => kept.has(id))).toBe(true);
    expect(JSON.stringify(signal?.evidence)).not.toContain('cannot log in');
    expect(await events('burst.began')).toMatchObject([{ service_id: 'a', data: { suspect: false } }]);
    expect(await events('burst.linked')).toMatchObject([{ incident_id: incident?.id }]);
    for (let i = 0; i < 12; i++) {
      stage.clock.advance(5 * minute);
      await stage.tick();
    }
    expect(await incidents()).toMatchObject([{ status: 'resolved' }]);
    expect(await events('burst.ended')).toMatchObject([
      { incident_id: incident?.id, data: { endReason: 'quiet', lead: { checksMs: null, providerMs: null } } },
    ]);
    expect(await bursts()).toMatchObject([{ stage: 'end', signalled: true, incident_id: incident?.id }]);
  });

  test('one author, however loud, and a brigade of fresh accounts open nothing; others who join do', async () => {
    await stage.quiet(60);
    await complain('Zyntra', 60, { author: 'one and the same' });
    expect(await bursts()).toEqual([]);
    stage.clock.advance(2 * hour);
    await complain('Kalomira', 40, { authorSince: stage.clock.now() - day });
    expect(await bursts()).toMatchObject([{ target_id: 'b', suspect: true, signalled: false }]);
    expect(await events('burst.began')).toMatchObject([{ data: { suspect: true } }]);
    expect(await incidents()).toEqual([]);
    await complain('Kalomira', 60, { authorSince: stage.clock.now() - 900 * day });
    expect(await bursts()).toMatchObject([{ target_id: 'b', suspect: false, signalled: true }]);
    expect(await incidents()).toMatchObject([{ service_id: 'b' }]);
  });

  test('jokes and thanks are counted, and are no trouble', async () => {
    await stage.quiet(60);
    for (let i = 0; i < 3; i++) {
      const thanks = Array.from({ length: 20 }, () => post('Thank you Zyntra engineers, everything works again'));
      await stage.take(thanks);
      stage.clock.advance(5 * minute);
    }
    await stage.tick();
    expect(await bursts()).toEqual([]);
    expect(new Set((await stage.counts()).map(({ stance }) => stance))).toEqual(new Set(['thanks']));
  });

  test('a burst about an upstream reaches the services that cannot work without it', async () => {
    await stage.quiet(60);
    await complain('Acmecloud', 20);
    const [signal] = await stage.ctx.db.selectFrom('signals').selectAll().execute();
    expect(signal).toMatchObject({ service_id: 'b', severity: 'minor' });
    expect(signal?.summary).toContain('problems with Acmecloud');
    expect(signal?.evidence).toMatchObject({ provider: 'acme', upstream: 'acme/eu/store' });
    expect(await stage.ctx.db.selectFrom('signals').selectAll().execute()).toHaveLength(1);
  });

  test('nobody could hear: a blind time is a gap and not a quiet one', async () => {
    await stage.quiet(60);
    await stage.addSource('stream', 'bluesky');
    await stage.ctx.db.deleteFrom('listen_sources').where('id', '=', 'net').execute();
    await stage.take([post('Zyntra is down')], { source: 'stream' });
    await stage.ctx.db.updateTable('listen_sources').set({ health: 'failing' }).where('id', '=', 'stream').execute();
    await stage.tick();
    await stage.ctx.db.updateTable('listen_sources').set({ health: 'ok' }).where('id', '=', 'stream').execute();
    await stage.tick();
    const bins = await stage.ctx.db.selectFrom('listen_bins').selectAll().orderBy('bin_at', 'desc').execute();
    expect(bins[0]).toMatchObject({ blind: true });
    expect(bins[1]).toMatchObject({ blind: false });
  });

  test('texts of megabytes, of controls, of ten thousand hashtags, from clocks years off', async () => {
    const now = stage.clock.now();
    const tags = Array.from({ length: 10_000 }, (_, i) => `#tag${i}`).join(' ');
    const posted = [
      post(`Zyntra is down ${'very '.repeat(600_000)}`),
      post(`Zyntra\u202e is\0 down \ud800 and\u0007 broken`),
      post(`Zyntra is down ${tags}`),
      post('Zyntra is down <script>alert(1)</script>', { url: 'javascript:alert(1)', language: '<script>' }),
      post('Zyntra is down today', { at: now + 900 * day }),
      post('Zyntra was down', { at: now - 900 * day }),
      post('Zyntra is down, nan', { at: Number.NaN }),
      post('Zyntra is down without id', { externalId: '\0' }),
      post('Zyntra is down with an endless id', { externalId: 'x'.repeat(10_000) }),
    ];
    expect(await stage.take(posted)).toMatchObject({ taken: 6, refused: 3 });
    const rows = await posts();
    expect(Math.max(...rows.map(({ text }) => text.length))).toBeLessThanOrEqual(2_000);
    expect(rows[1]?.text).toBe('Zyntra is down \ufffd and broken');
    expect(rows[3]).toMatchObject({ url: null, language: null });
    expect(rows.every(({ at }) => at === now)).toBe(true);
  });
});
