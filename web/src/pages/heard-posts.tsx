import { useState } from 'react';
import { post as send } from '../api/client.ts';
import type { HeardPost } from '../api/types.ts';
import { useAct } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { Disclosure } from '../ui/disclosure.tsx';
import { Complaint } from '../ui/form.tsx';
import type { IconName } from '../ui/icons.tsx';
import { Icon } from '../ui/icons.tsx';
import { Empty } from '../ui/page.tsx';
import { Time } from '../ui/time.tsx';

type Stance = HeardPost['stance'];

const shown: Record<Stance, { icon: IconName; word: string; className: string }> = {
  problem: { icon: 'warning', word: 'Problem', className: 'text-major' },
  thanks: { icon: 'heart', word: 'Thanks', className: 'text-warm' },
  joke: { icon: 'note', word: 'Joke', className: 'text-soft' },
  other: { icon: 'unknown', word: 'Other', className: 'text-soft' },
};
const stances = Object.keys(shown) as Stance[];

/** Posts with what the model read in them and why, and the way to say that it is wrong. */
export function HeardPosts({ posts }: { posts: HeardPost[] }) {
  if (posts.length === 0) return <Empty>None is kept. Texts go after some days; counts stay.</Empty>;
  return (
    <ul className="grid gap-3">
      {posts.map((post) => (
        <li key={post.id} className="card px-4 py-3">
          <Post post={post} />
        </li>
      ))}
    </ul>
  );
}

function Post({ post }: { post: HeardPost }) {
  const { icon, word, className } = shown[post.stance];
  return (
    <article>
      <p className="mb-1 flex flex-wrap items-center gap-x-4 text-[0.94rem] text-soft">
        <span className={`${className} inline-flex items-center gap-1.5 font-semibold`}>
          <Icon name={icon} />
          {word}
        </span>
        <span>
          {post.correctedBy === null ? `${Math.round(post.probability * 100)}% sure` : `said ${post.correctedBy}`}
        </span>
        <span>{post.source}</span>
        <Time at={post.at} />
        {post.isFreshAuthor ? <span>new account</span> : null}
        {post.url === null ? null : (
          <a
            href={post.url}
            rel="noreferrer nofollow"
            target="_blank"
            className="inline-flex items-center gap-1 underline"
          >
            Open
            <Icon name="outside" />
          </a>
        )}
      </p>
      <p className="break-words whitespace-pre-line" dir="auto" lang={post.language ?? undefined}>
        {post.text}
      </p>
      <Disclosure label="Why, and is it right?">
        <Why post={post} />
      </Disclosure>
    </article>
  );
}

function Why({ post }: { post: HeardPost }) {
  const reasons = post.reasons.filter(({ weight }) => weight > 0);
  return (
    <div className="pb-1 text-[0.94rem]">
      <p className="text-soft">
        It names “{post.matched}”.{' '}
        {reasons.length === 0 ? 'Nothing in it spoke for one stance more than for another.' : 'What spoke for it:'}
      </p>
      {reasons.length === 0 ? null : (
        <ul className="mb-2 flex flex-wrap gap-x-4">
          {reasons.map((reason) => (
            <li key={`${reason.kind} ${reason.what}`}>
              {reason.kind === 'words' ? `“${reason.what}”` : reason.what.replaceAll('-', ' ')}{' '}
              <span className="text-soft tabular-nums">{reason.weight.toFixed(1)}</span>
            </li>
          ))}
        </ul>
      )}
      <Correct post={post} />
    </div>
  );
}

function Correct({ post }: { post: HeardPost }) {
  const [chosen, setChosen] = useState<Stance>();
  const act = useAct(async () => {
    if (chosen !== undefined) await send(`/api/v1/posts/${encodeURIComponent(post.id)}/stance`, { stance: chosen });
  });
  return (
    <form
      className="flex flex-wrap items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        act.run();
      }}
    >
      <label className="inline-flex items-center gap-2">
        It is rather
        <select
          className="min-h-9 rounded-[0.6rem] border border-edge bg-sheet px-2"
          value={chosen ?? post.stance}
          onChange={(event) => setChosen(stances.find((one) => one === event.target.value))}
        >
          {stances.map((stance) => (
            <option key={stance} value={stance}>
              {shown[stance].word}
            </option>
          ))}
        </select>
      </label>
      <Button
        type="submit"
        size="small"
        pending={act.pending}
        disabled={chosen === undefined || chosen === post.stance}
      >
        Correct it
      </Button>
      {act.error === undefined ? null : <Complaint>{act.error}</Complaint>}
    </form>
  );
}
