import { Dialog } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';
import { Icon } from './icons.tsx';

/** The dialog behind a sheet, in a file of its own so that it is loaded when the page is already there. */
export function SheetDialog({
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
