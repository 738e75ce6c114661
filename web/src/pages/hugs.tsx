import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type HugKind, hugKinds } from '../../../src/domain/words.ts';
import { ask } from '../api/client.ts';
import { myThanksQuery, overviewQuery } from '../api/queries.ts';
import { useAllows } from '../api/session.ts';
import type { MyThanks } from '../api/types.ts';
import { useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { Complaint } from '../ui/form.tsx';
import { Icon } from '../ui/icons.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Page } from '../ui/page.tsx';
import { shownHug } from '../ui/states.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { spanText, Time } from '../ui/time.tsx';
import { partsText } from './credit-words.ts';
import { Decided, Waiting } from './moderation.tsx';
import { QuietSaves } from './quiet-saves.tsx';

const route = getRouteApi('/member/hugs');

export function HugsPage() {
  const { show } = route.useSearch();
  const mayModerate = useAllows('responder');
  return (
    <Page title="Hugs">
      <Parts show={show} mayModerate={mayModerate} />
      {show === 'quiet' ? <QuietSaves /> : null}
      {show === undefined || (show !== 'quiet' && !mayModerate) ? <ForMe /> : null}
      {show === 'waiting' && mayModerate ? <Waiting /> : null}
      {show === 'shown' && mayModerate ? <Decided status="approved" /> : null}
      {show === 'kept' && mayModerate ? <Decided status="rejected" /> : null}
    </Page>
  );
}

function Parts({
  show,
  mayModerate,
}: {
  show: 'quiet' | 'waiting' | 'shown' | 'kept' | undefined;
  mayModerate: boolean;
}) {
  const held = useQuery(overviewQuery).data?.heldHugs ?? 0;
  return (
    <Tabs label="Which hugs">
      <Tabs.Link to="/hugs" search={{}} current={show === undefined}>
        For you
      </Tabs.Link>
      <Tabs.Link to="/hugs" search={{ show: 'quiet' }} current={show === 'quiet'}>
        Quiet saves
      </Tabs.Link>
      {mayModerate ? <ModerationTabs show={show} held={held} /> : null}
    </Tabs>
  );
}

function ModerationTabs({ show, held }: { show: string | undefined; held: number }) {
  return (
    <>
      <Tabs.Link to="/hugs" search={{ show: 'waiting' }} current={show === 'waiting'}>
        Waiting
        {held > 0 ? (
          <span className="rounded-full bg-warm-sheet px-1.5 text-sm font-bold text-warm">{held}</span>
        ) : null}
      </Tabs.Link>
      <Tabs.Link to="/hugs" search={{ show: 'shown' }} current={show === 'shown'}>
        Let out
      </Tabs.Link>
      <Tabs.Link to="/hugs" search={{ show: 'kept' }} current={show === 'kept'}>
        Kept in
      </Tabs.Link>
    </>
  );
}

/** The archive is the person's own: to take along, or to be rid of. */
function Keep() {
  const [sure, setSure] = useState(false);
  const erase = useAct(async () => {
    await ask('DELETE', '/api/v1/me/thanks?sure=yes');
    setSure(false);
  });
  return (
    <section className="mt-8">
      <h2 className="mb-3 text-lg">These are yours</h2>
      <p className="mb-3 text-soft">Nobody else sees them. You can take them along, or erase them for good.</p>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <a className="link" href="/api/v1/me/thanks/export" download>
          Download all of it
        </a>
        {sure ? (
          <Button look="danger" size="small" onClick={erase.run} pending={erase.pending}>
            Yes, erase all of it for good
          </Button>
        ) : (
          <Button look="quiet" size="small" onClick={() => setSure(true)}>
            Erase it
          </Button>
        )}
      </div>
      {erase.error === undefined ? null : <Complaint>{erase.error}</Complaint>}
    </section>
  );
}

type Thanked = MyThanks['incidents'][number];

/** What people said thank you for, to the one who reads it and nobody else. */
function ForMe() {
  const query = useQuery(myThanksQuery);
  return (
    <Loaded query={query} rows={4}>
      {({ incidents }) => {
        const thanked = incidents.filter((incident) => incident.hugs.length > 0);
        const others = incidents.filter((incident) => incident.hugs.length === 0);
        return (
          <div className="max-w-[46rem]">
            {thanked.length === 0 ? <NoneYet hasWork={others.length > 0} /> : null}
            <div className="grid gap-5">
              {thanked.map((incident) => (
                <Thanks key={incident.id} incident={incident} />
              ))}
            </div>
            {others.length > 0 ? <Unthanked incidents={others} /> : null}
            {incidents.length > 0 ? <Keep /> : null}
          </div>
        );
      }}
    </Loaded>
  );
}

function NoneYet({ hasWork }: { hasWork: boolean }) {
  return (
    <div className="card flex items-start gap-4 px-5 py-6">
      <Icon name="heart" className="mt-0.5 text-xl text-warm" />
      <p className="text-soft">
        {hasWork
          ? 'Nobody has written to you yet. People can say thank you for a week after an incident is over.'
          : 'When an incident is over, people can say thank you for a week. What they say to those who helped is kept here, for each of them alone.'}
      </p>
    </div>
  );
}

function Thanks({ incident }: { incident: Thanked }) {
  const words = incident.hugs.filter((hug) => hug.message !== null);
  return (
    <article className="overflow-hidden rounded-[0.9rem] border border-warm-line bg-warm-sheet">
      <div className="px-5 pt-4 pb-5 sm:px-6">
        <h2 className="text-lg">
          <Link to="/incidents/$id" params={{ id: incident.id }} className="hover:underline">
            {incident.title}
          </Link>
        </h2>
        <p className="text-[0.94rem] text-soft">
          <Time at={incident.openedAt} as="moment" />
          {incident.reasons.length === 0 ? null : `. You ${partsText(incident.reasons)}.`}
        </p>
        <p className="mt-3 flex flex-wrap gap-x-5 gap-y-1 font-semibold text-warm">
          {tally(incident.hugs).map(([kind, count]) => (
            <span key={kind} className="inline-flex items-center gap-1.5">
              <Icon name={shownHug[kind].icon} />
              {count === 1 ? shownHug[kind].word : `${count.toLocaleString('en-GB')} ${shownHug[kind].many}`}
            </span>
          ))}
        </p>
        {words.length === 0 ? null : (
          <ul className="mt-4 grid gap-3">
            {words.map((hug) => (
              <li key={hug.id} className="rounded-lg bg-sheet px-4 py-3">
                <p className="flex items-start gap-3 text-lg">
                  <Icon name={shownHug[hug.kind].icon} className="mt-1 text-warm" />
                  <span>{hug.message}</span>
                </p>
              </li>
            ))}
          </ul>
        )}
        <Gifts gifts={incident.gifts} />
        <p className="mt-4">
          <a className="link" href={`/api/v1/me/thanks/${encodeURIComponent(incident.id)}/card.svg`} target="_blank">
            A card to print or show around
          </a>
        </p>
      </div>
    </article>
  );
}

function Gifts({ gifts }: { gifts: Thanked['gifts'] }) {
  if (gifts.length === 0) return null;
  return (
    <ul className="mt-4 grid gap-3" aria-label="Presents from your team">
      {gifts.map((gift, index) => (
        <li key={index} className="flex items-start gap-3 rounded-lg bg-sheet px-4 py-3">
          <Icon name="chocolates" className="mt-1 text-warm" />
          <span>
            {gift.url === null ? (
              gift.what
            ) : (
              <a className="link" href={gift.url} rel="noreferrer">
                {gift.what}
              </a>
            )}
            {gift.minutes === null ? null : (
              <span className="block text-[0.94rem] text-soft">
                {spanText(gift.minutes * 60_000)} off, from your team
              </span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

const tally = (hugs: Thanked['hugs']): [HugKind, number][] =>
  hugKinds
    .map((kind): [HugKind, number] => [kind, hugs.filter((hug) => hug.kind === kind).length])
    .filter(([, count]) => count > 0);

function Unthanked({ incidents }: { incidents: Thanked[] }) {
  return (
    <section className="mt-8">
      <h2 className="mb-3 text-lg">Where else you helped</h2>
      <ul className="card divide-y divide-line">
        {incidents.map((incident) => (
          <li key={incident.id} className="px-4 py-3">
            <Link to="/incidents/$id" params={{ id: incident.id }} className="font-semibold hover:underline">
              {incident.title}
            </Link>
            <p className="text-[0.94rem] text-soft">
              <Time at={incident.openedAt} as="moment" />. You {partsText(incident.reasons)}.
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
