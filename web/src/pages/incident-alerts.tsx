import type { IncidentDetail } from '../api/types.ts';
import { Disclosure } from '../ui/disclosure.tsx';
import { ScrollingText } from '../ui/scrolling-text.tsx';
import { countText, shownSeverity, State } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

type Alert = IncidentDetail['alerts'][number];

/** Alerts that say the same of several services, as a provider's notice does, are one; the others stay alone. In the order of their first. */
const folded = (alerts: readonly Alert[]): [Alert, ...Alert[]][] =>
  [...Map.groupBy(alerts, ({ source, status, summary }) => `${source} ${status} ${summary}`).values()].flatMap(
    ([first, ...more]) => (first === undefined ? [] : [[first, ...more] as [Alert, ...Alert[]]]),
  );

/** Everything that says so, with its evidence a tap away. */
export function Alerts({ alerts }: { alerts: Alert[] }) {
  return (
    <ul className="grid gap-3">
      {folded(alerts).map(([alert, ...more]) => (
        <li key={alert.id} className="card px-4 py-3">
          <p className="flex flex-wrap gap-x-4 text-[0.94rem]">
            {alert.status === 'firing' ? (
              <State shown={shownSeverity[alert.severity]}>Still so</State>
            ) : (
              <State shown={{ icon: 'ok', word: 'Clear again', tone: 't-ok' }} />
            )}
            <span className="text-soft">{sourceWords[alert.source] ?? alert.source}</span>
          </p>
          <p className="mt-1">{alert.summary}</p>
          {more.length === 0 ? null : (
            <p className="mt-0.5 text-[0.94rem]">
              For {[alert, ...more].map(({ serviceName }) => serviceName).join(', ')}
            </p>
          )}
          <p className="mt-0.5 text-[0.94rem] text-soft">
            first <Time at={alert.firstAt} />
            {alert.signalCount > 1 ? (
              <>
                , last <Time at={alert.lastAt} /> ({countText(alert.signalCount, 'signal')})
              </>
            ) : null}
          </p>
          <Evidence evidence={alert.evidence} />
        </li>
      ))}
    </ul>
  );
}

const sourceWords: Readonly<Record<string, string>> = {
  check: 'A check',
  alertmanager: 'Alertmanager',
  'events-v2': 'An alert by the Events API',
  grafana: 'Grafana',
  cloudwatch: 'Amazon CloudWatch',
  cloudevents: 'A CloudEvent',
  webhook: 'A webhook',
  integration: 'Another tool',
  upstream: 'A provider',
  burst: 'Posts of the public',
  report: 'Visitors of the status page',
  reports: 'Visitors of the status page',
};

function Evidence({ evidence }: { evidence: Alert['evidence'] }) {
  const rows = Object.entries(evidence).filter(([, value]) => value !== null && value !== undefined && value !== '');
  if (rows.length === 0) return null;
  return (
    <div className="mt-1">
      <Disclosure label="Evidence">
        <dl className="mt-1 mb-1 grid gap-x-4 gap-y-1 text-[0.94rem] sm:grid-cols-[auto_minmax(0,1fr)]">
          {rows.map(([key, value]) => (
            <div key={key} className="contents">
              <dt className="text-soft">{labelOf(key)}</dt>
              <dd className="mb-1 min-w-0 sm:mb-0">
                <Value name={key} value={value} />
              </dd>
            </div>
          ))}
        </dl>
      </Disclosure>
    </div>
  );
}

/** `lastPingAt` becomes `last ping`. */
const labelOf = (key: string): string =>
  key
    .replace(/At$|Ms$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();

function Value({ name, value }: { name: string; value: unknown }) {
  if (typeof value === 'number') {
    if (/(^at|At)$/.test(name) && value > 1e12) return <Time at={value} as="moment" />;
    return <>{name.endsWith('Ms') ? `${value.toLocaleString('en-GB')} ms` : value.toLocaleString('en-GB')}</>;
  }
  if (typeof value === 'string') return <span className="whitespace-pre-wrap">{value}</span>;
  if (typeof value === 'boolean') return <>{value ? 'yes' : 'no'}</>;
  return (
    <ScrollingText
      label={labelOf(name)}
      text={JSON.stringify(value, null, 2)}
      className="max-h-80 rounded-md bg-hover px-2.5 py-1.5 text-[0.82rem]"
    />
  );
}
