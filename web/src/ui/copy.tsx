import { useState } from 'react';
import { Button } from './button.tsx';
import { ScrollingText } from './scrolling-text.tsx';

/** Text for a program or another person, with a button that copies it. Where there is no clipboard (plain http), it is selected instead. */
export function CopyText({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState<'copied' | 'select'>();
  const copy = (): void => {
    const clipboard = navigator.clipboard as Clipboard | undefined;
    if (clipboard === undefined) return setDone('select');
    clipboard.writeText(text).then(
      () => setDone('copied'),
      () => setDone('select'),
    );
  };
  return (
    <div className="card overflow-hidden bg-paper">
      <ScrollingText label={label} text={text} className="p-3 text-[0.86rem] select-all" />
      <div className="flex items-center justify-end gap-3 border-t border-line px-2 py-1.5">
        <span role="status" className="text-sm text-soft">
          {done === 'copied' ? 'Copied' : done === 'select' ? 'Please select and copy it by hand' : ''}
        </span>
        <Button size="small" look="quiet" icon="copy" onClick={copy}>
          Copy<span className="sr-only"> {label}</span>
        </Button>
      </div>
    </div>
  );
}
