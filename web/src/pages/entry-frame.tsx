import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { Brand } from '../shell/brand.tsx';

/** The frame of what one meets before being signed in: one sheet on the paper. */
export function EntryFrame({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · HugOps`;
  }, [title]);
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-[29rem] flex-col px-4 py-8 sm:justify-center sm:py-12">
      <Brand className="mb-8 text-lg" />
      <h1 className={`text-2xl ${lead === undefined ? 'mb-6' : 'mb-2'}`}>{title}</h1>
      {lead === undefined ? null : <p className="mb-6 text-soft">{lead}</p>}
      <div className="card px-5 py-6 sm:px-6">{children}</div>
    </main>
  );
}
