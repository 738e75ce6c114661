import type { IncidentDetail } from '../api/types.ts';
import { Icon, type IconName } from '../ui/icons.tsx';
import { Time } from '../ui/time.tsx';

type Page = IncidentDetail['pages'][number];

const shownPage: Record<Page['status'], { icon: IconName; word: string; tone: string }> = {
  pending: { icon: 'clock', word: 'Waiting to go out', tone: 'text-soft' },
  sending: { icon: 'phone', word: 'Going out', tone: 'text-soft' },
  sent: { icon: 'check', word: 'Sent', tone: 'text-ok' },
  failed: { icon: 'warning', word: 'Failed', tone: 'text-major' },
  cancelled: { icon: 'close', word: 'Not needed any more', tone: 'text-soft' },
};

/** Who was called, how, and what became of it. */
export function Pages({ pages, status }: { pages: Page[]; status: IncidentDetail['status'] }) {
  if (pages.length === 0)
    return <p className="text-soft">{status === 'triggered' ? 'Nobody has been paged yet.' : 'Nobody was paged.'}</p>;
  return (
    <ul className="card divide-y divide-line">
      {pages.toReversed().map((page) => {
        const shown = shownPage[page.status];
        return (
          <li key={page.id} className="flex items-start gap-3 px-4 py-2.5">
            <Icon name={shown.icon} className={`mt-1 ${shown.tone}`} />
            <div className="min-w-0">
              <p className="font-semibold">{page.to}</p>
              <p className="text-[0.94rem] text-soft">{page.label}</p>
              <p className="text-[0.94rem] text-soft">
                <span className={shown.tone}>{shown.word}</span>,{' '}
                <Time at={page.sentAt ?? page.sendAt ?? page.createdAt} />
              </p>
              {page.error === null ? null : <p className="text-[0.94rem] text-major">{page.error}</p>}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
