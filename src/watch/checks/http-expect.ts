import { z } from 'zod';
import type { EpochMs } from '../../domain/words.ts';
import { compileJsonPath, JsonPathError } from './json-path.ts';
import { compilePattern, PatternError } from './safe-pattern.ts';

const complaint = (compile: (text: string) => unknown, text: string): string | undefined => {
  try {
    compile(text);
    return undefined;
  } catch (error) {
    if (error instanceof PatternError || error instanceof JsonPathError) return error.message;
    throw error;
  }
};

/** Adds what is wrong with an expression or a path to the schema's complaints. */
export function checkText(compile: (text: string) => unknown, path: string, text: unknown, ctx: z.RefinementCtx): void {
  const message = typeof text === 'string' ? complaint(compile, text) : 'write the expression as text';
  if (message !== undefined) ctx.addIssue({ code: 'custom', path: [path], message });
}

const statusRange = z
  .string()
  .regex(/^[1-5]\d\d(?:-[1-5]\d\d)?$/, { error: 'write a status as 204 or a range as 200-299' });

export const textTests = ['contains', 'not-contains', 'equals', 'matches', 'not-matches'] as const;
export const isPattern = (test: string): boolean => test === 'matches' || test === 'not-matches';

const onStatus = z
  .object({
    on: z.literal('status'),
    in: z.array(statusRange).min(1).max(20).describe('Statuses such as 204, and ranges such as 200-299'),
  })
  .describe('The status is one of these. Without this expectation it must be 200-299.');

const onHeader = z
  .object({
    on: z.literal('header'),
    name: z.string().min(1).max(100).describe('The name of the header, in any case'),
    is: z.enum(['present', 'absent', ...textTests]),
    value: z.string().max(1000).default('').describe('What it is compared with'),
  })
  .superRefine((given, ctx) => {
    if (isPattern(given.is)) checkText(compilePattern, 'value', given.value, ctx);
  })
  .describe('A header of the answer');

const onBody = z
  .object({
    on: z.literal('body'),
    is: z.enum(textTests),
    value: z.string().max(10_000).describe('What it is compared with'),
  })
  .superRefine((given, ctx) => {
    if (isPattern(given.is)) checkText(compilePattern, 'value', given.value, ctx);
  })
  .describe('The text of the body');

const onJson = z
  .object({
    on: z.literal('json'),
    path: z.string().max(500).describe('As in $.parts[*].healthy; every value found must pass'),
    is: z.enum(['present', 'absent', 'not-equals', 'above', 'below', ...textTests]),
    value: z
      .union([z.string().max(1000), z.number(), z.boolean(), z.null()])
      .default('')
      .describe('What it is compared with'),
  })
  .superRefine((given, ctx) => {
    checkText(compileJsonPath, 'path', given.path, ctx);
    if (isPattern(given.is)) checkText(compilePattern, 'value', given.value, ctx);
    if ((given.is === 'above' || given.is === 'below') && typeof given.value !== 'number') {
      ctx.addIssue({ code: 'custom', path: ['value'], message: 'write a number' });
    }
  })
  .describe('A value in a JSON body');

const onResponseTime = z
  .object({ on: z.literal('response-time'), belowMs: z.number().positive().describe('In milliseconds') })
  .describe('The whole request, redirects included, takes less');

const onCertificate = z
  .object({ on: z.literal('certificate'), daysLeft: z.number().int().min(0).max(3650) })
  .describe('The certificate is valid for at least so many days more');

/** What an HTTP answer must be like. */
export const httpExpectation = z.discriminatedUnion('on', [
  onStatus,
  onHeader,
  onBody,
  onJson,
  onResponseTime,
  onCertificate,
]);
export type HttpExpectation = z.output<typeof httpExpectation>;

/** The parts of an answer that expectations look at. Text is decoded, and JSON read, only when one asks. */
interface HttpFacts {
  status: number;
  headers: ReadonlyMap<string, string>;
  text(): string;
  truncated: boolean;
  totalMs: number;
  certificate: { validToAt: EpochMs; daysLeft: number } | undefined;
}

/** A compiled expectation: what is wrong, as a phrase for a person, or undefined. */
export type Judge = (facts: HttpFacts) => string | undefined;

const twoHundreds: HttpExpectation = { on: 'status', in: ['200-299'] };

/** Compiles expectations once, so that a run only judges. Without one on the status, 200-299 is expected. */
export function compileExpectations(expectations: readonly HttpExpectation[]): Judge[] {
  const all = expectations.some((one) => one.on === 'status') ? expectations : [twoHundreds, ...expectations];
  return all.map(compile);
}

function compile(expected: HttpExpectation): Judge {
  switch (expected.on) {
    case 'status':
      return compileStatus(expected.in);
    case 'header':
      return compileHeader(expected);
    case 'body': {
      const judge = textJudge(expected.is, expected.value);
      return (facts) => judge('the body', facts.text());
    }
    case 'json':
      return compileJson(expected);
    case 'response-time':
      return ({ totalMs }) =>
        totalMs < expected.belowMs
          ? undefined
          : `the answer took ${Math.round(totalMs)} ms, expected less than ${expected.belowMs} ms`;
    case 'certificate':
      return ({ certificate }) => {
        if (!certificate) return 'there is no certificate, because the answer did not come over https';
        if (certificate.daysLeft >= expected.daysLeft) return undefined;
        const on = new Date(certificate.validToAt).toISOString().slice(0, 10);
        return `the certificate expires on ${on}, in ${certificate.daysLeft} days, expected at least ${expected.daysLeft}`;
      };
  }
}

function compileStatus(ranges: readonly string[]): Judge {
  const bounds = ranges.map((range) => {
    const [from = '', to = from] = range.split('-');
    return { from: Number(from), to: Number(to) };
  });
  return ({ status }) =>
    bounds.some(({ from, to }) => status >= from && status <= to)
      ? undefined
      : `status ${status}, expected ${ranges.join(' or ')}`;
}

function compileHeader(expected: Extract<HttpExpectation, { on: 'header' }>): Judge {
  const name = expected.name.toLowerCase();
  const what = `the header ${name}`;
  const { is } = expected;
  if (is === 'present') return ({ headers }) => (headers.has(name) ? undefined : `${what} is missing`);
  if (is === 'absent') return ({ headers }) => (headers.has(name) ? `${what} is there, expected none` : undefined);
  const judge = textJudge(is, expected.value);
  return ({ headers }) => {
    const value = headers.get(name);
    return value === undefined ? `${what} is missing` : judge(what, value);
  };
}

export type TextJudge = (what: string, text: string) => string | undefined;

export function textJudge(test: (typeof textTests)[number], value: string): TextJudge {
  const quoted = JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
  if (test === 'equals') return (what, text) => (text === value ? undefined : `${what} is not ${quoted}`);
  if (test === 'contains')
    return (what, text) => (text.includes(value) ? undefined : `${what} does not contain ${quoted}`);
  if (test === 'not-contains') return (what, text) => (text.includes(value) ? `${what} contains ${quoted}` : undefined);
  const pattern = compilePattern(value);
  return (what, text) => {
    try {
      if (pattern.test(text) === (test === 'matches')) return undefined;
    } catch (error) {
      if (error instanceof PatternError) return `${what} could not be compared: ${error.message}`;
      throw error;
    }
    return test === 'matches' ? `${what} does not match ${quoted}` : `${what} matches ${quoted}`;
  };
}

function compileJson(expected: Extract<HttpExpectation, { on: 'json' }>): Judge {
  const find = compileJsonPath(expected.path);
  const judge = jsonJudge(expected);
  return (facts) => {
    let body: unknown;
    try {
      body = JSON.parse(facts.text());
    } catch {
      return facts.truncated ? 'the body is too long to be read as JSON' : 'the body is not valid JSON';
    }
    const found = find(body);
    if (expected.is === 'absent') return found.length === 0 ? undefined : `${expected.path} is there, expected none`;
    if (found.length === 0) return `${expected.path} is missing`;
    for (const value of found) {
      const wrong = judge(value);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

/** A value in few words; objects and lists are not written out, however deep they may be. */
function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(JSON.stringify(value)).slice(0, 100);
}

function jsonJudge({
  path,
  is,
  value,
}: Extract<HttpExpectation, { on: 'json' }>): (found: unknown) => string | undefined {
  switch (is) {
    case 'present':
    case 'absent':
      return () => undefined;
    case 'equals':
      return (found) => (found === value ? undefined : `${path} is ${show(found)}, expected ${show(value)}`);
    case 'not-equals':
      return (found) => (found === value ? `${path} is ${show(found)}, expected another value` : undefined);
    case 'above':
    case 'below':
      return (found) => {
        const holds = typeof found === 'number' && (is === 'above' ? found > Number(value) : found < Number(value));
        return holds ? undefined : `${path} is ${show(found)}, expected a number ${is} ${show(value)}`;
      };
    default: {
      const judge = textJudge(is, String(value));
      return (found) =>
        typeof found === 'string' || typeof found === 'number'
          ? judge(path, String(found))
          : `${path} is ${show(found)}, expected text`;
    }
  }
}
