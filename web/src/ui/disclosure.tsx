import type { ReactNode } from 'react';
import { Icon } from './icons.tsx';

/** More of something, a tap away. */
export function Disclosure({ label, open = false, children }: { label: string; open?: boolean; children: ReactNode }) {
  return (
    <details open={open}>
      <summary className="-ms-1 inline-flex min-h-9 list-none items-center gap-1 pe-2 text-[0.94rem] text-soft hover:text-ink [&::-webkit-details-marker]:hidden">
        {/* Of its own disclosure only: one may stand in another. */}
        <Icon name="go" className="[details[open]>summary>&]:rotate-90" />
        {label}
      </summary>
      {children}
    </details>
  );
}
