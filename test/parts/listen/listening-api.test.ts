import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { binOf, postBinMs } from '../../../src/domain/listening.ts';
import { databaseKinds, openTestApp, type TestApp } from '../../harness/app.ts';

const yaml = `
listen:
  keepText: 2d
  sources:
    desk: { kind: webhook, key: '\${env:DESK_KEY}' }
services:
  checkout:
    name: Checkout
    listen: { names: [Zyntra], exclude: [Zyntra river] }
statusPage:
  title: Status
  groups: [{ name: Shop, components: [{ service: checkout }] }]
`;
const minute = 60_000;

describe.each(databaseKinds)('posts by webhook, and what is heard, on %s', (database) => {
  let stage: TestApp;
  beforeEach(async () => {
    stage = await openTestApp({ database, yaml, variables: { DESK_KEY: 'desk-key-0123456789' } });
    await stage.app.tick();
  });
  afterEach(() => stage?.stop());

  const send = async (body: unknown, key = 'desk-key-0123456789'): Promise<{ status: number; body: unknown }> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${stage.url}/inbound/posts/${key}`, { method: 'POST', body: text });
    const answer = await response.text();
    return { status: response.status, body: answer === '' ? undefined : JSON.parse(answer) };
  };

  test('from the post to the curve, the burst, the incident and its discontent; a stance is corrected; a post is taken back', async () => {
    const { db } = stage.app.ctx;
    // Three hours of quiet before.
    const from = binOf(stage.clock.now());
    const bins = Array.from({ length: 36 }, (_, i) => ({ bin_at: from + (i + 1) * postBinMs, blind: false }));
    await db.insertInto('listen_bins').values(bins).execute();
    stage.clock.advance(36 * postBinMs);
    for (let half = 0; half < 3; half++) {
      const posts = Array.from({ length: 12 }, (_, i) => ({
        id: `p${half}-${i}`,
        author: `customer ${half}-${i}`,
        text: 'Zyntra is down, I cannot pay',
      }));
      expect(await send({ posts })).toMatchObject({ status: 202, body: { taken: 12 } });
      await stage.pass(5 * minute);
    }
    expect(await send({ id: 'nice', text: 'Thank you Zyntra engineers, it works again' })).toMatchObject({
      status: 202,
    });
    await stage.pass(minute);

    const listening = (await stage.api('GET', '/listening')).body;
    expect(listening).toMatchObject({
      isBlind: false,
      sources: [{ id: 'desk', kind: 'webhook', health: 'ok', postsOfDay: 37 }],
      targets: [{ kind: 'service', id: 'checkout', name: 'Checkout', lastHour: { problem: 36, thanks: 1 } }],
    });
    expect(JSON.stringify(listening)).not.toContain('desk-key');
    const target = (await stage.api('GET', '/listening/service/checkout')).body as {
      curve: { problem: number; expected: number | null }[];
      bursts: { incidentId: string; suspect: boolean }[];
      posts: { id: string; stance: string; text: string; reasons: unknown[] }[];
    };
    expect(target.curve.reduce((sum, { problem }) => sum + problem, 0)).toBe(36);
    expect(target.curve.at(-1)?.expected).toBeTypeOf('number');
    expect(target.bursts).toMatchObject([{ suspect: false }]);
    expect(target.posts[0]).toMatchObject({ stance: 'thanks' });
    expect(target.posts[0]?.reasons.length).toBeGreaterThan(0);

    const incidentId = target.bursts[0]?.incidentId ?? '';
    const discontent = (await stage.api('GET', `/incidents/${incidentId}/discontent`)).body as {
      points: { problems: number; thanks: number }[];
      bursts: unknown[];
    };
    expect(discontent.points.reduce((sum, { problems }) => sum + problems, 0)).toBe(36);
    expect(discontent.points.reduce((sum, { thanks }) => sum + thanks, 0)).toBe(1);
    expect(discontent.bursts).toHaveLength(1);
    const incident = (await stage.api('GET', `/incidents/${incidentId}`)).body;
    expect(JSON.stringify(incident)).not.toContain('cannot pay');

    const id = target.posts[1]?.id ?? '';
    expect((await stage.api('POST', `/posts/${id}/stance`, { stance: 'wrong' })).status).toBe(400);
    expect((await stage.api('POST', `/posts/${id}/stance`, { stance: 'joke' })).status).toBe(204);
    expect((await stage.api('POST', `/posts/nobody/stance`, { stance: 'joke' })).status).toBe(404);
    expect((await stage.api('GET', '/listening')).body).toMatchObject({
      targets: [{ lastHour: { problem: 35, joke: 1, thanks: 1 } }],
    });
    expect(await db.selectFrom('stance_corrections').selectAll().execute()).toMatchObject([
      { post_id: id, from_stance: 'problem', to_stance: 'joke' },
    ]);

    expect(await send({ id: 'nice', isDeleted: true })).toMatchObject({ body: { withdrawn: 1 } });
    const after = (await stage.api('GET', '/listening/service/checkout')).body;
    expect(JSON.stringify(after)).not.toContain('works again');
    expect((await stage.api('GET', '/listening')).body).toMatchObject({ targets: [{ lastHour: { thanks: 1 } }] });
  });

  test('what is not as expected is refused by its field, and nothing of it is kept', async () => {
    expect(await send({ id: 'x', text: 'Zyntra is down' }, 'another-key-0123456789')).toMatchObject({ status: 401 });
    for (const [body, path] of [
      ['{', undefined],
      [{ text: 'Zyntra is down' }, 'id'],
      [{ posts: [] }, 'posts'],
      [{ posts: [{ id: 'a', text: 'Zyntra\0 is down' }] }, 'posts.0.text'],
      [{ posts: Array.from({ length: 501 }, (_, i) => ({ id: `${i}`, text: 'Zyntra is down' })) }, 'posts'],
      [{ id: 'a', at: 'yesterday' }, 'at'],
      [{ id: 'a', text: 'Zyntra', colour: 'red' }, undefined],
    ] as const) {
      const answer = await send(body);
      expect(answer.status).toBe(400);
      if (path !== undefined) expect(JSON.stringify(answer.body)).toContain(path);
    }
    expect((await send(`{"id":"a","text":"${'x'.repeat(2_000_001)}"}`)).status).toBe(413);
    expect(await send({ id: 'a', text: 'Zyntra is down', at: '1970-01-02T00:00:00Z' })).toMatchObject({
      status: 202,
      body: { taken: 0, refused: 1 },
    });
    expect((await stage.api('GET', '/listening/service/nothing')).status).toBe(404);
    expect((await stage.api('GET', '/listening/planet/checkout')).status).toBe(400);
    expect((await stage.api('GET', '/listening/service/checkout?hours=0')).status).toBe(400);
    expect((await stage.api('GET', '/incidents/none/discontent')).status).toBe(404);
    expect(await stage.app.ctx.db.selectFrom('posts').selectAll().execute()).toEqual([]);
    expect((await fetch(`${stage.url}/api/v1/listening`)).status).toBe(401);
  });
});
