/** Text as it is, in columns. Long lines scroll, and whoever has only a keyboard can scroll them too. */
export function ScrollingText({ label, text, className = '' }: { label: string; text: string; className?: string }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable (WCAG 2.1.1)
    <pre tabIndex={0} role="group" aria-label={label} className={`overflow-auto font-mono ${className}`}>
      {text}
    </pre>
  );
}
