import { useQuery } from '@tanstack/react-query';
import { ask } from '../api/client.ts';
import { publicationQuery } from '../api/queries.ts';
import { useAllows } from '../api/session.ts';
import type { PublicationView } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Icon } from '../ui/icons.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Page, Section } from '../ui/page.tsx';
import { ConfirmButton } from '../ui/sheet.tsx';
import { InFile, State } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

type Target = PublicationView['targets'][number];

/** What the public sees, and how old it is, here and wherever it is pushed to. */
export function StatusPagePage() {
  const query = useQuery(publicationQuery);
  const open = (
    <a href="/" className="link inline-flex min-h-9 items-center gap-1.5">
      <Icon name="outside" />
      Open the page
    </a>
  );
  return (
    <Page title="Status page" actions={open}>
      <Section title="Published">
        <Loaded query={query} rows={2}>
          {(publication) => <Publication publication={publication} />}
        </Loaded>
      </Section>
    </Page>
  );
}

function Publication({ publication }: { publication: PublicationView }) {
  return (
    <>
      <ul className="card divide-y divide-line">
        <li className="px-4 py-3">
          <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-1">
            <p className="font-semibold">Here</p>
            <p>
              {publication.publishedAt === null ? (
                <State shown={{ icon: 'unknown', word: 'Not published yet', tone: 't-unknown' }} />
              ) : (
                <Time at={publication.publishedAt} />
              )}
            </p>
          </div>
          <p className="text-[0.94rem] text-soft">
            {publication.disk.error === null
              ? 'Kept on disk, so that it is there at once after a restart.'
              : `The disk refuses it (${publication.disk.error}). It is served from memory.`}
          </p>
        </li>
        {publication.targets.map((target) => (
          <TargetRow key={target.id} target={target} now={publication.now} />
        ))}
      </ul>
      {publication.targets.length === 0 ? (
        <p className="mt-3 text-[0.94rem] text-soft">
          The page can be pushed to a bucket, a directory or a cache, so that it is there when this machine is not. Name
          them in hugops.yaml under <code>publishTo</code>.
        </p>
      ) : null}
    </>
  );
}

const kindWords: Record<string, string> = { s3: 'Bucket', directory: 'Directory', purge: 'Cache hook' };

function TargetRow({ target, now }: { target: Target; now: number }) {
  const mayRemove = useAllows('admin') && target.ownedBy === 'console';
  return (
    <li className="px-4 py-3">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-1">
        <p className="font-semibold">
          {kindWords[target.kind] ?? target.kind}{' '}
          <span className="font-mono text-[0.9em] font-normal break-all text-soft">{target.where}</span>
        </p>
        <p className="flex flex-wrap items-center gap-x-4">
          <TargetState target={target} now={now} />
          {target.publishedAt === null ? null : <Time at={target.publishedAt} />}
        </p>
      </div>
      {target.error === null ? null : (
        <p className="text-[0.94rem]">
          {target.error}
          {target.nextAttemptAt === null ? null : (
            <span className="text-soft">
              {' '}
              Tried {target.failures} {target.failures === 1 ? 'time' : 'times'}, again{' '}
              <Time at={target.nextAttemptAt} />.
            </span>
          )}
        </p>
      )}
      {target.ownedBy === 'file' ? <InFile /> : null}
      {mayRemove ? (
        <ConfirmButton
          label="Stop pushing"
          size="small"
          look="quiet"
          aria-label={`Stop pushing to ${target.where}`}
          question={`Push to ${target.where} no more?`}
          consequence="What is there stays as it is, and grows old."
          confirm="Stop"
          act={() => ask('DELETE', `/api/v1/publish-targets/${encodeURIComponent(target.id)}`).then(refreshAll)}
        />
      ) : null}
    </li>
  );
}

/** The page is renewed every five minutes; three missed ones are worth a word. */
const oldAfterMs = 16 * 60_000;

function TargetState({ target, now }: { target: Target; now: number }) {
  if (target.failures > 0) return <State shown={{ icon: 'warning', word: 'Refused', tone: 't-degraded' }} />;
  if (target.publishedAt === null) return <State shown={{ icon: 'unknown', word: 'Nothing yet', tone: 't-unknown' }} />;
  if (now - target.publishedAt > oldAfterMs)
    return <State shown={{ icon: 'warning', word: 'Old', tone: 't-degraded' }} />;
  return <State shown={{ icon: 'ok', word: 'Current', tone: 't-ok' }} />;
}
