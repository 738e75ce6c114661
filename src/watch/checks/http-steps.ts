import { z } from 'zod';
import type { JsonObject } from '../../domain/words.ts';
import { CheckError, type CheckEnv, defineCheck, type Outcome, roundMs } from './check-kind.ts';
import { explainTimeout } from './connect.ts';
import { judgeAnswer, observeAnswer } from './http.ts';
import type { HttpAnswer } from './http-answer.ts';
import { httpLoginFields, httpRequestFields, httpRouteFields, redirectFields } from './http-config.ts';
import { createCookieJar } from './http-cookies.ts';
import { checkText, compileExpectations, httpExpectation } from './http-expect.ts';
import { beginHttpRun, fetchAll, type HttpRun } from './http-fetch.ts';
import { bodyText, firstRequest } from './http-request.ts';
import { compileJsonPath } from './json-path.ts';
import { PatternError } from './safe-pattern.ts';
import { compileFinder } from './safe-pattern-find.ts';
import { beginRun, concludeRun } from './traced-run.ts';

const nameField = z
  .string()
  .regex(/^[a-z][A-Za-z0-9_]{0,39}$/, { error: 'write a name of letters and digits, as in orderId' })
  .describe('Later steps write it as {{name}} in their URL, headers or body');

const save = z.discriminatedUnion('from', [
  z
    .strictObject({ as: nameField, from: z.literal('json'), path: z.string().max(500).describe('As in $.order.id') })
    .superRefine(({ path }, ctx) => checkText(compileJsonPath, 'path', path, ctx))
    .describe('A value of a JSON body: text, a number or a truth value'),
  z
    .strictObject({
      as: nameField,
      from: z.literal('body'),
      matches: z.string().max(1000).describe('A regular expression; its first group is kept, or all that it matches'),
    })
    .superRefine(({ matches }, ctx) => checkText(compileFinder, 'matches', matches, ctx))
    .describe('A part of the text of the body'),
  z
    .strictObject({
      as: nameField,
      from: z.literal('header'),
      header: z.string().min(1).max(100).describe('The name of the header, in any case'),
      matches: z.string().max(1000).optional().describe('A regular expression, where a part of the value is wanted'),
    })
    .superRefine(({ matches }, ctx) => {
      if (matches !== undefined) checkText(compileFinder, 'matches', matches, ctx);
    })
    .describe('A header of the answer'),
]);
type Save = z.output<typeof save>;

const step = z.strictObject({
  label: z.string().min(1).max(60).optional().describe('What the step is called in messages'),
  url: httpRequestFields.url,
  method: httpRequestFields.method,
  headers: httpRequestFields.headers,
  body: httpRequestFields.body,
  basic: httpLoginFields.basic,
  bearer: httpLoginFields.bearer,
  ...redirectFields,
  expect: z.array(httpExpectation).max(50).default([]).describe('What the answer must be like; all of them must hold'),
  save: z.array(save).max(20).default([]).describe('What later steps need of the answer'),
});
type Step = z.output<typeof step>;

const slot = /\{\{([a-z][A-Za-z0-9_]{0,39})\}\}/g;

const slotsOf = ({ url, headers, body = '' }: Step): string[] =>
  [url, body, ...Object.values(headers)].flatMap((text) => [...text.matchAll(slot)].map(([, name = '']) => name));

const schema = z
  .strictObject({
    steps: z
      .array(step)
      .min(1)
      .max(20)
      .meta({ title: 'Steps', description: 'Requests in order; the first that fails ends the run' }),
    keepCookies: z
      .boolean()
      .default(true)
      .meta({ title: 'Keep cookies', description: 'Cookies that a host sets are sent to it in later steps' }),
    ...httpRouteFields,
  })
  .superRefine(({ steps }, ctx) => {
    const known = new Set<string>();
    for (const [index, one] of steps.entries()) {
      for (const name of slotsOf(one)) {
        if (known.has(name)) continue;
        ctx.addIssue({ code: 'custom', path: ['steps', index], message: `no step before this one saves {{${name}}}` });
      }
      for (const { as } of one.save) known.add(as);
    }
  });

type StepsConfig = z.output<typeof schema>;

const maxSaved = 16_384;

/** The value that a step keeps. Throws CheckError `assertion-failed` when it is not there. */
function take(from: Save, answer: HttpAnswer, maxBytes: number): string {
  const missing = (what: string): CheckError =>
    new CheckError('assertion-failed', `${what}, so there is nothing to keep as ${from.as}`);
  if (from.from === 'json') {
    let body: unknown;
    try {
      body = JSON.parse(bodyText(answer, maxBytes));
    } catch (error) {
      if (error instanceof CheckError) throw error;
      throw missing('the body is not valid JSON');
    }
    const [value] = compileJsonPath(from.path)(body);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw missing(value === undefined ? `${from.path} is missing` : `${from.path} is no plain value`);
  }
  const isHeader = from.from === 'header';
  const text = isHeader ? answer.headers.get(from.header.toLowerCase()) : bodyText(answer, maxBytes);
  const what = isHeader ? `the header ${from.header.toLowerCase()}` : 'the body';
  if (text === undefined) throw missing(`${what} is missing`);
  if (from.matches === undefined) return text;
  try {
    const found = compileFinder(from.matches)(text);
    if (found !== undefined) return found;
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw missing(`${what} could not be searched: ${error.message}`);
  }
  throw missing(`${what} does not match ${JSON.stringify(from.matches.slice(0, 100))}`);
}

function fillStep(one: Step, saved: ReadonlyMap<string, string>): Step {
  const fill = (text: string, encode = (value: string) => value): string =>
    text.replaceAll(slot, (_, name: string) => encode(saved.get(name) ?? ''));
  // A value that came from a server is text: it shall refer to no secret of ours.
  const plain = (value: string): string => value.replaceAll('${', '$ {');
  return {
    ...one,
    url: fill(one.url, encodeURIComponent),
    headers: Object.fromEntries(Object.entries(one.headers).map(([name, value]) => [name, fill(value, plain)])),
    body: one.body === undefined ? undefined : fill(one.body, plain),
  };
}

function runSteps(config: StepsConfig, env: CheckEnv): Promise<Outcome> {
  const run = beginHttpRun(beginRun(env), config);
  if (config.keepCookies) run.cookies = createCookieJar(run.secrets);
  const saved = new Map<string, string>();
  const told: JsonObject[] = [];

  async function runStep(one: Step): Promise<void> {
    const startedAt = performance.now();
    startStep(run);
    const filled = fillStep(one, saved);
    const request = firstRequest(filled, run.secrets);
    const answer = await fetchAll(run, request, { follow: one.followRedirects, max: one.maxRedirects });
    const totalMs = roundMs(performance.now() - startedAt);
    told.push({ ...(one.label === undefined ? {} : { label: one.label }), status: answer.status, totalMs });
    judgeAnswer(compileExpectations(one.expect), run, answer, totalMs);
    for (const from of one.save) {
      const value = take(from, answer, config.maxBodyBytes);
      if (value.length > maxSaved) {
        throw new CheckError('bad-answer', `what is to be kept as ${from.as} is longer than ${maxSaved} characters`);
      }
      saved.set(from.as, value);
      // What is carried on is a token more often than not.
      run.secrets.remember(value);
    }
  }

  const work = async (): Promise<void> => {
    for (const [index, one] of config.steps.entries()) {
      try {
        await runStep(one);
      } catch (error) {
        const isTimeout = error === env.signal.reason;
        if (!isTimeout && !(error instanceof CheckError)) throw error;
        const { code, message } = isTimeout ? explainTimeout(run.trace, env.timeoutMs) : (error as CheckError);
        const label = one.label === undefined ? '' : ` (${one.label})`;
        throw new CheckError(code, `step ${index + 1}${label}: ${message}`);
      }
    }
  };
  return concludeRun(run, work, (ok) => ({ ...observeAnswer(run, !ok), steps: told }));
}

/** Each step is judged, and timed out, on its own answer. */
function startStep(run: HttpRun): void {
  run.answer = undefined;
  run.certificate = undefined;
  run.redirects.length = 0;
}

/** Several requests that hang together, as of somebody who signs in and orders something. */
export const httpStepsCheck = defineCheck({
  kind: 'http-steps',
  label: 'HTTP in steps',
  summary:
    'Several requests in order, each judged like an HTTP check, with values carried from one answer to the next request. The phases of all steps add up; the time-out holds for all of them together.',
  example: {
    steps: [
      {
        label: 'sign in',
        url: 'https://example.com/api/session',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"user":"probe","password":"${env:PROBE_PASSWORD}"}',
        save: [{ as: 'token', from: 'json', path: '$.token' }],
      },
      {
        label: 'orders',
        url: 'https://example.com/api/orders',
        headers: { 'x-session': '{{token}}' },
        expect: [{ on: 'json', path: '$.orders', is: 'present' }],
      },
    ],
  },
  schema,
  hostOf: (config) => new URL(config.steps[0]?.url ?? 'http://localhost').host,
  run: runSteps,
});
