import { createServer } from 'node:http';
import { waitUntil } from '../test/harness/wait-until.ts';

/** A service that can be told to fail, and notes when it first did. */
export async function openService() {
  let isDown = false;
  let failedAt = 0;
  let answered = 0;
  const server = createServer((_, response) => {
    answered++;
    if (isDown && failedAt === 0) failedAt = performance.now();
    response.writeHead(isDown ? 500 : 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a TCP address');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    fail() {
      failedAt = 0;
      isDown = true;
    },
    failedAt: () => failedAt,
    recover() {
      isDown = false;
    },
    async waitForChecks(count: number) {
      const target = answered + count;
      await waitUntil('more checks', () => answered >= target, 20_000);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
