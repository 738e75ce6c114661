import { ask } from '../api/client.ts';
import type { ServiceDetail } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { Section } from '../ui/page.tsx';
import { ConfirmButton } from '../ui/sheet.tsx';
import { InFile } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { AddIntegration } from './add-integration.tsx';
import { kinds, tools } from './integration-tools.ts';

type Source = ServiceDetail['integrations'][number];

/** Other tools that raise alerts for a service, with what they have sent. */
export function Sources({ service, mayEdit }: { service: ServiceDetail; mayEdit: boolean }) {
  return (
    <Section title="Alerts from other tools" actions={mayEdit ? <AddIntegration serviceId={service.id} /> : null}>
      {service.integrations.length === 0 ? (
        <p className="text-soft">
          Alertmanager, Grafana, CloudWatch, whatever talks to PagerDuty, and any tool that posts JSON can open
          incidents here too.
        </p>
      ) : (
        <ul className="card divide-y divide-line">
          {service.integrations.map((source) => (
            <li key={source.id} className="flex flex-wrap items-start gap-x-4 gap-y-1 px-4 py-3">
              <div className="min-w-0 grow basis-56">
                <p className="font-semibold">{source.name}</p>
                <p className="flex flex-wrap gap-x-3 text-[0.94rem] text-soft">
                  {toolName(source.kind)}, key {source.keyHint}
                  {source.ownedBy === 'file' ? <InFile /> : null}
                </p>
                <Activity source={source} />
              </div>
              {mayEdit && source.ownedBy === 'console' ? <Remove source={source} /> : null}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function toolName(kind: string): string {
  const known = kinds.find((one) => one === kind);
  return known === undefined ? kind : tools[known].name;
}

const number = (count: number, one: string): string =>
  `${count.toLocaleString('en-GB')} ${count === 1 ? one : `${one}s`}`;

function Activity({ source }: { source: Source }) {
  const { accepted, lastAcceptedAt, refused, lastRefusedAt, lastRefusal, limited, lastLimitedAt, config } = source;
  return (
    <div className="mt-1 grid gap-0.5 text-[0.94rem] tabular-nums">
      <p>
        {lastAcceptedAt === null ? (
          'Nothing has come in yet'
        ) : (
          <>
            {number(accepted, 'message')}, the last <Time at={lastAcceptedAt} />
          </>
        )}
      </p>
      {lastRefusedAt === null ? null : (
        <p className="wrap-anywhere">
          {number(refused, 'message')} not understood, the last <Time at={lastRefusedAt} />: {lastRefusal}
        </p>
      )}
      {lastLimitedAt === null ? null : (
        <p>
          {number(limited, 'message')} over its limit, the last <Time at={lastLimitedAt} />
        </p>
      )}
      {config.groupBy === undefined ? null : (
        <p className="wrap-anywhere text-soft">Grouped by {config.groupBy.join(', ')}</p>
      )}
    </div>
  );
}

const Remove = ({ source }: { source: Source }) => (
  <ConfirmButton
    label="Remove"
    size="small"
    look="quiet"
    className="-ms-2 px-2!"
    aria-label={`Remove ${source.name}`}
    question={`Remove ${source.name}?`}
    consequence="Its key is refused from now on. Incidents that it opened stay."
    confirm="Remove it"
    act={() => ask('DELETE', `/api/v1/integrations/${encodeURIComponent(source.id)}`).then(refreshAll)}
  />
);
