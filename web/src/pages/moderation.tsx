import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { post } from '../api/client.ts';
import { hugsQuery } from '../api/queries.ts';
import type { Hug } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { Complaint } from '../ui/form.tsx';
import { Icon } from '../ui/icons.tsx';
import { Loaded, reasonOf } from '../ui/loaded.tsx';
import { Empty } from '../ui/page.tsx';
import { shownHug } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

type Decision = 'approve' | 'reject';

const decide = (hug: Hug, decision: Decision): Promise<void> =>
  post(`/api/v1/hugs/${encodeURIComponent(hug.id)}/${decision}`);

/** Hugs whose words nobody has read yet. By keyboard: j and k to move, a to let out, r to keep in. */
export function Waiting() {
  const query = useQuery(hugsQuery('held'));
  return (
    <Loaded query={query} rows={4}>
      {({ hugs }) => <Queue hugs={hugs} />}
    </Loaded>
  );
}

function Queue({ hugs }: { hugs: Hug[] }) {
  const [decided, setDecided] = useState<ReadonlySet<string>>(new Set());
  const [told, setTold] = useState('');
  const [error, setError] = useState<string>();
  const list = useRef<HTMLUListElement>(null);
  const waiting = hugs.filter((hug) => !decided.has(hug.id));

  const settle = async (hug: Hug, decision: Decision): Promise<void> => {
    const next = neighbourOf(waiting, hug);
    setError(undefined);
    // It leaves at once, so that the next one is under the same key; a refusal brings it back.
    setDecided((before) => new Set(before).add(hug.id));
    focusHug(list.current, next?.id);
    try {
      await decide(hug, decision);
      setTold(decision === 'approve' ? 'Let out' : 'Kept in');
      await refreshAll();
    } catch (cause) {
      setError(reasonOf(cause));
      setDecided((before) => new Set([...before].filter((id) => id !== hug.id)));
    }
  };
  useKeys(list, waiting, settle);

  return (
    <>
      <p role="status" className="sr-only">
        {told === '' ? '' : `${told}. ${waiting.length} left.`}
      </p>
      {error === undefined ? null : <Complaint>{error}</Complaint>}
      {waiting.length === 0 ? (
        <Empty>
          Nothing waits. Words are read here before they show on the page; hugs without words go out by themselves.
        </Empty>
      ) : (
        <>
          <p className="mb-4 hidden text-[0.94rem] text-soft rail:block">
            <Key>j</Key> next, <Key>k</Key> back, <Key>a</Key> let out, <Key>r</Key> keep in
          </p>
          <ul ref={list} className="grid gap-3">
            {waiting.map((hug) => (
              <WaitingHug key={hug.id} hug={hug} settle={(decision) => void settle(hug, decision)} />
            ))}
          </ul>
        </>
      )}
    </>
  );
}

const Key = ({ children }: { children: string }) => (
  <kbd className="rounded-sm border border-edge px-1.5 font-mono text-[0.86em]">{children}</kbd>
);

function WaitingHug({ hug, settle }: { hug: Hug; settle: (decision: Decision) => void }) {
  return (
    <li>
      <article
        data-hug={hug.id}
        tabIndex={-1}
        aria-label={`${shownHug[hug.kind].word}, ${hug.message ?? 'without words'}`}
        className="card px-4 py-4 sm:flex sm:items-center sm:gap-5"
      >
        <div className="min-w-0 grow">
          <HugWords hug={hug} />
        </div>
        <div className="mt-3 grid grid-cols-2 gap-2 sm:mt-0 sm:flex">
          <Button look="warm" icon="check" onClick={() => settle('approve')}>
            Let out
          </Button>
          <Button icon="close" onClick={() => settle('reject')}>
            Keep in
          </Button>
        </div>
      </article>
    </li>
  );
}

function HugWords({ hug }: { hug: Hug }) {
  return (
    <>
      <p className="flex items-start gap-3 text-lg">
        <Icon name={shownHug[hug.kind].icon} className="mt-1 text-warm" />
        <span className="min-w-0">
          {hug.message ?? <span className="text-soft">{shownHug[hug.kind].word}, without words</span>}
        </span>
      </p>
      <p className="mt-1 text-[0.94rem] text-soft">
        {hug.incident.title}, <Time at={hug.createdAt} />
        {hug.source === 'post' ? `. ${postText(hug.heldReason)}` : null}
      </p>
    </>
  );
}

/** Of a public post a person must know that it is one, and why it was not let through. */
const postText = (reason: string | null): string =>
  `From a public post${reason === null ? '' : (whyHeld[reason] ?? '')}.`;
const whyHeld: Readonly<Record<string, string>> = {
  unsure: ': perhaps thanks, perhaps not',
  address: ' with a link, a number or a name in it',
  upstream: ' that thanks your provider',
};

const neighbourOf = (hugs: readonly Hug[], hug: Hug): Hug | undefined => {
  const index = hugs.indexOf(hug);
  return hugs[index + 1] ?? hugs[index - 1];
};

function focusHug(list: HTMLElement | null, id: string | undefined): void {
  if (id === undefined) return;
  const element = list?.querySelector<HTMLElement>(`[data-hug="${CSS.escape(id)}"]`);
  element?.focus({ preventScroll: true });
  element?.scrollIntoView({ block: 'nearest' });
}

/** The keys of the queue, wherever the focus is, but never while somebody writes or holds another key. */
function useKeys(
  list: React.RefObject<HTMLElement | null>,
  hugs: readonly Hug[],
  settle: (hug: Hug, decision: Decision) => Promise<void>,
): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isWriting(event.target)) return;
      const id = document.activeElement?.closest<HTMLElement>('[data-hug]')?.dataset['hug'];
      const index = hugs.findIndex((hug) => hug.id === id);
      const current = hugs[index];
      const to = event.key === 'j' ? hugs[Math.min(index + 1, hugs.length - 1)] : hugs[Math.max(index - 1, 0)];
      if (event.key === 'j' || event.key === 'k') focusHug(list.current, to?.id);
      // Nothing is decided about a hug that is not marked.
      else if (current !== undefined && event.key === 'a') void settle(current, 'approve');
      else if (current !== undefined && event.key === 'r') void settle(current, 'reject');
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });
}

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.closest('input, textarea, select, [role=dialog]') !== null);

/** What was decided, and the way to think again. */
export function Decided({ status }: { status: 'approved' | 'rejected' }) {
  const query = useQuery(hugsQuery(status));
  return (
    <Loaded query={query} rows={4}>
      {({ hugs }) =>
        hugs.length === 0 ? (
          <Empty>{status === 'approved' ? 'No hug has come yet.' : 'Nothing was kept in.'}</Empty>
        ) : (
          <ul className="card divide-y divide-line">
            {hugs.map((hug) => (
              <DecidedHug key={hug.id} hug={hug} status={status} />
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}

function DecidedHug({ hug, status }: { hug: Hug; status: 'approved' | 'rejected' }) {
  const [error, setError] = useState<string>();
  const revise = (): void => {
    decide(hug, status === 'approved' ? 'reject' : 'approve').then(refreshAll, (cause: unknown) =>
      setError(reasonOf(cause)),
    );
  };
  return (
    <li className="px-4 py-3 sm:flex sm:items-center sm:gap-5">
      <div className="min-w-0 grow">
        <HugWords hug={hug} />
        {error === undefined ? null : <Complaint>{error}</Complaint>}
      </div>
      <Button size="small" look="quiet" className="max-sm:-ms-3" onClick={revise}>
        {status === 'approved' ? 'Take from the page' : 'Let out after all'}
      </Button>
    </li>
  );
}
