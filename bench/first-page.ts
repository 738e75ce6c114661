import { openMailTransport } from '../src/platform/mail/transport.ts';
import { startSmtpServer } from '../test/harness/smtp-server.ts';
import { waitUntil } from '../test/harness/wait-until.ts';
import type { Bench } from './bench.ts';
import { openService } from './failing-service.ts';
import { openBenchServer, quantile } from './server.ts';

// One contact method gets at most ten single messages a minute; more would be summed up.
const rounds = 10;
const limitMs = 250;

/**
 * From the failed check to the accepted mail, at the real clock, through the whole program with its durable database: the service notes when it
 * answered the check with an error, the mail server when it took the mail. The limit beside it is the same mail handed to the same server at once.
 */
export const bench: Bench = {
  name: 'first-page',
  what: 'from a failed check to the page accepted by the mail server',
  floor: `median under ${limitMs} ms`,
  async run() {
    const service = await openService();
    const smtp = await startSmtpServer();
    const server = await openBenchServer(yaml(service.url), { SMTP_URL: smtp.url });
    try {
      const delays: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const before = smtp.mails.length;
        service.fail();
        await waitUntil('the page', () => smtp.mails.length > before, 20_000);
        delays.push(performance.now() - service.failedAt());
        service.recover();
        await service.waitForChecks(3);
      }
      const alone = await mailAlone(smtp.url);
      const median = quantile(delays, 0.5);
      console.log('                                            median      p90      max');
      for (const [name, values] of [
        ['failed check to accepted mail, ms', delays],
        ['the mail alone, ms', alone],
      ] as const) {
        console.log(
          `${name.padEnd(40)} ${[0.5, 0.9, 1].map((q) => quantile(values, q).toFixed(1).padStart(8)).join(' ')}`,
        );
      }
      console.log(`ratio of the medians: ${(median / quantile(alone, 0.5)).toFixed(1)}`);
      return { figure: Number(median.toFixed(1)), unit: 'ms', ok: median < limitMs };
    } finally {
      await server.close();
      await smtp.close();
      await service.close();
    }
  },
};

/** The limit: the same transport, the same server, nothing else. */
async function mailAlone(url: string): Promise<number[]> {
  const mail = openMailTransport({ url, from: 'HugOps <hugops@example.com>' });
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    const result = await mail.send({
      to: 'alice@example.com',
      subject: 'Alone',
      text: 'Alone',
      messageId: `<alone-${i}@example.com>`,
      at: 0,
      isUrgent: true,
    });
    if (!result.ok) throw new Error(result.reason);
    times.push(performance.now() - start);
  }
  mail.close();
  return times;
}

const yaml = (url: string): string => `
mail: { url: '\${env:SMTP_URL}', from: 'HugOps <hugops@example.com>' }
people:
  alice: { name: Alice, email: alice@example.com, timeZone: UTC, contact: [{ kind: email, address: alice@example.com }] }
teams: { shop: { name: Shop, members: [alice], policy: shop } }
policies: { shop: { name: Shop, steps: [{ notify: [{ person: alice }], wait: 5m }] } }
services:
  checkout:
    name: Checkout
    team: shop
    checks: { page: { kind: http, url: '${url}', interval: 1s, failureThreshold: 1, recoveryThreshold: 1 } }
statusPage: { title: Bench, groups: [{ name: All, components: [{ service: checkout }] }] }
`;
