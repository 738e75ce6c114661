import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { actionItemsQuery, postmortemsQuery } from '../api/queries.ts';
import type { PostmortemSummary } from '../api/types.ts';
import { Icon } from '../ui/icons.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Empty, Section } from '../ui/page.tsx';
import { countText } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { ActionItems } from './action-items.tsx';

/** What was written about incidents that are over, and what is still to be done about them. */
export function Postmortems() {
  const items = useQuery(actionItemsQuery);
  const postmortems = useQuery(postmortemsQuery);
  return (
    <>
      <Section title="Still to be done">
        <Loaded query={items}>
          {({ actionItems }) =>
            actionItems.length === 0 ? (
              <Empty>Nothing is open.</Empty>
            ) : (
              <ActionItems items={actionItems} withIncident />
            )
          }
        </Loaded>
      </Section>
      <Section title="Postmortems">
        <Loaded query={postmortems}>
          {(data) =>
            data.postmortems.length === 0 ? (
              <Empty>None yet. Once an incident is over, its page offers to draft one from the timeline.</Empty>
            ) : (
              <ul className="card divide-y divide-line">
                {data.postmortems.map((postmortem) => (
                  <Row key={postmortem.incident.id} postmortem={postmortem} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Section>
    </>
  );
}

function Row({ postmortem }: { postmortem: PostmortemSummary }) {
  return (
    <li className="relative px-4 py-3 hover:bg-hover">
      <Link
        to="/incidents/$id/postmortem"
        params={{ id: postmortem.incident.id }}
        className="font-semibold after:absolute after:inset-0 after:content-['']"
      >
        {postmortem.title}
      </Link>
      <p className="flex flex-wrap gap-x-4 text-[0.94rem] text-soft">
        <PostmortemState {...postmortem} />
        {postmortem.openItems === 0 ? null : <span>{countText(postmortem.openItems, 'action item')} open</span>}
        <span>
          Changed <Time at={postmortem.updatedAt} plain />
        </span>
      </p>
    </li>
  );
}

export function PostmortemState({ state, onStatusPage }: Pick<PostmortemSummary, 'state' | 'onStatusPage'>) {
  const isDraft = state === 'draft';
  return (
    <span className="inline-flex items-center gap-1.5">
      <Icon name={isDraft ? 'note' : 'ok'} className={isDraft ? '' : 'text-ok'} />
      {isDraft ? 'Draft' : onStatusPage ? 'Published, on the status page too' : 'Published'}
    </span>
  );
}
