import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acknowledgeIncident, addNote, mergeIncident, resolveIncident } from '../../../src/respond/index.ts';
import { addActionItem, changeActionItem } from '../../../src/respond/postmortems/action-items.ts';
import { postmortemHtml, postmortemMarkdown } from '../../../src/respond/postmortems/export.ts';
import { publishPostmortem, withdrawPostmortem } from '../../../src/respond/postmortems/publish.ts';
import { readActionItems, readPostmortem, readPostmortems } from '../../../src/respond/postmortems/read.ts';
import { reviewPostmortem } from '../../../src/respond/postmortems/review.ts';
import { savePostmortem } from '../../../src/respond/postmortems/save.ts';
import { startPostmortem } from '../../../src/respond/postmortems/start.ts';
import { readIncident } from '../../../src/respond/read-incidents.ts';
import { followIncidents } from '../../../src/thank/follow-incidents.ts';
import { both } from '../db/both.ts';
import { minute, openStage, type Stage } from './respond-stage.ts';

const alice = { kind: 'person' as const, id: 'alice' };
const bob = { kind: 'person' as const, id: 'bob' };

describe.each(both)('postmortems on $kind', (subject) => {
  let stage: Stage;
  let incidentId: string;
  beforeEach(async () => {
    stage = await openStage(subject);
    await stage.raise();
    await stage.settle();
    ({ id: incidentId } = await stage.ctx.db.selectFrom('incidents').select('id').executeTakeFirstOrThrow());
  });
  afterEach(() => stage.close());

  const by = (actor: typeof alice) => ({ incidentId, actor, now: stage.clock.now() });
  const end = async (): Promise<void> => {
    await stage.pass(2 * minute);
    await acknowledgeIncident(stage.ctx, { ...by(alice), via: 'console' });
    await addNote(stage.ctx, { ...by(alice), body: 'The disk is full.' });
    await stage.pass(30 * minute);
    await resolveIncident(stage.ctx, { ...by(alice), how: 'by-hand' });
  };
  const read = () => readPostmortem(stage.ctx, incidentId);
  const kinds = async (like: string) =>
    (
      await stage.ctx.db
        .selectFrom('events')
        .select('kind')
        .where('incident_id', '=', incidentId)
        .where('kind', 'like', like)
        .orderBy('seq')
        .execute()
    ).map((event) => event.kind);

  test('it is drafted once from what is on record, and only when the incident is over', async () => {
    await expect(startPostmortem(stage.ctx, by(alice))).rejects.toMatchObject({ code: 'conflict' });
    await expect(read()).rejects.toMatchObject({ code: 'not-found' });
    expect((await readIncident(stage.ctx, incidentId)).postmortem).toBeNull();
    await end();
    await Promise.all([startPostmortem(stage.ctx, by(alice)), startPostmortem(stage.ctx, by(bob))]);
    const postmortem = await read();
    expect(postmortem).toMatchObject({ state: 'draft', version: 1, onStatusPage: false, actionItems: [], reviews: [] });
    for (const line of [
      '- Acknowledged by alice: 2 min after the first sign',
      '- Restored: 32 min after the first sign',
      'the first sign. A check: A is down',
      '- 1 page to 1 person',
      'alice: Note: The disk is full.',
    ])
      expect(postmortem.body).toContain(line);
    expect(postmortem.publicBody).not.toMatch(/alice|disk/);
    expect(await kinds('postmortem.%')).toEqual(['postmortem.drafted']);
    expect((await readIncident(stage.ctx, incidentId)).postmortem).toEqual({ state: 'draft' });
  });

  test('what became part of another incident is written about there', async () => {
    await stage.raise({ serviceId: 'q', sourceId: 'other', dedupKey: 'other' });
    await stage.settle();
    const other = await stage.ctx.db
      .selectFrom('incidents')
      .select('id')
      .where('id', '!=', incidentId)
      .executeTakeFirstOrThrow();
    await mergeIncident(stage.ctx, { fromId: incidentId, intoId: other.id, actor: alice, now: stage.clock.now() });
    await expect(startPostmortem(stage.ctx, by(alice))).rejects.toMatchObject({ code: 'conflict' });
    await resolveIncident(stage.ctx, { ...by(alice), incidentId: other.id, how: 'by-hand' });
    await startPostmortem(stage.ctx, { ...by(alice), incidentId: other.id });
    expect((await readPostmortem(stage.ctx, other.id)).body).toContain('turned out to be the same');
  });

  test('no edit is lost: who began from an older version is refused, and both texts remain to be joined', async () => {
    await end();
    await startPostmortem(stage.ctx, by(alice));
    const texts = { title: 'The day the disk was full', body: '## Summary\n\nFull.', publicBody: 'A disk was full.' };
    const [first, second] = await Promise.allSettled([
      savePostmortem(stage.ctx, { ...by(alice), version: 1, ...texts }),
      savePostmortem(stage.ctx, { ...by(bob), version: 1, ...texts, title: 'Another title' }),
    ]);
    expect([first.status, second.status].toSorted()).toEqual(['fulfilled', 'rejected']);
    const refused = [first, second].find((one) => one.status === 'rejected');
    expect(refused).toMatchObject({ reason: { code: 'conflict', fields: [{ path: 'version' }] } });
    const kept = await read();
    expect(kept.version).toBe(2);
    await expect(publishPostmortem(stage.ctx, { ...by(alice), version: 1, onStatusPage: false })).rejects.toMatchObject(
      { code: 'conflict' },
    );
    // Saving what is there already is no new version.
    const { title, body, publicBody } = kept;
    await savePostmortem(stage.ctx, { ...by(bob), version: 2, title, body, publicBody });
    expect((await read()).version).toBe(2);
    expect(await kinds('postmortem.edited')).toHaveLength(1);
  });

  test('on the status page it names nobody unasked, also in later edits; withdrawn it is a draft again', async () => {
    await end();
    await startPostmortem(stage.ctx, by(alice));
    const publish = (version: number, onStatusPage = true) =>
      publishPostmortem(stage.ctx, { ...by(alice), version, onStatusPage });
    const save = (version: number, publicBody: string) =>
      savePostmortem(stage.ctx, { ...by(alice), version, title: 'T', body: 'B', publicBody });
    await stage.ctx.db.updateTable('incidents').set({ is_public: false }).execute();
    await expect(publish(1)).rejects.toMatchObject({ code: 'conflict', fields: [{ path: 'onStatusPage' }] });
    await stage.ctx.db.updateTable('incidents').set({ is_public: true }).execute();
    await save(1, ' ');
    await expect(publish(2)).rejects.toMatchObject({ code: 'invalid', fields: [{ path: 'publicBody' }] });
    await save(2, 'Thanks to Bob.');
    await expect(publish(3)).rejects.toMatchObject({ fields: [{ path: 'publicBody', message: 'names bob' }] });
    expect((await read()).state).toBe('draft');
    await save(3, 'A disk was full.');
    await publish(4);
    await publish(4);
    expect(await read()).toMatchObject({ state: 'published', onStatusPage: true, publishedAt: stage.clock.now() });
    await expect(save(4, 'It was alice.')).rejects.toMatchObject({ code: 'invalid' });
    await withdrawPostmortem(stage.ctx, by(alice));
    expect(await read()).toMatchObject({ state: 'draft', onStatusPage: false });
    expect(await kinds('postmortem.%')).toEqual([
      'postmortem.drafted',
      ...Array<string>(3).fill('postmortem.edited'),
      'postmortem.published',
      'postmortem.withdrawn',
    ]);
  });

  test('a reader is recorded with the version, is credited, and is not who wrote it', async () => {
    await end();
    await startPostmortem(stage.ctx, by(alice));
    await savePostmortem(stage.ctx, { ...by(alice), version: 1, title: 'T', body: 'B', publicBody: '' });
    await expect(reviewPostmortem(stage.ctx, { ...by(alice), version: 2 })).rejects.toMatchObject({ code: 'conflict' });
    await expect(reviewPostmortem(stage.ctx, { ...by(bob), version: 1 })).rejects.toMatchObject({ code: 'conflict' });
    const key = { kind: 'api' as const, id: 'key' };
    await expect(reviewPostmortem(stage.ctx, { ...by(bob), actor: key, version: 2 })).rejects.toMatchObject({
      code: 'conflict',
    });
    await reviewPostmortem(stage.ctx, { ...by(bob), version: 2 });
    await reviewPostmortem(stage.ctx, { ...by(bob), version: 2 });
    expect((await read()).reviews).toEqual([{ person: { id: 'bob', name: 'bob' }, version: 2, at: stage.clock.now() }]);
    expect(await kinds('postmortem.reviewed')).toHaveLength(1);
    while ((await followIncidents(stage.ctx, stage.clock.now())) > 0);
    const credit = await stage.ctx.db.selectFrom('credits').select('reasons').where('person_id', '=', 'bob').execute();
    expect(credit).toEqual([{ reasons: ['reviewed'] }]);
  });

  test('action items: owner, day, ticked off; one list over all, what is due first, and in the exported files', async () => {
    await end();
    await startPostmortem(stage.ctx, by(alice));
    const add = (text: string, dueOn: string | null, ownerId: string | null = null) =>
      addActionItem(stage.ctx, { ...by(alice), text, dueOn, ownerId });
    await expect(add('x', null, 'nobody')).rejects.toMatchObject({ code: 'invalid', fields: [{ path: 'ownerId' }] });
    const some = await add('Some day', null);
    await add('Later', '2027-01-15');
    const soon = await add('<b>Alert</b> at *80 %*', '2026-12-10', 'bob');
    const open = () => readActionItems(stage.ctx, 'open', 50);
    expect((await open()).map(({ text }) => text)).toEqual(['<b>Alert</b> at *80 %*', 'Later', 'Some day']);
    const change = { actor: bob, now: stage.clock.now() };
    await changeActionItem(stage.ctx, { ...change, itemId: some, done: true });
    await changeActionItem(stage.ctx, { ...change, itemId: some, done: true });
    await changeActionItem(stage.ctx, { ...change, itemId: soon, dueOn: '2026-12-11' });
    expect((await readActionItems(stage.ctx, 'done', 50)).map(({ id }) => id)).toEqual([some]);
    expect((await open())[0]).toMatchObject({
      dueOn: '2026-12-11',
      owner: { id: 'bob' },
      incident: { id: incidentId },
    });
    expect(await readPostmortems(stage.ctx, 10)).toMatchObject([{ openItems: 2, doneItems: 1 }]);
    const postmortem = await read();
    const markdown = postmortemMarkdown(postmortem);
    expect(markdown).toContain('- \\<b>Alert\\</b> at \\*80 %\\* (bob, due 2026-12-11)');
    expect(markdown).toContain('- ✓ Some day (done 2026-12-01)');
    const html = postmortemHtml(postmortem);
    expect(html).toContain('<li>&lt;b&gt;Alert&lt;/b&gt; at *80 %* (bob, due 2026-12-11)</li>');
    expect(html).toContain('<h2>What happened</h2>');
  });
});
