import { useLive } from '../api/live.ts';
import { Icon } from '../ui/icons.tsx';
import { clockText } from '../ui/time.tsx';

/** Says when the screen may be behind, because HugOps cannot tell it what changes. Silent when all is well. */
export function Connection() {
  const live = useLive();
  return (
    <div role="status" className="sticky top-0 z-10">
      {live.kind === 'lost' ? (
        <p className="flex items-center justify-center gap-2 border-b border-degraded bg-sheet px-4 py-2 text-center text-degraded">
          <Icon name="offline" />
          <span>Connection lost at {clockText(live.sinceAt)}. This may be behind; trying again.</span>
        </p>
      ) : null}
    </div>
  );
}
