import type { IntegrationKey, NewIntegration } from '../api/types.ts';

export type Kind = NewIntegration['kind'];

interface Tool {
  name: string;
  /** One sentence under the choice. */
  about: string;
  exampleName: string;
  /** What to do in the tool, with the text to paste there; `label` names the text for a screen reader. */
  steps(made: IntegrationKey): { say: string; label: string; text: string }[];
}

const post = (url: string, body: object, type = 'application/json'): string =>
  `curl -X POST ${url} -H 'content-type: ${type}' -d '${JSON.stringify(body)}'`;

/** What each tool is called, and what it wants to be told. */
export const tools: Readonly<Record<Kind, Tool>> = {
  alertmanager: {
    name: 'Prometheus Alertmanager',
    about: 'By its webhook. Mimir, Loki, Thanos and VictoriaMetrics speak it too.',
    exampleName: 'Alertmanager in production',
    steps: ({ url }) => [
      {
        say: 'In alertmanager.yml, and name the receiver in a route:',
        label: 'the receiver for Alertmanager',
        text: `receivers:\n  - name: hugops\n    webhook_configs:\n      - url: ${url}\n        send_resolved: true`,
      },
    ],
  },
  grafana: {
    name: 'Grafana',
    about: 'Grafana’s own alerting, by a contact point.',
    exampleName: 'Grafana',
    steps: ({ url }) => [
      {
        say: 'In Grafana: Alerting, Contact points, Add contact point. Choose the integration Webhook, the method POST, and this URL. Leave “Disable resolved message” off, and name the contact point in a notification policy.',
        label: 'the URL for Grafana',
        text: url,
      },
      {
        say: 'Or provision it, in provisioning/alerting/hugops.yaml:',
        label: 'the provisioning file for Grafana',
        text: `apiVersion: 1\ncontactPoints:\n  - orgId: 1\n    name: HugOps\n    receivers:\n      - uid: hugops\n        type: webhook\n        disableResolveMessage: false\n        settings:\n          url: ${url}\n          httpMethod: POST`,
      },
    ],
  },
  cloudwatch: {
    name: 'Amazon CloudWatch',
    about: 'Alarms, delivered by an SNS topic. HugOps confirms the subscription by itself and checks every signature.',
    exampleName: 'CloudWatch in eu-central-1',
    steps: ({ url }) => [
      {
        say: 'Subscribe this address to the topic that your alarms notify, without raw message delivery. HugOps must be reachable from the Internet by https.',
        label: 'the subscription for SNS',
        text: `aws sns subscribe \\\n  --topic-arn arn:aws:sns:REGION:ACCOUNT:TOPIC \\\n  --protocol https \\\n  --notification-endpoint ${url}`,
      },
      {
        say: 'Let each alarm notify the topic for both ALARM and OK, so that it also ends here:',
        label: 'the actions of an alarm',
        text: '--alarm-actions arn:aws:sns:REGION:ACCOUNT:TOPIC \\\n--ok-actions arn:aws:sns:REGION:ACCOUNT:TOPIC',
      },
    ],
  },
  cloudevents: {
    name: 'CloudEvents',
    about: 'Version 1.0 over HTTP: structured, binary or in batches. Azure Event Grid and Knative send it.',
    exampleName: 'Event Grid',
    steps: ({ url }) => [
      { say: 'Deliver the events to this address:', label: 'the address for CloudEvents', text: url },
      {
        say: 'An event whose type ends in .resolved, or whose data has the status ok, ends the alert of the same source and subject. To try it:',
        label: 'a first event',
        text: post(
          url,
          {
            specversion: '1.0',
            id: 'first-try-1',
            source: '/first-try',
            type: 'com.example.try.failed',
            subject: 'curl',
            data: { summary: 'A first try', severity: 'warning' },
          },
          'application/cloudevents+json',
        ),
      },
    ],
  },
  'events-v2': {
    name: 'PagerDuty Events API v2',
    about: 'Whatever can talk to PagerDuty: it sends its events to HugOps instead.',
    exampleName: 'Deployments',
    steps: ({ url, key }) => [
      { say: 'The routing key, also called integration key:', label: 'the routing key', text: key },
      {
        say: 'Send events to this address instead of events.pagerduty.com. To try it:',
        label: 'a first event',
        text: post(url, {
          routing_key: key,
          event_action: 'trigger',
          dedup_key: 'first-try',
          payload: { summary: 'A first try', source: 'curl', severity: 'warning' },
        }),
      },
    ],
  },
  webhook: {
    name: 'Another tool (webhook)',
    about: 'Whatever posts JSON. You say where in it the key, the status and the rest are.',
    exampleName: 'Zabbix',
    steps: ({ url }) => [
      { say: 'Let the tool POST its JSON to this address:', label: 'the address of the webhook', text: url },
    ],
  },
};

/** The tools in the order of the form. */
export const kinds = Object.keys(tools) as Kind[];
