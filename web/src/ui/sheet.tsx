import { Dialog } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { reasonOf } from './loaded.tsx';
import { Button, type ButtonProps } from './button.tsx';
import { Icon } from './icons.tsx';

/** A sheet that comes from below on a phone and stands in the middle elsewhere. Escape and a tap outside close it. */
export function Sheet({
  open,
  onClose,
  title,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
}) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Backdrop className="sheet-backdrop fixed inset-0 z-30 bg-shade" />
        <Dialog.Viewport className="fixed inset-0 z-40 flex items-end justify-center sm:items-center sm:p-6">
          <Dialog.Popup className="sheet flex max-h-[calc(100dvh-2.5rem)] w-full flex-col overflow-hidden rounded-t-2xl border border-line bg-sheet sm:max-h-full sm:max-w-[34rem] sm:rounded-2xl">
            <div className="flex items-center justify-between gap-4 px-5 pt-4 pb-2">
              <Dialog.Title className="text-xl">{title}</Dialog.Title>
              <Dialog.Close
                aria-label="Close"
                className="-me-2 inline-flex size-11 items-center justify-center rounded-full text-soft hover:bg-hover hover:text-ink"
              >
                <Icon name="close" className="text-lg" />
              </Dialog.Close>
            </div>
            <div className="overflow-y-auto px-5 pt-1 pb-[max(1.25rem,env(safe-area-inset-bottom))]">{children}</div>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
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
