import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useBlocker } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiError, ask, post } from '../api/client.ts';
import { postmortemQuery, queryClient } from '../api/queries.ts';
import { useAllows, useMe } from '../api/session.ts';
import type { Postmortem } from '../api/types.ts';
import { refreshAll, useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { CheckField, Choice, Complaint, Form, TextArea, TextField, type Values } from '../ui/form.tsx';
import { Icon } from '../ui/icons.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Markdown } from '../ui/markdown.tsx';
import { Empty, Page, Section } from '../ui/page.tsx';
import { ScrollingText } from '../ui/scrolling-text.tsx';
import { SheetButton } from '../ui/sheet.tsx';
import { Time } from '../ui/time.tsx';
import { ActionItems, AddActionItem } from './action-items.tsx';
import { PostmortemState } from './postmortems.tsx';

const route = getRouteApi('/member/incidents/$id/postmortem');
const pathOf = (postmortem: Postmortem): string =>
  `/api/v1/incidents/${encodeURIComponent(postmortem.incident.id)}/postmortem`;

/** What is written about an incident that is over: for the team, and what of it the public may read. */
export function PostmortemPage() {
  const { id } = route.useParams();
  const query = useQuery(postmortemQuery(id));
  return (
    <Page
      title={query.data?.title ?? 'Postmortem'}
      back={{ to: '/incidents/$id', params: { id }, text: 'The incident' }}
    >
      <Loaded query={query} rows={6}>
        {(postmortem) => <Body key={id} postmortem={postmortem} />}
      </Loaded>
    </Page>
  );
}

function Body({ postmortem }: { postmortem: Postmortem }) {
  const mayWrite = useAllows('responder');
  const [isDirty, setDirty] = useState(false);
  return (
    <>
      <Facts postmortem={postmortem} isDirty={isDirty} mayWrite={mayWrite} />
      {mayWrite ? (
        <Editor postmortem={postmortem} isDirty={isDirty} setDirty={setDirty} />
      ) : (
        <div className="card px-5 py-5 sm:px-7">
          <Markdown text={postmortem.body} />
        </div>
      )}
      <Section
        title="Action items"
        className="mt-9"
        actions={mayWrite ? <AddActionItem incidentId={postmortem.incident.id} /> : undefined}
      >
        {postmortem.actionItems.length === 0 ? (
          <Empty>What would keep it from coming again?</Empty>
        ) : (
          <ActionItems items={postmortem.actionItems} />
        )}
      </Section>
    </>
  );
}

function Facts({ postmortem, isDirty, mayWrite }: { postmortem: Postmortem; isDirty: boolean; mayWrite: boolean }) {
  const { reviews, version } = postmortem;
  return (
    <div className="mb-6">
      <p className="flex flex-wrap gap-x-5 gap-y-1 text-soft">
        <PostmortemState {...postmortem} />
        <span>
          {postmortem.updatedBy === null ? 'Drafted from the timeline' : `Last written by ${postmortem.updatedBy.name}`}
          , <Time at={postmortem.updatedAt} />
        </span>
        {reviews.map(({ person, version: read }) => (
          <span key={person.id} className="inline-flex items-center gap-1.5">
            <Icon name="eye" />
            {person.name} read {read === version ? 'it' : 'an earlier version'}
          </span>
        ))}
      </p>
      <div className="mt-4 flex flex-wrap items-center gap-2">
        {mayWrite ? <Publish postmortem={postmortem} isDirty={isDirty} /> : null}
        {mayWrite ? <Review postmortem={postmortem} isDirty={isDirty} /> : null}
        <a className="link inline-flex min-h-11 items-center px-2" href={`${pathOf(postmortem)}/export`} download>
          As Markdown
        </a>
        <a
          className="link inline-flex min-h-11 items-center px-2"
          href={`${pathOf(postmortem)}/export?format=html`}
          download
        >
          As HTML
        </a>
      </div>
    </div>
  );
}

function Publish({ postmortem, isDirty }: { postmortem: Postmortem; isDirty: boolean }) {
  const withdraw = useAct(() => post(`${pathOf(postmortem)}/withdraw`));
  if (postmortem.state === 'published')
    return (
      <>
        <Button onClick={withdraw.run} pending={withdraw.pending}>
          Make it a draft again
        </Button>
        {withdraw.error === undefined ? null : <Complaint>{withdraw.error}</Complaint>}
      </>
    );
  return (
    <SheetButton label="Publish" title="Publish it" icon="megaphone" disabled={isDirty}>
      {(close) => <PublishForm postmortem={postmortem} close={close} />}
    </SheetButton>
  );
}

function PublishForm({ postmortem, close }: { postmortem: Postmortem; close: () => void }) {
  const send = async (values: Values): Promise<void> => {
    const onStatusPage = values.checked('onStatusPage');
    await post(`${pathOf(postmortem)}/publish`, { version: postmortem.version, onStatusPage });
    close();
    await refreshAll();
  };
  return (
    <Form send={send} submit="Publish">
      <p className="text-soft">Everybody who signs in here reads it as finished. It can still be changed.</p>
      {postmortem.incident.isPublic ? (
        <CheckField
          name="onStatusPage"
          label="Show the text for the public on the status page"
          hint="It may name only those who chose to be named in public."
        />
      ) : null}
    </Form>
  );
}

/** For those who did not write it last. */
function Review({ postmortem, isDirty }: { postmortem: Postmortem; isDirty: boolean }) {
  const me = useMe().person?.id;
  const { version, reviews, updatedBy } = postmortem;
  const review = useAct(() => post(`${pathOf(postmortem)}/reviews`, { version }));
  const hasRead = reviews.some((one) => one.person.id === me && one.version === version);
  if (me === undefined || updatedBy?.id === me || hasRead) return null;
  return (
    <>
      <Button icon="eye" onClick={review.run} pending={review.pending} disabled={isDirty}>
        I have read it
      </Button>
      {review.error === undefined ? null : <Complaint>{review.error}</Complaint>}
    </>
  );
}

type Texts = Pick<Postmortem, 'title' | 'body' | 'publicBody'>;
const textsOf = ({ title, body, publicBody }: Texts): Texts => ({ title, body, publicBody });
const isSame = (a: Texts, b: Texts): boolean =>
  a.title === b.title && a.body === b.body && a.publicBody === b.publicBody;

/** What is being written stays, whatever others save; theirs is shown beside it to be joined by hand. */
function Editor({
  postmortem,
  isDirty,
  setDirty,
}: {
  postmortem: Postmortem;
  isDirty: boolean;
  setDirty: (isDirty: boolean) => void;
}) {
  const [base, setBase] = useState(postmortem);
  const [texts, setTexts] = useState(textsOf(postmortem));
  const [mode, setMode] = useState<'write' | 'preview'>('write');
  const isBehind = postmortem.version > base.version;
  useBlocker({
    shouldBlockFn: () => isDirty && !window.confirm('What you wrote is not saved. Leave all the same?'),
    enableBeforeUnload: isDirty,
  });
  const begin = (from: Postmortem, keep: Texts): void => {
    setBase(from);
    setTexts(keep);
    setDirty(!isSame(from, keep));
  };
  if (isBehind && !isDirty) begin(postmortem, textsOf(postmortem));
  const change = (part: Partial<Texts>): void => {
    const next = { ...texts, ...part };
    setTexts(next);
    setDirty(!isSame(base, next));
  };
  const send = async (): Promise<void> => {
    try {
      const saved = await ask<Postmortem>('PUT', pathOf(postmortem), { version: base.version, ...texts });
      // As the server has it: it trims the title.
      begin(saved, textsOf(saved));
      queryClient.setQueryData(postmortemQuery(saved.incident.id).queryKey, saved);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'conflict') await refreshAll();
      throw error;
    }
  };
  return (
    <>
      <div className="mb-4">
        <Choice
          legend="Markdown"
          name="mode"
          value={mode}
          onChange={setMode}
          options={[
            { value: 'write', label: 'Write' },
            { value: 'preview', label: 'Preview' },
          ]}
        />
      </div>
      {isBehind ? (
        <Theirs
          theirs={postmortem}
          keepMine={() => begin(postmortem, texts)}
          takeTheirs={() => begin(postmortem, textsOf(postmortem))}
        />
      ) : null}
      {mode === 'preview' ? (
        <Preview texts={texts} />
      ) : (
        <Form send={send} submit={isDirty ? 'Save' : 'Saved'}>
          <TextField
            name="title"
            label="Title"
            required
            maxLength={300}
            value={texts.title}
            onChange={(event) => change({ title: event.target.value })}
          />
          <TextArea
            name="body"
            label="For the team"
            rows={24}
            maxLength={60_000}
            value={texts.body}
            onChange={(event) => change({ body: event.target.value })}
            hint="What stands in italics is a question: write your answer over it."
          />
          <TextArea
            name="publicBody"
            label="For the public"
            rows={8}
            maxLength={20_000}
            value={texts.publicBody}
            onChange={(event) => change({ publicBody: event.target.value })}
            hint="Shown only when you publish it on the status page."
          />
        </Form>
      )}
    </>
  );
}

function Preview({ texts }: { texts: Texts }) {
  return (
    <div className="grid gap-4">
      {(
        [
          ['For the team', texts.body],
          ['For the public', texts.publicBody],
        ] as const
      ).map(([title, text]) => (
        <section key={title} className="card px-5 py-5 sm:px-7">
          <h2 className="mb-3 text-lg">{title}</h2>
          <Markdown text={text} />
        </section>
      ))}
    </div>
  );
}

function Theirs({
  theirs,
  keepMine,
  takeTheirs,
}: {
  theirs: Postmortem;
  keepMine: () => void;
  takeTheirs: () => void;
}) {
  return (
    <section className="card mb-5 px-5 py-5" role="alert">
      <h2 className="mb-2 text-lg">{theirs.updatedBy?.name ?? 'Somebody'} has saved in the meantime</h2>
      <p className="mb-3 text-soft">Nothing of yours is lost. This is what they saved:</p>
      <ScrollingText
        label="What they saved"
        text={`${theirs.title}\n\n${theirs.body}\n\n${theirs.publicBody}`}
        className="max-h-72 rounded-lg border border-line p-3 text-[0.94rem] whitespace-pre-wrap"
      />
      <div className="mt-3 flex flex-wrap gap-2">
        <Button onClick={keepMine}>Go on with mine</Button>
        <Button look="danger" onClick={takeTheirs}>
          Take theirs and drop mine
        </Button>
      </div>
    </section>
  );
}
