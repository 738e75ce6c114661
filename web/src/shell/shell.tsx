import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { startLive } from '../api/live.ts';
import { overviewQuery } from '../api/queries.ts';
import { useMe } from '../api/session.ts';
import { Icon } from '../ui/icons.tsx';
import { prepareSheets, Sheet } from '../ui/sheet.tsx';
import { Audit } from './audit.tsx';
import { Brand } from './brand.tsx';
import { Connection } from './connection.tsx';
import { type Place, places, statusPageLink } from './places.ts';

/** The frame around every page: places on the left or below, the state of the connection, and the page itself. */
export function Shell() {
  useEffect(() => {
    prepareSheets();
    return startLive();
  }, []);
  const main = useRef<HTMLElement>(null);
  useFocusOnMove(main);
  return (
    <div className="rail:grid rail:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:start-2 focus:top-2 focus:z-50 focus:bg-sheet focus:px-3 focus:py-2"
      >
        Skip to the content
      </a>
      <Rail />
      <div className="min-w-0 pb-[calc(var(--bar)+env(safe-area-inset-bottom))] rail:pb-0">
        <Connection />
        <Audit />
        <main ref={main} id="main" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <BottomBar />
    </div>
  );
}

/** After a move to another page, keyboards and screen readers begin at its heading. */
function useFocusOnMove(main: React.RefObject<HTMLElement | null>): void {
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    const target = main.current?.querySelector<HTMLElement>('h1') ?? main.current;
    target?.focus({ preventScroll: true });
  }, [pathname, main]);
}

/** How many things of a place wait for somebody: shown as a number, told as words. */
function useCounts(): Partial<Record<Place['id'], { count: number; words: string; warm?: boolean }>> {
  const { data } = useQuery(overviewQuery);
  if (data === undefined) return {};
  return {
    ...(data.incidents.length > 0 ? { incidents: { count: data.incidents.length, words: 'open' } } : {}),
    ...(data.heldHugs > 0 ? { hugs: { count: data.heldHugs, words: 'waiting', warm: true } } : {}),
  };
}

function Count({ of, className = '' }: { of: { count: number; words: string; warm?: boolean }; className?: string }) {
  const look = of.warm === true ? 'bg-warm-sheet text-warm' : 'bg-ink text-paper';
  return (
    <span className={`min-w-5 rounded-full px-1.5 text-center text-xs leading-5 font-bold ${look} ${className}`}>
      {of.count > 99 ? '99+' : of.count}
      <span className="sr-only"> {of.words}</span>
    </span>
  );
}

function Rail() {
  const me = useMe();
  const counts = useCounts();
  const item =
    'flex min-h-11 items-center gap-3 rounded-[0.6rem] px-3 text-soft hover:bg-hover hover:text-ink aria-[current=page]:bg-hover aria-[current=page]:font-semibold aria-[current=page]:text-ink';
  return (
    <header className="sticky top-0 hidden h-dvh flex-col overflow-y-auto border-e border-line px-4 py-6 rail:flex">
      <Link to="/" className="mb-7 px-3 text-lg">
        <Brand />
      </Link>
      <nav aria-label="Pages" className="flex grow flex-col gap-0.5">
        {places
          .filter((place) => place.id !== 'me')
          .map((place) => {
            const count = counts[place.id];
            return (
              <Link key={place.id} to={place.to} activeOptions={{ exact: place.to === '/' }} className={item}>
                <Icon name={place.icon} className="text-lg" />
                <span className="grow">{place.name}</span>
                {count === undefined ? null : <Count of={count} />}
              </Link>
            );
          })}
        <span className="grow" />
        <a href={statusPageLink} className={item}>
          <Icon name="outside" className="text-lg" />
          Status page
        </a>
        <Link to="/me" className={item}>
          <Icon name="user" className="text-lg" />
          <span className="truncate">{me.name}</span>
        </Link>
      </nav>
    </header>
  );
}

function BottomBar() {
  const counts = useCounts();
  const { pathname } = useLocation();
  const [open, setOpen] = useState(false);
  const inBar = places.filter((place) => place.inBar);
  const more = places.filter((place) => !place.inBar);
  const isMore = more.some((place) => pathname.startsWith(place.to));
  const item =
    'relative flex min-h-(--bar) flex-1 flex-col items-center justify-center gap-0.5 text-xs text-soft aria-[current=page]:font-bold aria-[current=page]:text-ink';
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-x-0 bottom-0 z-20 flex border-t border-line bg-sheet pb-[env(safe-area-inset-bottom)] rail:hidden"
    >
      {inBar.map((place) => {
        const count = counts[place.id];
        return (
          <Link key={place.id} to={place.to} activeOptions={{ exact: place.to === '/' }} className={item}>
            <span className="relative">
              <Icon name={place.icon} className="size-6!" />
              {count === undefined ? null : <Count of={count} className="absolute start-3.5 -top-2" />}
            </span>
            {place.name}
          </Link>
        );
      })}
      <button type="button" className={item} aria-current={isMore ? 'page' : undefined} onClick={() => setOpen(true)}>
        <Icon name="more" className="size-6!" />
        More
      </button>
      <Sheet open={open} onClose={() => setOpen(false)} title="More">
        <ul className="-mx-2 grid">
          {more.map((place) => (
            <li key={place.id}>
              <Link to={place.to} className={moreItem} onClick={() => setOpen(false)}>
                <Icon name={place.icon} className="text-lg text-soft" />
                {place.name}
              </Link>
            </li>
          ))}
          <li>
            <a href={statusPageLink} className={moreItem}>
              <Icon name="outside" className="text-lg text-soft" />
              Status page
            </a>
          </li>
        </ul>
      </Sheet>
    </nav>
  );
}

const moreItem = 'flex min-h-13 items-center gap-4 rounded-[0.6rem] px-3 hover:bg-hover';
