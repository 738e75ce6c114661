import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';

/** Parts of one page side by side; each has an address of its own. */
export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav aria-label={label} className="mb-5 flex gap-1 overflow-x-auto border-b border-line">
      {children}
    </nav>
  );
}

function TabLink({ current, children, ...link }: LinkProps & { current: boolean; children: ReactNode }) {
  return (
    <Link
      {...link}
      aria-current={current ? 'page' : undefined}
      className={`-mb-px inline-flex min-h-11 items-center gap-2 border-b-2 px-3 whitespace-nowrap ${
        current ? 'border-ink font-semibold' : 'border-transparent text-soft hover:text-ink'
      }`}
      activeProps={{ 'aria-current': current ? 'page' : undefined }}
    >
      {children}
    </Link>
  );
}

Tabs.Link = TabLink;
