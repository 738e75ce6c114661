import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { Icon } from './icons.tsx';
import { Link, type LinkProps } from '@tanstack/react-router';

/** The frame of a page: its title in the window, its heading, what can be done with the whole of it. */
export function Page({
  title,
  heading,
  actions,
  back,
  children,
}: {
  title: string;
  /** In place of the plain title. */
  heading?: ReactNode;
  actions?: ReactNode;
  back?: LinkProps & { text: string };
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · HugOps`;
  }, [title]);
  return (
    <div className="mx-auto w-full max-w-[66rem] px-4 pb-10 pt-5 sm:px-6 rail:px-10 rail:pt-9">
      {back === undefined ? null : <BackLink {...back} />}
      {heading ?? (
        <div className="mb-6 flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
          <h1 className="text-2xl rail:text-3xl" tabIndex={-1}>
            {title}
          </h1>
          {actions === undefined ? null : <div className="flex flex-wrap gap-2">{actions}</div>}
        </div>
      )}
      {children}
    </div>
  );
}

function BackLink({ text, ...link }: LinkProps & { text: string }) {
  return (
    <Link {...link} className="mb-3 -ms-1 inline-flex min-h-9 items-center gap-1.5 px-1 text-soft hover:text-ink">
      <Icon name="back" />
      {text}
    </Link>
  );
}

/** A part of a page with its heading. */
export function Section({
  title,
  actions,
  children,
  className = '',
}: {
  title: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={`mb-9 ${className}`}>
      <div className="mb-3 flex min-h-9 flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h2 className="text-lg">{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  );
}

/** What a list says while there is nothing in it, and what to do next. */
export function Empty({ children }: { children: ReactNode }) {
  return <div className="card px-5 py-6 text-soft">{children}</div>;
}
