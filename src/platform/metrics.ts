import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The program's own figures, served at /metrics in the Prometheus text format. */
export interface Metrics {
  registry: Registry;
  checkRuns: Counter<'kind' | 'outcome'>;
  signals: Counter<'source' | 'outcome'>;
  openIncidents: Gauge;
  pages: Counter<'channel' | 'outcome'>;
  /** Seconds from the row to the channel's acceptance. */
  pageDelay: Histogram;
  publishes: Counter<'outcome'>;
  pushes: Counter<'kind' | 'outcome'>;
  /** The time of the publication that a target holds, in seconds since 1970: its age is `time() -` this. */
  targetPublished: Gauge<'target'>;
  mails: Counter<'purpose' | 'outcome'>;
  hugs: Counter<'outcome'>;
  reports: Counter<'outcome'>;
  posts: Counter<'source' | 'outcome'>;
  loopErrors: Counter<'loop'>;
  /** What the auditor finds to be wrong now. */
  auditFindings: Gauge<'law'>;
  deadMan: Counter<'outcome'>;
  httpRequests: Counter<'method' | 'status'>;
  /** Counted where they are answered and added when somebody collects: a stampede asks too often for labels. */
  pageRequests: Counter<'status'> & { collect?: () => void };
}

/** Every metric with its help text. `withProcess` adds the Node.js process figures (a timer; not wanted in tests). */
export function openMetrics(withProcess: boolean): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (withProcess) collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, labelNames: L[]): Counter<L> =>
    new Counter({ name, help, labelNames, registers });
  return {
    registry,
    checkRuns: counter('hugops_check_runs_total', 'Check runs by kind and outcome.', ['kind', 'outcome']),
    signals: counter('hugops_signals_total', 'Signals by source and outcome.', ['source', 'outcome']),
    openIncidents: new Gauge({ name: 'hugops_open_incidents', help: 'Incidents that are not resolved.', registers }),
    pages: counter('hugops_pages_total', 'Page attempts by channel and outcome.', ['channel', 'outcome']),
    pageDelay: new Histogram({
      name: 'hugops_page_delay_seconds',
      help: 'From the page row to its acceptance by the channel.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
      registers,
    }),
    publishes: counter('hugops_publishes_total', 'Renderings of the status page.', ['outcome']),
    pushes: counter('hugops_pushes_total', 'Pushes of the status page to a target.', ['kind', 'outcome']),
    targetPublished: new Gauge({
      name: 'hugops_published_timestamp_seconds',
      help: 'When what a target of the status page holds was published; target "(here)" is what this process serves.',
      labelNames: ['target'],
      registers,
    }),
    mails: counter('hugops_mails_total', 'Mails that are not pages, by purpose and outcome.', ['purpose', 'outcome']),
    hugs: counter('hugops_hugs_total', 'Hugs left, by outcome.', ['outcome']),
    reports: counter('hugops_reports_total', 'Reports from the status page, by outcome.', ['outcome']),
    posts: counter('hugops_posts_total', 'Posts of the public, by source and outcome.', ['source', 'outcome']),
    loopErrors: counter('hugops_loop_errors_total', 'Failed ticks by loop.', ['loop']),
    auditFindings: new Gauge({
      name: 'hugops_audit_findings',
      help: 'What the auditor finds to be wrong now, by the law that is broken.',
      labelNames: ['law'],
      registers,
    }),
    deadMan: counter('hugops_dead_man_heartbeats_total', 'Outgoing heartbeats, sent only when all is in order.', [
      'outcome',
    ]),
    pageRequests: counter('hugops_page_requests_total', 'Requests answered from the published page.', ['status']),
    httpRequests: counter('hugops_http_requests_total', 'HTTP requests by method and status.', ['method', 'status']),
  };
}
