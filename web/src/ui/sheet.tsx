import { lazy, type ReactNode, Suspense, useState } from 'react';
import { Button, type ButtonProps } from './button.tsx';
import { reasonOf } from './loaded.tsx';

const loadDialog = () => import('./sheet-dialog.tsx');
const SheetDialog = lazy(async () => ({ default: (await loadDialog()).SheetDialog }));

/** Fetches what sheets need while there is nothing else to do, so that the first one opens at once. */
export function prepareSheets(): void {
  setTimeout(() => void loadDialog().catch(() => undefined), 1_500);
}

/** A sheet that comes from below on a phone and stands in the middle elsewhere. Escape and a tap outside close it. */
export function Sheet(props: { open: boolean; onClose: () => void; title: string; children: ReactNode }) {
  const [wasOpen, setWasOpen] = useState(props.open);
  if (props.open && !wasOpen) setWasOpen(true);
  if (!wasOpen) return null;
  return (
    <Suspense fallback={null}>
      <SheetDialog {...props} />
    </Suspense>
  );
}

/** A button that opens a sheet. The sheet's content gets how to close it. */
export function SheetButton({
  label,
  title,
  initiallyOpen = false,
  onClosed,
  children,
  ...button
}: Omit<ButtonProps, 'children' | 'onClick' | 'title'> & {
  label: ReactNode;
  title: string;
  initiallyOpen?: boolean;
  onClosed?: () => void;
  children: (close: () => void) => ReactNode;
}) {
  const [open, setOpen] = useState(initiallyOpen);
  const close = (): void => {
    setOpen(false);
    onClosed?.();
  };
  return (
    <>
      <Button {...button} onClick={() => setOpen(true)}>
        {label}
      </Button>
      <Sheet open={open} onClose={close} title={title}>
        {children(close)}
      </Sheet>
    </>
  );
}

/** Asks once before something is taken away. */
export function ConfirmButton({
  label,
  question,
  consequence,
  confirm,
  act,
  ...button
}: Omit<ButtonProps, 'children' | 'onClick' | 'title'> & {
  label: ReactNode;
  question: string;
  consequence: ReactNode;
  confirm: string;
  act: () => Promise<unknown>;
}) {
  return (
    <SheetButton {...button} label={label} title={question}>
      {(close) => <Confirmation consequence={consequence} confirm={confirm} act={act} close={close} />}
    </SheetButton>
  );
}

function Confirmation(props: {
  consequence: ReactNode;
  confirm: string;
  act: () => Promise<unknown>;
  close: () => void;
}) {
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const run = (): void => {
    setPending(true);
    setError(undefined);
    props
      .act()
      .then(props.close, setError)
      .finally(() => setPending(false));
  };
  return (
    <>
      <p className="mb-5 text-soft">{props.consequence}</p>
      {error === undefined ? null : (
        <p role="alert" className="mb-4 text-major">
          {reasonOf(error)}
        </p>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={props.close}>Keep it</Button>
        <Button look="danger" onClick={run} pending={pending}>
          {props.confirm}
        </Button>
      </div>
    </>
  );
}
