import { z } from 'zod';
import { fieldErrors } from '../../platform/http/api.ts';
import { webAddress } from './clean-evidence.ts';
import { type InboundTool, respondWithProblems } from './inbound.ts';
import { alertSchema, alertSignal, refuseFields, refuseTooManyAlerts } from './prometheus-alert.ts';

// https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. What is not named here is ignored.
const messageSchema = z.object({
  version: z.literal('4'),
  groupKey: z.string().nullish(),
  receiver: z.string().nullish(),
  externalURL: z.string().nullish(),
  truncatedAlerts: z.number().nullish(),
  alerts: z.array(alertSchema),
});

/** Prometheus Alertmanager's webhook receiver, version 4 (also spoken by VictoriaMetrics, Mimir, Thanos and Loki). */
export const alertmanager: InboundTool = {
  kind: 'alertmanager',
  label: 'Prometheus Alertmanager',
  paths: ['/inbound/alertmanager', '/inbound/alertmanager/:key'],
  maxBytes: 5_000_000,
  parse: (body, { now, config }) => {
    const tooMany = refuseTooManyAlerts(body);
    if (tooMany !== undefined) return tooMany;
    const read = messageSchema.safeParse(body);
    if (!read.success) return refuseFields(fieldErrors(read.error));
    const message = read.data;
    const evidence = {
      externalUrl: webAddress(message.externalURL ?? undefined),
      groupKey: message.groupKey ?? undefined,
      receiver: message.receiver ?? undefined,
      // What Alertmanager left out of the message is not known here, and whoever looks should know that.
      truncatedAlerts: message.truncatedAlerts ? message.truncatedAlerts : undefined,
    };
    const about = { now, severity: config.severity ?? 'major', evidence };
    return { signals: message.alerts.map((alert) => alertSignal(alert, about)), acknowledgements: [] };
  },
  respond: respondWithProblems,
};
