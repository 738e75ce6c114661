import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** `open` passes everything; `cut` is a cable that was pulled; `deaf` lets requests through and loses every answer. */
type Line = 'open' | 'cut' | 'deaf';

export interface CutProxy {
  /** `http://127.0.0.1:port`. */
  url: string;
  set(line: Line): void;
  close(): Promise<void>;
}

/** A TCP line on loopback to another port, which the test can cut. */
export async function openCutProxy(target: number): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  let line: Line = 'open';
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((near) => {
    if (line === 'cut') return void near.destroy();
    const far = connect(target, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.on('data', (chunk: Buffer) => {
      // The far side has answered, so it has done what it was asked.
      if (line === 'deaf') near.destroy();
      else near.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set(next) {
      line = next;
      drop();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        drop();
      }),
  };
}
