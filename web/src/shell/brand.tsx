/** The name with its mark: two posts and what hangs between them. */
export function Brand({ className = '' }: { className?: string }) {
  return (
    <span className={`inline-flex items-center gap-2.5 font-bold tracking-tight ${className}`}>
      <svg viewBox="0 0 32 32" className="size-7" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" className="fill-ink" />
        <g fill="none" className="stroke-paper" strokeWidth="2.6" strokeLinecap="round" strokeLinejoin="round">
          <path d="M9 8.5v15M23 8.5v15" />
          <path d="M9 16c2.6-3.4 5-3.4 7 0s4.4 3.4 7 0" />
        </g>
      </svg>
      HugOps
    </span>
  );
}
