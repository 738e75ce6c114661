import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { plannedSchedulesQuery, policiesQuery, teamsQuery } from '../api/queries.ts';
import { useAllows } from '../api/session.ts';
import type { PlanFinding, PlannedSchedule } from '../api/types.ts';
import { ButtonLink } from '../ui/button.tsx';
import { Icon } from '../ui/icons.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Empty, Page, Section } from '../ui/page.tsx';
import { countText, InFile } from '../ui/states.tsx';
import { rotationText } from './plan-rotation.ts';
import { stepSentence, useTargetNames } from './plan-targets.ts';

const back = { to: '/on-call', text: 'On-call' } as const;

/** Who is called, in which order: schedules, escalation policies and teams, with what is odd about them. */
export function PlanPage() {
  const mayEdit = useAllows('admin');
  return (
    <Page title="Plan" back={back}>
      <Schedules mayEdit={mayEdit} />
      <Policies mayEdit={mayEdit} />
      <Teams mayEdit={mayEdit} />
    </Page>
  );
}

function Schedules({ mayEdit }: { mayEdit: boolean }) {
  const query = useQuery(plannedSchedulesQuery);
  const add = mayEdit ? (
    <ButtonLink to="/on-call/schedules/$id" params={{ id: 'new' }} size="small" icon="plus">
      Add a schedule
    </ButtonLink>
  ) : null;
  return (
    <Section title="Schedules" actions={add}>
      <Loaded query={query}>
        {({ schedules }) =>
          schedules.length === 0 ? (
            <Empty>
              A schedule says who takes turns, when they hand over, and in which time zone. There is none yet.
            </Empty>
          ) : (
            <ul className="card divide-y divide-line">
              {schedules.map((schedule) => (
                <Entry
                  key={schedule.id}
                  name={
                    <Link to="/on-call/schedules/$id" params={{ id: schedule.id }}>
                      {schedule.name}
                    </Link>
                  }
                  inFile={schedule.ownedBy === 'file'}
                  findings={schedule.findings}
                >
                  {schedule.layers.map((layer, place) => (
                    <p key={layer.id ?? place}>{layerText(layer)}</p>
                  ))}
                  <p>
                    {schedule.timeZone},{' '}
                    {schedule.usedBy.length === 0
                      ? 'no policy calls it'
                      : `called by ${schedule.usedBy.map(({ name }) => name).join(', ')}`}
                  </p>
                </Entry>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

const layerText = ({ people, rotation }: PlannedSchedule['layers'][number]): string =>
  `${countText(people.length, 'person', 'people')}, ${rotationText(rotation)}`;

function Policies({ mayEdit }: { mayEdit: boolean }) {
  const query = useQuery(policiesQuery);
  const names = useTargetNames();
  const add = mayEdit ? (
    <ButtonLink to="/on-call/policies/$id" params={{ id: 'new' }} size="small" icon="plus">
      Add a policy
    </ButtonLink>
  ) : null;
  return (
    <Section title="Escalation policies" actions={add}>
      <Loaded query={query}>
        {({ policies }) =>
          policies.length === 0 ? (
            <Empty>A policy says who is called first, who next, and after how long. There is none yet.</Empty>
          ) : (
            <ul className="card divide-y divide-line">
              {policies.map((policy) => (
                <Entry
                  key={policy.id}
                  name={
                    <Link to="/on-call/policies/$id" params={{ id: policy.id }}>
                      {policy.name}
                    </Link>
                  }
                  inFile={policy.ownedBy === 'file'}
                  findings={policy.findings}
                >
                  <ol>
                    {policy.steps.map((step, place) => (
                      // eslint-disable-next-line react/no-array-index-key -- a step is its place
                      <li key={place}>
                        {place + 1}. {stepSentence(step, names)}
                      </li>
                    ))}
                  </ol>
                  <p>
                    {policy.usedBy.length === 0
                      ? 'Nothing is called by it'
                      : `For ${policy.usedBy.map(({ name }) => name).join(', ')}`}
                  </p>
                </Entry>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

function Teams({ mayEdit }: { mayEdit: boolean }) {
  const query = useQuery(teamsQuery);
  const policies = useQuery(policiesQuery);
  const add = mayEdit ? (
    <ButtonLink to="/on-call/teams/$id" params={{ id: 'new' }} size="small" icon="plus">
      Add a team
    </ButtonLink>
  ) : null;
  return (
    <Section title="Teams" actions={add}>
      <Loaded query={query}>
        {({ teams }) =>
          teams.length === 0 ? (
            <Empty>A team looks after services. There is none yet.</Empty>
          ) : (
            <ul className="card divide-y divide-line">
              {teams.map((team) => (
                <Entry
                  key={team.id}
                  name={
                    <Link to="/on-call/teams/$id" params={{ id: team.id }}>
                      {team.name}
                    </Link>
                  }
                  inFile={team.ownedBy === 'file'}
                  findings={team.findings}
                >
                  <p>
                    {team.members.map(({ person, isLead }) => `${person.name}${isLead ? ' (lead)' : ''}`).join(', ')}
                  </p>
                  {team.policyId === null ? null : (
                    <p>
                      Called by {policies.data?.policies.find(({ id }) => id === team.policyId)?.name ?? team.policyId}
                    </p>
                  )}
                </Entry>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

interface EntryProps {
  name: ReactNode;
  inFile: boolean;
  findings: readonly PlanFinding[];
  children: ReactNode;
}

function Entry({ name, inFile, findings, children }: EntryProps) {
  return (
    <li className="grid gap-1 px-4 py-3">
      <p className="flex flex-wrap items-center gap-x-3 font-semibold">
        {name}
        {inFile ? (
          <span className="text-[0.94rem] font-normal text-soft">
            <InFile />
          </span>
        ) : null}
      </p>
      <div className="text-[0.94rem] text-soft">{children}</div>
      {findings.map((finding) => (
        <p
          key={`${finding.code} ${finding.path} ${finding.message}`}
          className="flex items-start gap-2 text-[0.94rem] text-degraded"
        >
          <Icon name="warning" className="mt-1" />
          <span>{finding.message}</span>
        </p>
      ))}
    </li>
  );
}
