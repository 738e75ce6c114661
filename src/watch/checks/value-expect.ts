import { z } from 'zod';
import type { JsonObject } from '../../domain/words.ts';
import { CheckError } from './check-kind.ts';
import { checkText, isPattern, textJudge, textTests } from './http-expect.ts';
import { compilePattern } from './safe-pattern.ts';
import type { Secrets } from './secrets.ts';

const numberTests = ['above', 'below'] as const;
const isNumberTest = (test: string): test is (typeof numberTests)[number] => test === 'above' || test === 'below';

/** What one value must be like. */
export const valueExpectation = z
  .strictObject({
    is: z
      .enum(['equals', 'not-equals', ...numberTests, ...textTests.filter((test) => test !== 'equals')])
      .describe('How the two are compared; `matches` takes a regular expression'),
    value: z.union([z.string().max(1000), z.number()]).describe('What it is compared with'),
  })
  .superRefine(({ is, value }, ctx) => {
    if (isPattern(is)) checkText(compilePattern, 'value', value, ctx);
    if (isNumberTest(is) && typeof value !== 'number') {
      ctx.addIssue({ code: 'custom', path: ['value'], message: 'write a number' });
    }
  });
type ValueExpectation = z.output<typeof valueExpectation>;

/** Says what is wrong with a value, as a phrase such as `the queue is 12, expected below 10`, or undefined. */
export type ValueJudge = (what: string, found: string) => string | undefined;

const show = (text: string): string => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);

/** `expected above 3`, judged of numbers. */
export const numberHolds = (found: number, is: 'above' | 'below', limit: number): boolean =>
  is === 'above' ? found > limit : found < limit;

/** Compiles an expectation once, so that a run only judges. */
export function compileValue({ is, value }: ValueExpectation): ValueJudge {
  if (is === 'above' || is === 'below') {
    const limit = Number(value);
    return (what, found) => {
      const number = found.trim() === '' ? Number.NaN : Number(found);
      if (Number.isNaN(number)) return `${what} is ${show(found)}, expected a number ${is} ${limit}`;
      return numberHolds(number, is, limit) ? undefined : `${what} is ${number}, expected ${is} ${limit}`;
    };
  }
  const text = String(value);
  if (is === 'equals') {
    return (what, found) => (found === text ? undefined : `${what} is ${show(found)}, expected ${show(text)}`);
  }
  if (is === 'not-equals') {
    return (what, found) => (found === text ? `${what} is ${show(found)}, expected another value` : undefined);
  }
  return textJudge(is, text);
}

/** What a query found: how many rows, and the first value of the first, undefined where it is NULL. */
export interface QueryResult {
  rows: number;
  first: string | undefined;
}

/** Throws CheckError `assertion-failed` when the first value is not as expected. */
export function judgeResult(expected: ValueExpectation, { rows, first }: QueryResult): void {
  if (first === undefined) {
    const found = rows === 0 ? 'the query found no row' : 'the first value is NULL';
    throw new CheckError('assertion-failed', `${found}, expected a value`);
  }
  const wrong = compileValue(expected)('the first value', first);
  if (wrong !== undefined) throw new CheckError('assertion-failed', wrong);
}

/** A result as evidence. */
export function shownResult(result: QueryResult | undefined, secrets: Secrets): JsonObject {
  if (!result) return {};
  const { rows, first } = result;
  return { rows, first: first === undefined ? null : secrets.hide(first).slice(0, 500).replaceAll('\0', '\uFFFD') };
}
