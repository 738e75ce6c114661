import type { ReactNode } from 'react';
import { ApiError } from '../api/client.ts';
import { Button } from './button.tsx';
import { Icon } from './icons.tsx';

interface Query<T> {
  data: T | undefined;
  error: Error | null;
  isFetching: boolean;
  refetch: () => unknown;
}

/** What a query brought; while it is on its way a resting shape, and after a failure the reason with a way to try again. */
export function Loaded<T>({
  query,
  rows = 3,
  children,
}: {
  query: Query<T>;
  rows?: number;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Failure error={query.error} pending={query.isFetching} onRetry={() => query.refetch()} />;
  return <Skeleton rows={rows} />;
}

export function Skeleton({ rows = 3 }: { rows?: number }) {
  return (
    <div role="status" className="card px-5 py-5">
      <span className="sr-only">Loading</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="mb-4 last:mb-0">
          <div className="skeleton h-4" style={{ width: `${[58, 42, 66][row % 3]}%` }} />
          <div className="skeleton mt-2 h-3" style={{ width: `${[30, 48, 36][row % 3]}%` }} />
        </div>
      ))}
    </div>
  );
}

/** Why something could not be shown, and the way to try again. */
export function Failure({
  error,
  onRetry,
  pending = false,
}: {
  error: unknown;
  onRetry: () => void;
  pending?: boolean;
}) {
  return (
    <div role="alert" className="card px-5 py-5">
      <p className="mb-3 flex items-start gap-2">
        <Icon name="warning" className="mt-1 text-degraded" />
        <span>{reasonOf(error)}</span>
      </p>
      {error instanceof ApiError && error.status === 404 ? null : (
        <Button onClick={onRetry} pending={pending}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** What to tell a person about an error; a bug of the console itself is not shown in its own words. */
export const reasonOf = (error: unknown): string =>
  error instanceof ApiError ? error.message : 'Something in the console itself went wrong. Loading it anew may help.';
