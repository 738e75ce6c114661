import { z } from 'zod';
import { formatDuration } from './duration.ts';
import { durationField } from './fields.ts';

/**
 * Programs count in milliseconds (`graceMs: 300000`), people write `grace: 5m`: fields of a kind that end in `Ms` and are
 * numbers stand in the file without the ending, as durations.
 */
interface DurationField {
  readonly fileName: string;
  readonly storedName: string;
  readonly number: z.ZodNumber;
  readonly field: z.ZodType;
}

function durationFields(schema: z.ZodObject): DurationField[] {
  return Object.entries(schema.shape).flatMap(([storedName, field]) => {
    const inner: unknown = field instanceof z.ZodDefault || field instanceof z.ZodOptional ? field.unwrap() : field;
    if (!storedName.endsWith('Ms') || !(inner instanceof z.ZodNumber)) return [];
    return [{ fileName: storedName.slice(0, -2), storedName, number: inner, field: field as z.ZodType }];
  });
}

/** The kind's schema as the file has it. */
export function withDurations(schema: z.ZodObject): z.ZodObject {
  const durations = durationFields(schema);
  if (durations.length === 0) return schema;
  const shape: Record<string, z.core.$ZodType> = { ...schema.shape };
  for (const { fileName, storedName, number, field } of durations) {
    delete shape[storedName];
    const bare = durationField(number.minValue ?? 0, number.maxValue ?? Number.MAX_SAFE_INTEGER);
    const described = bare.describe(`${field.description ?? fileName}; a duration such as 30s or 5m.`);
    shape[fileName] = otherwise(described, field);
  }
  const inFile = z.strictObject(shape);
  if ((schema.def.checks ?? []).length === 0) return inFile;
  // Rules over several fields are written for the stored names, so the stored form is judged as well.
  return inFile.superRefine((value, context) => {
    for (const issue of schema.safeParse(toStored(value, storedNames(schema))).error?.issues ?? []) {
      context.addIssue({ code: 'custom', path: issue.path.map(String), message: issue.message });
    }
  });
}

function otherwise(field: z.ZodType<number, string>, stored: z.ZodType): z.ZodType {
  if (stored instanceof z.ZodDefault) return field.prefault(formatDuration(Number(stored.parse(undefined))));
  return stored instanceof z.ZodOptional ? field.optional() : field;
}

/** From the names that the kind's fields have in the file to those that they are stored under. */
export function storedNames(schema: z.ZodObject): Map<string, string> {
  const names = new Map(Object.keys(schema.shape).map((name) => [name, name]));
  for (const { fileName, storedName } of durationFields(schema)) {
    names.delete(storedName);
    names.set(fileName, storedName);
  }
  return names;
}

/** The fields of a kind as they are stored; others and those left out are dropped. */
export function toStored(
  inFile: Readonly<Record<string, unknown>>,
  names: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const stored: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(inFile)) {
    const storedName = names.get(name);
    if (storedName !== undefined && value !== undefined) stored[storedName] = value;
  }
  return stored;
}
