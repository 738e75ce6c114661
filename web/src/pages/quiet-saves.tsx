import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ask, post } from '../api/client.ts';
import { quietSavesQuery } from '../api/queries.ts';
import { useAllows } from '../api/session.ts';
import type { QuietSave } from '../api/types.ts';
import { refreshAll, useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { Disclosure } from '../ui/disclosure.tsx';
import { Complaint, Form, TextField } from '../ui/form.tsx';
import { Icon } from '../ui/icons.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Empty } from '../ui/page.tsx';
import { countText } from '../ui/states.tsx';
import { spanText, Time } from '../ui/time.tsx';

/** Trouble that nobody outside noticed, thanks to those who were there. */
export function QuietSaves() {
  const query = useQuery(quietSavesQuery);
  return (
    <Loaded query={query} rows={4}>
      {({ quietSaves }) => (
        <div className="max-w-[46rem]">
          <p className="mb-3 text-soft">
            Most good work is never seen. Here is trouble that was over before any user noticed it.
          </p>
          <Rules />
          {quietSaves.length === 0 ? (
            <Empty>None yet. When trouble is over and nobody outside has noticed it, it is told here.</Empty>
          ) : (
            <ul className="mt-5 grid gap-3">
              {quietSaves.map((save) => (
                <Save key={save.id} save={save} />
              ))}
            </ul>
          )}
        </div>
      )}
    </Loaded>
  );
}

function Rules() {
  return (
    <Disclosure label="What counts as a quiet save">
      <p className="mb-2 text-soft">
        A check or another tool found it. From a quarter of an hour before until a quarter of an hour after, no visitor
        reported the service, there was no burst of posts about it, and nobody had to write to the public. What the
        status page says by itself does not count against it. Of these:
      </p>
      <ul className="grid list-disc gap-1 ps-5 text-soft">
        <li>Caught in time: somebody acknowledged or resolved it.</li>
        <li>Stood up: a provider had trouble; the service had none of its own, or somebody saw to it.</li>
        <li>Renewed in time: a certificate or a domain, within the last two weeks before it would have expired.</li>
        <li>Near miss: major or critical, and well again by itself, before anybody had it. Worth a look why.</li>
      </ul>
      <p className="mt-2 text-soft">It is a rule, and you may know better. Then say so at the entry.</p>
    </Disclosure>
  );
}

function Save({ save }: { save: QuietSave }) {
  const mayDispute = useAllows('responder');
  const [asking, setAsking] = useState(false);
  const undo = useAct(() => ask('DELETE', `/api/v1/quiet-saves/${encodeURIComponent(save.id)}/dispute`));
  return (
    <li className="card px-4 py-4">
      <article aria-label={`${save.service.name}: ${kindWords[save.kind].word}`}>
        <p className="flex items-center gap-2 font-semibold text-warm">
          <Icon name={save.dispute === null ? 'heart' : 'eye'} />
          {save.dispute === null ? kindWords[save.kind].word : 'Noticed after all'}
        </p>
        <h2 className="mt-1 text-lg">
          <Link to="/incidents/$id" params={{ id: save.incident.id }} className="hover:underline">
            {save.service.name}: {save.incident.title}
          </Link>
        </h2>
        <p className="text-[0.94rem] text-soft">
          {kindWords[save.kind].text(save)} <Time at={save.at} />.
        </p>
        {save.dispute === null ? null : (
          <p className="mt-2">
            {save.dispute.by ?? 'Somebody'}: {save.dispute.reason}
          </p>
        )}
        {!mayDispute ? null : save.dispute !== null ? (
          <Button size="small" look="quiet" className="-ms-3" onClick={undo.run} pending={undo.pending}>
            It was a quiet save
          </Button>
        ) : asking ? (
          <Dispute save={save} close={() => setAsking(false)} />
        ) : (
          <Button size="small" look="quiet" className="-ms-3" onClick={() => setAsking(true)}>
            Somebody did notice
          </Button>
        )}
        {undo.error === undefined ? null : <Complaint>{undo.error}</Complaint>}
      </article>
    </li>
  );
}

function Dispute({ save, close }: { save: QuietSave; close: () => void }) {
  return (
    <div className="mt-3">
      <Form
        submit="Say so"
        send={async (values) => {
          const reason = values.text('reason');
          await post(`/api/v1/quiet-saves/${encodeURIComponent(save.id)}/dispute`, { reason });
          await refreshAll();
          close();
        }}
        beside={
          <Button look="quiet" onClick={close}>
            Never mind
          </Button>
        }
      >
        <TextField label="How do you know?" name="reason" required maxLength={300} />
      </Form>
    </div>
  );
}

const kindWords: Readonly<Record<QuietSave['kind'], { word: string; text: (save: QuietSave) => string }>> = {
  caught: {
    word: 'Caught in time',
    text: ({ lastedMs }) => `Somebody was there, and it was over in ${spanText(lastedMs)},`,
  },
  upstream: {
    word: 'Stood up',
    text: () => 'A provider had trouble, and users noticed nothing. Over',
  },
  expiry: {
    word: 'Renewed in time',
    text: ({ daysLeft }) =>
      daysLeft === null || daysLeft < 1 ? 'On the last day,' : `With ${countText(daysLeft, 'day')} left,`,
  },
  'near-miss': {
    word: 'Near miss',
    text: ({ lastedMs }) => `Well again by itself after ${spanText(lastedMs)},`,
  },
};
