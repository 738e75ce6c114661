import { z } from 'zod';
import { fieldErrors } from '../../platform/http/api.ts';
import { webAddress } from './clean-evidence.ts';
import { type InboundTool, respondWithProblems } from './inbound.ts';
import { alertSchema, alertSignal, firstLine, refuseFields, refuseTooManyAlerts } from './prometheus-alert.ts';

// https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
// What is not named here is ignored.
const grafanaAlert = alertSchema.extend({
  values: z.record(z.string(), z.unknown()).nullish(),
  valueString: z.string().nullish(),
  silenceURL: z.string().nullish(),
  dashboardURL: z.string().nullish(),
  panelURL: z.string().nullish(),
  imageURL: z.string().nullish(),
});
const messageSchema = z.object({
  receiver: z.string().nullish(),
  orgId: z.number().nullish(),
  externalURL: z.string().nullish(),
  groupKey: z.string().nullish(),
  truncatedAlerts: z.number().nullish(),
  alerts: z.array(grafanaAlert),
});

/** Grafana's alerting (since version 9), by a contact point of the kind webhook. */
export const grafana: InboundTool = {
  kind: 'grafana',
  label: 'Grafana',
  paths: ['/inbound/grafana', '/inbound/grafana/:key'],
  maxBytes: 5_000_000,
  parse: (body, { now, config }) => {
    const tooMany = refuseTooManyAlerts(body);
    if (tooMany !== undefined) return tooMany;
    const read = messageSchema.safeParse(body);
    if (!read.success) return refuseFields(fieldErrors(read.error));
    const message = read.data;
    const signals = message.alerts.map((alert) =>
      alertSignal(alert, {
        now,
        severity: config.severity ?? 'major',
        summary: summaryOf(alert),
        evidence: {
          dashboardUrl: webAddress(alert.dashboardURL ?? undefined),
          panelUrl: webAddress(alert.panelURL ?? undefined),
          imageUrl: webAddress(alert.imageURL ?? undefined),
          silenceUrl: webAddress(alert.silenceURL ?? undefined),
          externalUrl: webAddress(message.externalURL ?? undefined),
          groupKey: message.groupKey ?? undefined,
          receiver: message.receiver ?? undefined,
          organization: message.orgId ?? undefined,
          truncatedAlerts: message.truncatedAlerts ? message.truncatedAlerts : undefined,
          values: alert.values ?? undefined,
        },
      }),
    );
    return { signals, acknowledgements: [] };
  },
  respond: respondWithProblems,
};

// For a rule that has no data or cannot ask its source, Grafana sends an alert of this name, and the rule's own name in a label.
const ruleTrouble: Readonly<Record<string, string>> = {
  DatasourceNoData: 'no data',
  DatasourceError: 'the data source cannot be asked',
};

function summaryOf({ labels, annotations, valueString }: z.infer<typeof grafanaAlert>): string {
  const name = labels['alertname'] ?? '';
  const rule = labels['rulename'];
  const trouble = rule === undefined ? undefined : ruleTrouble[name];
  if (trouble !== undefined) return firstLine([`${rule}: ${trouble}`], name);
  const candidates = [annotations?.['summary'], annotations?.['description'], name, valueString];
  return firstLine(candidates, 'Alert without a name');
}
