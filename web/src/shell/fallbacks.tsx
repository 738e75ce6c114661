import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router';
import { Failure } from '../ui/loaded.tsx';
import { Brand } from './brand.tsx';

const frame = 'mx-auto w-full max-w-[34rem] px-4 py-14';

/** There is nothing at this address. */
export function Lost() {
  return (
    <main className={frame}>
      <h1 className="mb-2 text-2xl">There is nothing at this address</h1>
      <p className="mb-6 text-soft">It may have been taken out of use, or the link is not complete.</p>
      <Link to="/" className="link">
        To the first page
      </Link>
    </main>
  );
}

/** Something kept everything from opening. */
export function StuckAlone(props: ErrorComponentProps) {
  return (
    <main className="mx-auto w-full max-w-[34rem] px-4 pt-14">
      <Brand />
      <Stuck {...props} />
    </main>
  );
}

/** Something kept a page from opening; the frame around it still works. */
export function Stuck({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = (): void => {
    reset();
    void router.invalidate();
  };
  return (
    <div className="mx-auto w-full max-w-[34rem] px-4 py-8">
      <h1 className="mb-4 text-2xl" tabIndex={-1}>
        This page could not be opened
      </h1>
      <Failure error={error} onRetry={retry} />
      <p className="mt-4 text-soft">
        The{' '}
        <a className="link" href="/">
          status page
        </a>{' '}
        does not depend on it.
      </p>
    </div>
  );
}

export function Starting() {
  return (
    <p role="status" className="px-5 py-12 text-soft">
      Opening HugOps
    </p>
  );
}
