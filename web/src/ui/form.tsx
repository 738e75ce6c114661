import type { ComponentProps, FormEvent, ReactNode } from 'react';
import { createContext, useContext, useEffect, useId, useRef, useState } from 'react';
import { ApiError } from '../api/client.ts';
import { Button, type Look } from './button.tsx';
import { Icon } from './icons.tsx';
import { reasonOf } from './loaded.tsx';

type FieldErrors = ReadonlyMap<string, string>;
const FormErrors = createContext<FieldErrors>(new Map());

/** The values of a form by field name, trimmed. */
export interface Values {
  text(name: string): string;
  /** Undefined when left empty. */
  optional(name: string): string | undefined;
  number(name: string): number;
  checked(name: string): boolean;
}

/** What stands in a form now. */
export const readValues = (form: HTMLFormElement): Values => {
  const data = new FormData(form);
  const text = (name: string): string => {
    const value = data.get(name);
    // A password may begin or end with a space.
    return typeof value === 'string' ? (/password/i.test(name) ? value : value.trim()) : '';
  };
  return {
    text,
    optional: (name) => (text(name) === '' ? undefined : text(name)),
    number: (name) => Number(text(name)),
    checked: (name) => data.get(name) !== null,
  };
};

interface FormProps {
  /** Sends the values; an ApiError's fields are shown at the fields of the same names. */
  send: (values: Values) => Promise<unknown>;
  submit: string;
  look?: Look;
  /** Beside the submit button. */
  beside?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}

/** A form that is checked by the server's own rules. It keeps what was written, and leads to the first field that is wrong. */
export function Form({ send, submit, look = 'primary', beside, wide = false, children }: FormProps) {
  const ref = useRef<HTMLFormElement>(null);
  const [pending, setPending] = useState(false);
  const [errors, setErrors] = useState<FieldErrors>(new Map());
  const [message, setMessage] = useState<string>();
  const complain = (fields: FieldErrors, whole?: string): void => {
    setErrors(fields);
    setMessage(whole);
  };
  useEffect(() => {
    if (errors.size > 0) ref.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [errors]);
  const onSubmit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (pending) return;
    const missing = missingFields(event.currentTarget);
    if (missing.size > 0) return complain(missing);
    setPending(true);
    complain(new Map());
    send(readValues(event.currentTarget))
      .catch((error: unknown) => {
        const { fields, whole } = sortErrors(error, ref.current);
        complain(fields, whole);
      })
      .finally(() => setPending(false));
  };
  return (
    <form ref={ref} onSubmit={onSubmit} noValidate className="grid gap-4">
      <FormErrors.Provider value={errors}>{children}</FormErrors.Provider>
      {message === undefined ? null : <Complaint>{message}</Complaint>}
      <div className="mt-1 flex flex-wrap items-center justify-end gap-2">
        {beside}
        <Button type="submit" look={look} pending={pending} className={wide ? 'w-full' : ''}>
          {submit}
        </Button>
      </div>
    </form>
  );
}

/** What went wrong with the whole of something that was asked for. */
export function Complaint({ children }: { children: ReactNode }) {
  return (
    <p role="alert" className="flex items-start gap-2 text-major">
      <Icon name="warning" className="mt-1" />
      <span>{children}</span>
    </p>
  );
}

function missingFields(form: HTMLFormElement): FieldErrors {
  const missing = new Map<string, string>();
  for (const field of form.elements) {
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) continue;
    if (field.validity.badInput) missing.set(field.name, 'This cannot be read. Please write it again.');
    else if (field.required && field.value.trim() === '') missing.set(field.name, 'Please fill this in.');
  }
  return missing;
}

/** Field errors go to the fields that are on the screen; all others are told as one sentence. */
function sortErrors(error: unknown, form: HTMLFormElement | null): { fields: FieldErrors; whole?: string } {
  if (!(error instanceof ApiError) || error.fields.length === 0) return { fields: new Map(), whole: reasonOf(error) };
  const fields = new Map<string, string>();
  const others: string[] = [];
  for (const { path, message } of error.fields) {
    if (form?.elements.namedItem(path)) fields.set(path, fields.get(path) ?? sentence(message));
    else others.push(path === '(whole)' || path === 'config.(whole)' ? sentence(message) : `${path}: ${message}`);
  }
  return { fields, ...(others.length > 0 ? { whole: others.join(' ') } : {}) };
}

const sentence = (text: string): string => {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
};

interface FieldProps {
  name: string;
  label: string;
  hint?: ReactNode;
}

function useField(name: string, hint: ReactNode) {
  const id = useId();
  const error = useContext(FormErrors).get(name);
  const described = [error === undefined ? '' : `${id}-error`, hint === undefined ? '' : `${id}-hint`]
    .filter(Boolean)
    .join(' ');
  return {
    id,
    error,
    control: {
      id,
      name,
      ...(error === undefined ? {} : { 'aria-invalid': true as const }),
      ...(described === '' ? {} : { 'aria-describedby': described }),
    },
  };
}

function Around({
  id,
  label,
  hint,
  error,
  children,
}: Omit<FieldProps, 'name'> & { id: string; error: string | undefined; children: ReactNode }) {
  return (
    <div>
      <label htmlFor={id} className="mb-1 block font-semibold">
        {label}
      </label>
      {children}
      {error === undefined ? null : (
        <p id={`${id}-error`} className="mt-1 flex items-start gap-1.5 text-[0.94rem] text-major">
          <Icon name="warning" className="mt-1" />
          <span>{error}</span>
        </p>
      )}
      {hint === undefined ? null : (
        <p id={`${id}-hint`} className="mt-1 text-[0.94rem] text-soft">
          {hint}
        </p>
      )}
    </div>
  );
}

export function TextField({ name, label, hint, ...input }: FieldProps & Omit<ComponentProps<'input'>, 'id' | 'name'>) {
  const { id, error, control } = useField(name, hint);
  return (
    <Around id={id} label={label} hint={hint} error={error}>
      <input autoCapitalize="off" {...input} {...control} className={`field ${input.className ?? ''}`} />
    </Around>
  );
}

export function TextArea({ name, label, hint, ...area }: FieldProps & Omit<ComponentProps<'textarea'>, 'id' | 'name'>) {
  const { id, error, control } = useField(name, hint);
  return (
    <Around id={id} label={label} hint={hint} error={error}>
      <textarea rows={4} {...area} {...control} className={`field ${area.className ?? ''}`} />
    </Around>
  );
}

export function SelectField({
  name,
  label,
  hint,
  options,
  ...select
}: FieldProps & { options: readonly (readonly [value: string, text: string])[] } & Omit<
    ComponentProps<'select'>,
    'id' | 'name'
  >) {
  const { id, error, control } = useField(name, hint);
  return (
    <Around id={id} label={label} hint={hint} error={error}>
      <select {...select} {...control} className="field">
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </Around>
  );
}

export function CheckField({ name, label, hint, ...input }: FieldProps & Omit<ComponentProps<'input'>, 'id' | 'name'>) {
  const { id, control } = useField(name, hint);
  return (
    <div>
      <label htmlFor={id} className="flex min-h-9 items-start gap-3">
        <input {...input} {...control} type="checkbox" className="mt-1 size-5 shrink-0 accent-ink" />
        <span>{label}</span>
      </label>
      {hint === undefined ? null : (
        <p id={`${id}-hint`} className="ms-8 text-[0.94rem] text-soft">
          {hint}
        </p>
      )}
    </div>
  );
}

/** One of a few, all of them in view. */
export function Choice<T extends string>({
  legend,
  name,
  value,
  onChange,
  options,
}: {
  legend: string;
  name: string;
  value: T;
  onChange: (value: T) => void;
  options: readonly { value: T; label: ReactNode }[];
}) {
  return (
    <fieldset>
      <legend className="mb-1 font-semibold">{legend}</legend>
      <div className="flex flex-wrap gap-2">
        {options.map((option) => (
          <label
            key={option.value}
            className="inline-flex min-h-11 grow items-center justify-center gap-2 rounded-[0.6rem] border border-edge px-3 has-checked:border-ink has-checked:bg-ink has-checked:text-paper forced-colors:has-checked:outline-4 has-focus-visible:outline-[0.2rem] has-focus-visible:outline-offset-2 has-focus-visible:outline-link"
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={value === option.value}
              onChange={() => onChange(option.value)}
              className="sr-only"
            />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
