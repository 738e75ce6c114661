import { useQuery } from '@tanstack/react-query';
import { overviewQuery } from '../api/queries.ts';
import { Icon } from '../ui/icons.tsx';

/** What HugOps finds wrong with itself, above every page. Silent when all is in order. */
export function Audit() {
  const { data } = useQuery(overviewQuery);
  const broken = (data?.findings ?? []).filter((finding) => finding.isBroken);
  const [first] = broken;
  return (
    <div role="status">
      {first === undefined ? null : (
        <p className="flex items-start justify-center gap-2 border-b border-major bg-sheet px-4 py-2 text-major">
          <Icon name="warning" className="mt-1 shrink-0" />
          <span>
            HugOps found something wrong with itself: {first.what}
            {broken.length > 1 ? `, and ${broken.length - 1} more` : ''}.
          </span>
        </p>
      )}
    </div>
  );
}
