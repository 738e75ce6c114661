import { z } from 'zod';
import { CheckError, type CheckEnv, defineCheck, type Outcome } from './check-kind.ts';
import { headersField, httpLoginFields, httpRouteFields, urlField } from './http-config.ts';
import { beginHttpRun, fetchAll } from './http-fetch.ts';
import { bodyText, firstRequest } from './http-request.ts';
import { beginRun, concludeRun, sourceTrouble } from './traced-run.ts';
import { numberHolds } from './value-expect.ts';

const schema = z.strictObject({
  url: urlField.meta({
    title: 'URL',
    description: 'Where Prometheus, or what speaks like it, is served; without /api/v1',
    examples: ['https://prometheus.example.com'],
  }),
  query: z
    .string()
    .min(1)
    .max(10_000)
    .meta({ title: 'Query', description: 'PromQL, evaluated at the time of the run' }),
  expect: z
    .strictObject({
      is: z.enum(['above', 'below']).describe('How the two are compared'),
      value: z.number().describe('The threshold'),
    })
    .meta({ title: 'Expect', description: 'What the values of the series must be' }),
  holdsFor: z
    .enum(['every', 'any'])
    .default('every')
    .meta({ title: 'Holds for', description: 'Whether every series must be so, or one is enough' }),
  whenEmpty: z
    .enum(['fail', 'pass'])
    .default('fail')
    .meta({ title: 'When empty', description: 'What it means when the query finds no series' }),
  headers: headersField
    .default({})
    .meta({ title: 'Headers', description: 'Sent with the request; values may refer to secrets' }),
  basic: httpLoginFields.basic,
  bearer: httpLoginFields.bearer,
  ...httpRouteFields,
});

type PrometheusConfig = z.output<typeof schema>;

interface Series {
  labels: string;
  value: number;
}

// What is read of the answer (https://prometheus.io/docs/prometheus/latest/querying/api/). A sample is a time and a number as text.
const sample = z.tuple([z.number(), z.string()]);
const answerSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('error'), errorType: z.string().default(''), error: z.string().default('') }),
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({
        resultType: z.literal('vector'),
        result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: sample })),
      }),
      z.object({ resultType: z.literal('scalar'), result: sample }),
    ]),
  }),
]);

const special: Record<string, number> = { NaN: Number.NaN, '+Inf': Infinity, '-Inf': -Infinity, Inf: Infinity };
const toNumber = (text: string): number => special[text] ?? Number(text);

function labelsOf(metric: Record<string, string>): string {
  const { __name__: name = '', ...labels } = metric;
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const text = pairs.length === 0 ? name : `${name}{${pairs.join(', ')}}`;
  return text === '' ? 'the value' : text.slice(0, 200);
}

function readAnswer(text: string, peer: string): Series[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) {
    const type = /"resultType":\s*"(matrix|string)"/.exec(text.slice(0, 500))?.[1];
    if (type !== undefined)
      throw new CheckError('config-invalid', `the query gives a ${type}, expected one number a series`);
    throw new CheckError('source-unavailable', `${peer} does not answer as Prometheus does`);
  }
  if (parsed.data.status === 'error') {
    const { errorType, error } = parsed.data;
    // A query that cannot be read is ours to put right; a time-out or an overload is Prometheus'.
    const code = errorType === 'bad_data' || errorType === 'execution' ? 'config-invalid' : 'source-unavailable';
    throw new CheckError(code, `Prometheus refuses the query: ${error.slice(0, 300)} (${errorType.slice(0, 40)})`);
  }
  const { data } = parsed.data;
  if (data.resultType === 'scalar') return [{ labels: 'the value', value: toNumber(data.result[1]) }];
  return data.result.map(({ metric, value }) => ({ labels: labelsOf(metric), value: toNumber(value[1]) }));
}

function judge({ expect, holdsFor, whenEmpty }: PrometheusConfig, series: readonly Series[]): void {
  if (series.length === 0) {
    if (whenEmpty === 'pass') return;
    throw new CheckError('assertion-failed', 'the query found no series');
  }
  const wrong = series.filter(({ value }) => !numberHolds(value, expect.is, expect.value));
  if (wrong.length === 0 || (holdsFor === 'any' && wrong.length < series.length)) return;
  const told = wrong.slice(0, 3).map(({ labels, value }) => `${labels} is ${value}`);
  const more = wrong.length > 3 ? ` and ${wrong.length - 3} more` : '';
  throw new CheckError('assertion-failed', `${told.join('; ')}${more}, expected ${expect.is} ${expect.value}`);
}

function runPrometheus(config: PrometheusConfig, env: CheckEnv): Promise<Outcome> {
  const run = beginHttpRun(beginRun(env), config);
  let series: Series[] | undefined;
  const query = async (): Promise<Series[]> => {
    const url = new URL(config.url);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v1/query`;
    url.searchParams.set('query', config.query);
    url.searchParams.set('timeout', `${Math.ceil(env.timeoutMs)}ms`);
    const { headers, basic, bearer } = config;
    const request = firstRequest(
      { url: url.href, method: 'GET', headers, basic, bearer, body: undefined },
      run.secrets,
    );
    const answer = await fetchAll(run, request, { follow: true, max: 3 });
    if (answer.status === 401 || answer.status === 403) {
      throw new CheckError('source-unavailable', `${run.trace.peer} lets HugOps not in (status ${answer.status})`);
    }
    if (answer.truncated) throw new CheckError('bad-answer', `the answer is longer than ${config.maxBodyBytes} bytes`);
    return readAnswer(bodyText(answer, config.maxBodyBytes), run.trace.peer);
  };
  return concludeRun(
    run,
    async () => {
      series = await query().catch((error: unknown) => {
        throw sourceTrouble(error, 'Prometheus', run);
      });
      judge(config, series);
    },
    () => ({
      peer: run.trace.peer,
      ...(run.answer === undefined ? {} : { status: run.answer.status }),
      ...(series === undefined
        ? {}
        : { series: series.slice(0, 20).map(({ labels, value }) => `${labels} ${value}`), count: series.length }),
    }),
  );
}

/** A threshold on PromQL. */
export const prometheusCheck = defineCheck({
  kind: 'prometheus',
  label: 'Prometheus query',
  summary:
    'An instant query of Prometheus, or what speaks like it (Thanos, Mimir, VictoriaMetrics), and a threshold for its values. NaN is never as expected. While Prometheus itself cannot be asked, the verdict is unknown.',
  example: {
    url: 'https://prometheus.example.com',
    query: 'sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))',
    expect: { is: 'below', value: 0.01 },
  },
  schema,
  hostOf: (config) => new URL(config.url).host,
  run: runPrometheus,
});
