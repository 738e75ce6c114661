import { useState } from 'react';
import type { PlanFinding } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmButton } from '../ui/sheet.tsx';
import { InFile } from '../ui/states.tsx';
import { Findings, refusalsOf } from './plan-parts.tsx';

interface Save {
  run: () => void;
  pending: boolean;
  refusals: PlanFinding[];
}

/** Saves a plan; what is refused is told by its places, and what was written stays. */
export function useSave(work: () => Promise<unknown>): Save {
  const [pending, setPending] = useState(false);
  const [refusals, setRefusals] = useState<PlanFinding[]>([]);
  const run = (): void => {
    if (pending) return;
    setPending(true);
    setRefusals([]);
    work()
      .then(refreshAll)
      .catch((error: unknown) => setRefusals(refusalsOf(error)))
      .finally(() => setPending(false));
  };
  return { run, pending, refusals };
}

interface Props {
  save: Save;
  inFile: boolean;
  remove: { label: string; consequence: string; act: () => Promise<unknown> } | undefined;
}

export function SaveBar({ save, inFile, remove }: Props) {
  if (inFile)
    return (
      <p className="text-soft">
        <InFile /> Please change it there.
      </p>
    );
  return (
    <div className="grid gap-3">
      <div role="alert">
        <Findings label="Why it was not saved" findings={save.refusals} />
      </div>
      <div className="flex flex-wrap items-center justify-between gap-3">
        {remove === undefined ? (
          <span />
        ) : (
          <ConfirmButton
            label={remove.label}
            look="quiet"
            question={`${remove.label}?`}
            consequence={remove.consequence}
            confirm="Remove it"
            act={() => remove.act().then(refreshAll)}
          />
        )}
        <Button type="submit" look="primary" pending={save.pending}>
          Save
        </Button>
      </div>
    </div>
  );
}
