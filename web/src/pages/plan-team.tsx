import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '../api/client.ts';
import { peopleQuery, policiesQuery, teamsQuery } from '../api/queries.ts';
import type { PersonView, PlanSaved, PolicyView, TeamView } from '../api/types.ts';
import { Loaded } from '../ui/loaded.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { Labelled } from './plan-parts.tsx';
import { SaveBar, useSave } from './plan-save.tsx';

const back = { to: '/on-call/plan', text: 'Plan' } as const;

/** Writes a team: `new` makes one. */
export function PlanTeamPage() {
  const { id } = useParams({ from: '/member/on-call/teams/$id' });
  const teams = useQuery(teamsQuery);
  const people = useQuery(peopleQuery);
  const policies = useQuery(policiesQuery);
  const known = teams.data?.teams.find((one) => one.id === id);
  return (
    <Page title={id === 'new' ? 'A new team' : (known?.name ?? 'Team')} back={back}>
      <Loaded query={people}>
        {(everybody) => (
          <Loaded query={policies}>
            {(plans) => (
              <Loaded query={teams}>
                {(data) => {
                  const team = data.teams.find((one) => one.id === id);
                  if (id !== 'new' && team === undefined) return <Empty>There is no such team.</Empty>;
                  return <Editor key={id} team={team} people={everybody.people} policies={plans.policies} />;
                }}
              </Loaded>
            )}
          </Loaded>
        )}
      </Loaded>
    </Page>
  );
}

interface EditorProps {
  team: TeamView | undefined;
  people: readonly PersonView[];
  policies: readonly PolicyView[];
}

function Editor({ team, people, policies }: EditorProps) {
  const navigate = useNavigate();
  const [name, setName] = useState(team?.name ?? '');
  const [policyId, setPolicyId] = useState(team?.policyId ?? '');
  const [members, setMembers] = useState(() => new Map(team?.members.map(({ person, isLead }) => [person.id, isLead])));
  const save = useSave(async () => {
    const list = [...members].map(([personId, isLead]) => ({ personId, isLead }));
    const body = { name, policyId: policyId === '' ? null : policyId, members: list };
    if (team === undefined) await ask<PlanSaved>('POST', '/api/v1/teams', body);
    else await ask<PlanSaved>('PUT', `/api/v1/teams/${encodeURIComponent(team.id)}`, body);
    await navigate({ to: '/on-call/plan' });
  });
  const put = (id: string, isMember: boolean, isLead = false): void => {
    const next = new Map(members);
    if (isMember) next.set(id, isLead);
    else next.delete(id);
    setMembers(next);
  };
  const inFile = team?.ownedBy === 'file';
  return (
    <form
      aria-label="Team"
      className="grid max-w-[44rem] gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        save.run();
      }}
    >
      <fieldset disabled={inFile} className="grid gap-5">
        <div className="grid gap-4 sm:grid-cols-2">
          <Labelled label="Name">
            <input className="field" maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
          </Labelled>
          <Labelled label="Called by the policy">
            <select className="field" value={policyId} onChange={(event) => setPolicyId(event.target.value)}>
              <option value="">none: owners and admins are called</option>
              {policies.map((policy) => (
                <option key={policy.id} value={policy.id}>
                  {policy.name}
                </option>
              ))}
            </select>
          </Labelled>
        </div>
        <div role="group" aria-label="Members" className="card divide-y divide-line px-5">
          {people.map((person) => (
            <div key={person.id} className="flex min-h-12 flex-wrap items-center gap-x-6">
              <label className="flex grow items-center gap-3 py-2">
                <input
                  type="checkbox"
                  className="size-5 shrink-0 accent-ink"
                  checked={members.has(person.id)}
                  onChange={(event) => put(person.id, event.target.checked)}
                />
                {person.name}
              </label>
              {members.has(person.id) ? (
                <label className="flex items-center gap-2 py-2 text-soft">
                  <input
                    type="checkbox"
                    aria-label={`${person.name} leads`}
                    className="size-5 shrink-0 accent-ink"
                    checked={members.get(person.id) === true}
                    onChange={(event) => put(person.id, true, event.target.checked)}
                  />
                  leads
                </label>
              ) : null}
            </div>
          ))}
        </div>
      </fieldset>
      <SaveBar
        save={save}
        inFile={inFile}
        remove={
          team === undefined
            ? undefined
            : {
                label: 'Remove the team',
                consequence: 'Its people stay. What they were thanked for stays theirs.',
                act: async () => {
                  await ask('DELETE', `/api/v1/teams/${encodeURIComponent(team.id)}`);
                  await navigate({ to: '/on-call/plan' });
                },
              }
        }
      />
    </form>
  );
}
