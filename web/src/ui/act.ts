import { useState } from 'react';
import { queryClient } from '../api/queries.ts';
import { reasonOf } from './loaded.tsx';

/** Something that a button does: whether it is under way, why it failed, and the screen asked anew when it is done. */
export function useAct(work: () => Promise<unknown>): { run: () => void; pending: boolean; error: string | undefined } {
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string>();
  const run = (): void => {
    if (pending) return;
    setPending(true);
    setError(undefined);
    work()
      .then(() => queryClient.invalidateQueries())
      .catch((cause: unknown) => setError(reasonOf(cause)))
      .finally(() => setPending(false));
  };
  return { run, pending, error };
}

/** After something was changed: what is on the screen is asked anew. */
export const refreshAll = (): Promise<void> => queryClient.invalidateQueries();

/** For a button that goes away when it is pressed: keyboards and screen readers go on from the page's heading instead of from nowhere. */
export const focusHeading = (): void => document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
