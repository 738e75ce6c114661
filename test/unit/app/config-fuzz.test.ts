import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { formatConfigErrors } from '../../../src/app/config/config-error.ts';
import { desiredRows } from '../../../src/app/config/apply/desired-rows.ts';
import type { Config } from '../../../src/app/config/config-schema.ts';
import { toSchedule } from '../../../src/app/config/find-warnings.ts';
import { builtInKinds } from '../../../src/app/config/kinds.ts';
import { checkSchedule } from '../../../src/domain/schedule-check.ts';
import type { ReadConfig } from '../../../src/app/config/read-config.ts';
import { exampleSecrets, exampleText, read } from './config-kit.ts';

/** HUGOPS_FUZZ_FACTOR=50 looks that much longer. */
const factor = Number(process.env['HUGOPS_FUZZ_FACTOR'] ?? 1);

/** What is wrong with an answer of the reader; empty when nothing is. */
function unsound(result: ReadConfig, lineCount: number): string[] {
  const told = result.ok ? result.warnings : result.errors;
  const faults = result.ok || told.length > 0 ? [] : ['refused without an error'];
  for (const { line, column, message, expected } of told) {
    if (!(line >= 1 && line <= lineCount)) faults.push(`line ${line} of ${lineCount}`);
    if (!(column >= 1)) faults.push(`column ${column}`);
    if (message === '' || expected === '') faults.push('nothing said');
    // The words of a program and not of a person.
    if (/\bundefined\b|\[object|Invalid input|Symbol\(/.test(message.replaceAll(/"[^"]*"/g, ''))) faults.push(message);
  }
  if (typeof formatConfigErrors(told) !== 'string') faults.push('cannot be printed');
  if (result.ok) faults.push(...unusable(result.config));
  return faults;
}

/** A file that was called good must make rows that the rest of the program can compute with. */
function unusable(config: Config): string[] {
  desiredRows(config, builtInKinds);
  return Object.entries(config.schedules).flatMap(([id, schedule]) =>
    checkSchedule(toSchedule(id, schedule))
      .filter(({ severity }) => severity === 'refuse')
      .map(({ code, path }) => `${code} at ${path}`),
  );
}

const linesIn = (text: string): number => text.split(/\r\n|\n|\r/).length;

describe('whatever is read, the reader does not throw, and says in which line', () => {
  it(
    'text',
    () => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
          expect(unsound(read(text), linesIn(text))).toEqual([]);
        }),
        { numRuns: 600 * factor },
      );
    },
    20_000 * factor,
  );

  it(
    'bytes',
    () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
          expect(unsound(read(bytes), linesIn(Buffer.from(bytes).toString('utf8')))).toEqual([]);
        }),
        { numRuns: 600 * factor },
      );
    },
    20_000 * factor,
  );

  it(
    'YAML’s own characters',
    () => {
      const unit = fc.constantFrom(
        ...Array.from('abc:-?[]{},#&*!|>\'"%@` \n\t~<.1'),
        'services',
        'people',
        '\n  ',
        '${env:X}',
        '<<',
      );
      fc.assert(
        fc.property(fc.string({ unit, maxLength: 120 }), (text) => {
          expect(unsound(read(text, { X: 'x' }), linesIn(text))).toEqual([]);
        }),
        { numRuns: 600 * factor },
      );
    },
    20_000 * factor,
  );

  it(
    'the example with values of other kinds in it',
    () => {
      const { value, paths } = exampleTree();
      const odd = fc.oneof(
        fc.constantFrom(
          null,
          true,
          0,
          -1,
          1.5,
          Infinity,
          NaN,
          '',
          ' ',
          [],
          {},
          [[]],
          [null],
          { kind: 'http' },
          '${env:NOPE}',
        ),
        fc.string(),
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      );
      fc.assert(
        fc.property(fc.array(fc.tuple(fc.constantFrom(...paths), odd), { minLength: 1, maxLength: 4 }), (changes) => {
          const copy = structuredClone(value);
          for (const [path, replacement] of changes) setAt(copy, path, replacement);
          const text = stringify(copy);
          expect(unsound(read(text, exampleSecrets), linesIn(text))).toEqual([]);
        }),
        { numRuns: 100 * factor },
      );
    },
    20_000 * factor,
  );

  it(
    'the example with a piece cut out or doubled',
    () => {
      const text = exampleText();
      const at = fc.nat({ max: text.length });
      fc.assert(
        fc.property(at, at, fc.boolean(), (a, b, isDoubled) => {
          const [from, to] = a < b ? [a, b] : [b, a];
          const changed = isDoubled ? text.slice(0, to) + text.slice(from) : text.slice(0, from) + text.slice(to);
          expect(unsound(read(changed, exampleSecrets), linesIn(changed))).toEqual([]);
        }),
        { numRuns: 100 * factor },
      );
    },
    20_000 * factor,
  );
});

type Path = (string | number)[];

function exampleTree(): { value: object; paths: Path[] } {
  const result = read(exampleText(), exampleSecrets);
  if (!result.ok) throw new Error('the example is good');
  const value = { people: result.config.people, schedules: result.config.schedules, services: result.config.services };
  const paths: Path[] = [];
  const walk = (node: unknown, path: Path): void => {
    if (path.length > 0) paths.push(path);
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries(node)) walk(child, [...path, Array.isArray(node) ? Number(key) : key]);
  };
  walk(value, []);
  return { value, paths };
}

function setAt(root: object, path: Path, replacement: unknown): void {
  let node = root as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) {
    const next = node[key];
    if (typeof next !== 'object' || next === null) return;
    node = next as Record<string | number, unknown>;
  }
  node[path.at(-1) ?? ''] = replacement;
}
