import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Opened } from '../../../src/platform/db/open-database.ts';
import { both } from '../db/both.ts';
import { configOn, type ConfigSubject, consoleOwned, person, service } from './open-config.ts';

describe.each(both)('hugops.yaml beside the console on $kind', ({ open }) => {
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

  describe('what the console owns', () => {
    const consoleTeam = { id: 'ops', name: 'Operators', policy_id: null, ...consoleOwned() };

    it('is not taken: every conflict is named, and nothing is changed', async () => {
      await opened.db.insertInto('teams').values(consoleTeam).execute();
      await opened.db
        .insertInto('services')
        .values({ id: 'api', name: 'Their API', team_id: null, policy_id: null, status_since: 1, ...consoleOwned() })
        .execute();
      const before = await subject.everything();
      const text = `people:\n${person('alice')}teams: { ops: { name: Ops, members: [alice] } }\nservices:\n${service('api')}`;
      const error = await subject.apply(text).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('teams.ops: the console owns something with this id'),
        fields: [{ path: 'teams.ops' }, { path: 'services.api' }],
      });
      expect(await subject.everything()).toEqual(before);
      expect(await subject.events()).toEqual([]);
    });

    it('keeps what it uses: a person, policy, schedule, team or service cannot vanish from under it', async () => {
      const full = `people:\n${person('alice')}${person('bob')}teams: { t: { name: T, members: [bob] } }
schedules: { s: { name: S, timeZone: UTC, layers: [{ rotation: weekly, people: [bob], start: 2026-01-01 }] } }
policies: { p: { steps: [{ notify: [{ person: bob }] }] } }
services:\n${service('api')}`;
      await subject.apply(full);
      await opened.db
        .insertInto('teams')
        .values({ ...consoleTeam, policy_id: 'p' })
        .execute();
      await opened.db.insertInto('team_members').values({ team_id: 'ops', person_id: 'alice' }).execute();
      const steps = JSON.stringify([
        {
          targets: [
            { kind: 'schedule', id: 's' },
            { kind: 'team', id: 't' },
          ],
          waitMs: 1,
        },
      ]);
      await opened.db
        .insertInto('policies')
        .values({ id: 'pol_1', name: 'Theirs', steps, ...consoleOwned() })
        .execute();
      await opened.db
        .insertInto('services')
        .values({ id: 'svc_1', name: 'Theirs', team_id: null, policy_id: null, status_since: 1, ...consoleOwned() })
        .execute();
      await opened.db.insertInto('service_dependencies').values({ service_id: 'svc_1', depends_on: 'api' }).execute();
      const error = await subject.apply(`people:\n${person('charlie')}`).catch((thrown: unknown) => thrown);
      const paths = (error as { fields: { path: string }[] }).fields.map(({ path }) => path);
      expect(paths.toSorted()).toEqual(['people.alice', 'policies.p', 'schedules.s', 'services.api', 'teams.t']);
      // Bob is used by the file's own things only, which go with him.
      expect(paths).not.toContain('people.bob');
      expect((await subject.rows.people()).map((row) => row.archived_at)).toEqual([null, null]);
    });

    it('policy of the first set-up is taken over by the file’s default', async () => {
      await opened.db
        .insertInto('policies')
        .values({ id: 'default', name: 'Call us', steps: '[]', ...consoleOwned() })
        .execute();
      await opened.db
        .insertInto('teams')
        .values({ ...consoleTeam, policy_id: 'default' })
        .execute();
      await subject.apply(
        `people:\n${person('alice')}policies: { default: { name: Ours, steps: [{ notify: [{ person: alice }] }] } }`,
      );
      expect(await opened.db.selectFrom('policies').select(['name', 'owned_by']).execute()).toEqual([
        { name: 'Ours', owned_by: 'file' },
      ]);
    });

    it('status page is taken over with the console’s components on it, and they stay', async () => {
      await opened.db
        .insertInto('status_pages')
        .values({ id: 'main', title: 'Status', owned_by: 'console', created_at: 1, updated_at: 1 })
        .execute();
      await opened.db
        .insertInto('services')
        .values({ id: 'theirs', name: 'Theirs', team_id: null, policy_id: null, status_since: 1, ...consoleOwned() })
        .execute();
      await opened.db
        .insertInto('components')
        .values({
          id: 'cmp_1',
          page_id: 'main',
          group_id: null,
          service_id: 'theirs',
          name: 'Theirs',
          position: 9,
          created_at: 1,
          updated_at: 1,
        })
        .execute();
      const withPage = (groups: string): string =>
        `services:\n${service('api')}${service('web')}statusPage: { title: P, groups: [${groups}] }`;
      await subject.apply(
        withPage('{ name: A, components: [{ service: api }] }, { name: B, components: [{ service: web }] }'),
      );
      await opened.db.updateTable('components').set({ group_id: 'main.a' }).where('id', '=', 'cmp_1').execute();
      const moved = withPage('{ name: B, components: [{ service: api, name: First }] }');
      await subject.apply(moved);
      expect((await subject.rows.components()).map((row) => [row.id, row.group_id, row.name])).toEqual([
        ['main.api', 'main.b', 'First'],
        ['cmp_1', null, 'Theirs'],
      ]);
      expect(await opened.db.selectFrom('component_groups').select(['id', 'position']).execute()).toEqual([
        { id: 'main.b', position: 0 },
      ]);
      expect((await subject.apply(moved)).changed).toBe(false);
    });

    it('person with the same address is the same person: account, teams, plans and credit go along', async () => {
      const user = { id: 'usr_1', name: 'Alice', email: 'alice@example.com' };
      await opened.db.deleteFrom('auth_users').execute();
      await opened.db.insertInto('auth_users').values(user).execute();
      const hours = JSON.stringify({ days: [1], from: '09:00', to: '17:00' });
      await opened.db
        .insertInto('people')
        .values({
          id: 'per_1',
          name: 'Alice',
          email: 'Alice@example.com',
          time_zone: 'UTC',
          waking_hours: hours,
          user_id: 'usr_1',
          ...consoleOwned(),
        })
        .execute();
      const method = { person_id: 'per_1', label: 'x', position: 0, ...consoleOwned() };
      await opened.db
        .insertInto('contact_methods')
        .values([
          {
            ...method,
            id: 'cm_1',
            kind: 'email',
            config: JSON.stringify({ kind: 'email', address: 'alice@example.com' }),
          },
          {
            ...method,
            id: 'cm_2',
            kind: 'email',
            config: JSON.stringify({ kind: 'email', address: 'private@example.com' }),
          },
        ])
        .execute();
      await opened.db.insertInto('teams').values(consoleTeam).execute();
      await opened.db
        .insertInto('team_members')
        .values({ team_id: 'ops', person_id: 'per_1', is_lead: true })
        .execute();
      const steps = JSON.stringify([{ targets: [{ kind: 'person', id: 'per_1' }], waitMs: 1 }]);
      await opened.db
        .insertInto('policies')
        .values({ id: 'pol_1', name: 'P', steps, ...consoleOwned() })
        .execute();
      const layers = JSON.stringify([{ id: 'l', people: ['per_1', 'per_9'] }]);
      await opened.db
        .insertInto('schedules')
        .values({ id: 'sch_1', name: 'S', time_zone: 'UTC', layers, ...consoleOwned() })
        .execute();

      const text = `people:\n${person('alice')}`;
      await subject.apply(text);
      expect((await subject.rows.people()).map((row) => [row.id, row.user_id, row.archived_at === null])).toEqual([
        ['alice', 'usr_1', true],
        ['per_1', null, false],
      ]);
      const methods = await opened.db.selectFrom('contact_methods').select(['id', 'person_id']).orderBy('id').execute();
      expect(methods).toEqual([
        { id: 'alice.email', person_id: 'alice' },
        { id: 'cm_1', person_id: 'per_1' },
        { id: 'cm_2', person_id: 'alice' },
      ]);
      expect(await opened.db.selectFrom('team_members').selectAll().execute()).toEqual([
        { team_id: 'ops', person_id: 'alice', is_lead: true },
      ]);
      expect(
        (await opened.db.selectFrom('policies').select('steps').executeTakeFirstOrThrow()).steps[0]?.targets,
      ).toEqual([{ kind: 'person', id: 'alice' }]);
      expect((await opened.db.selectFrom('schedules').select('layers').executeTakeFirstOrThrow()).layers).toEqual([
        { id: 'l', people: ['alice', 'per_9'] },
      ]);
      expect((await subject.events())[0]?.data).toMatchObject({ joined: [{ from: 'per_1', to: 'alice' }] });
      expect((await subject.apply(text)).changed).toBe(false);
    });

    it('choice of being named stays with the person, and the file can only forbid it', async () => {
      const named = (showName: string): string =>
        `people: { alice: { name: A, email: a@example.com, timeZone: UTC${showName} } }`;
      const shown = async (): Promise<boolean | undefined> => (await subject.rows.people())[0]?.show_name;
      await subject.apply(named(''));
      expect(await shown()).toBe(false);
      await opened.db.updateTable('people').set({ show_name: true }).execute();
      expect((await subject.apply(named(''))).changed).toBe(false);
      expect(await shown()).toBe(true);
      await subject.apply(named(', showName: false'));
      expect(await shown()).toBe(false);
      await subject.apply(named(', showName: true'));
      expect(await shown()).toBe(false);
    });
  });
});
