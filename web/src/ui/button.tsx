import { Link, type LinkProps } from '@tanstack/react-router';
import type { ComponentProps, ReactNode } from 'react';
import { Icon, type IconName } from './icons.tsx';

export type Look = 'primary' | 'plain' | 'quiet' | 'danger' | 'warm';

const base =
  'inline-flex items-center justify-center gap-2 rounded-[0.6rem] font-semibold text-center no-underline disabled:opacity-60 disabled:cursor-default';
const looks: Record<Look, string> = {
  primary: 'bg-ink text-paper border border-ink enabled:hover:opacity-90',
  plain: 'bg-sheet text-ink border border-edge hover:bg-hover',
  quiet: 'bg-transparent text-soft border border-transparent hover:bg-hover hover:text-ink font-medium',
  danger: 'bg-sheet text-major border border-major hover:bg-hover',
  warm: 'bg-warm text-on-warm border border-warm enabled:hover:opacity-90',
};
const sizes = {
  normal: 'min-h-11 px-4 py-2',
  small: 'min-h-9 px-3 py-1 text-[0.94rem]',
  large: 'min-h-14 px-6 text-lg',
};

interface Shape {
  look?: Look;
  size?: keyof typeof sizes;
  icon?: IconName;
}

const classes = ({ look = 'plain', size = 'normal' }: Shape, className: string): string =>
  `${base} ${looks[look]} ${sizes[size]} ${className}`;

export type ButtonProps = Shape & ComponentProps<'button'> & { pending?: boolean };

/** A button. While `pending` it stays where it is, does nothing, and says that it is busy. */
export function Button({ look, size, icon, pending = false, className = '', children, ...rest }: ButtonProps) {
  const shape: Shape = { ...(look && { look }), ...(size && { size }) };
  return (
    <button
      type="button"
      {...rest}
      className={classes(shape, className)}
      disabled={rest.disabled === true || pending}
      aria-busy={pending || undefined}
    >
      {icon === undefined ? null : <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A link that looks like a button, because it leads to where something is done. */
export function ButtonLink({
  look,
  size,
  icon,
  className = '',
  children,
  ...link
}: Shape & LinkProps & { className?: string; children: ReactNode }) {
  const shape: Shape = { ...(look && { look }), ...(size && { size }) };
  return (
    <Link {...link} className={classes(shape, className)}>
      {icon === undefined ? null : <Icon name={icon} />}
      {children}
    </Link>
  );
}
