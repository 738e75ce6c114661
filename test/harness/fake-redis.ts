import type { Socket } from 'node:net';

/** What a fake Redis server knows. */
export interface FakeRedisState {
  /** `user:password` pairs; empty when no login is wanted. */
  logins?: readonly string[];
  databases?: number;
  /** Every command heard, as words. */
  heard?: string[][];
  /** Answers beyond PING: the raw reply to a command, or undefined for an unknown one. */
  reply?(command: readonly string[]): string | undefined;
}

/** Takes complete commands (arrays of bulk strings) from the front of the text; gives what is left. */
function takeCommands(text: string, onCommand: (parts: string[]) => void): string {
  let rest = text;
  for (;;) {
    const count = Number(/^\*(\d+)\r\n/.exec(rest)?.[1] ?? Number.NaN);
    if (Number.isNaN(count)) return rest;
    let at = rest.indexOf('\r\n') + 2;
    const parts: string[] = [];
    while (parts.length < count) {
      const head = /^\$(\d+)\r\n/.exec(rest.slice(at));
      if (!head) return rest;
      const from = at + head[0].length;
      const to = from + Number(head[1]);
      if (rest.length < to + 2) return rest;
      parts.push(rest.slice(from, to));
      at = to + 2;
    }
    onCommand(parts);
    rest = rest.slice(at);
  }
}

/** Speaks RESP2 on a socket as Redis does: AUTH, SELECT, PING, and what the test adds. */
export function serveRedis(state: FakeRedisState): (socket: Socket) => void {
  return (socket) => {
    let text = '';
    let isIn = state.logins === undefined;
    const answer = (parts: string[]): string => {
      state.heard?.push(parts);
      const [name = '', ...rest] = parts;
      if (name.toUpperCase() === 'AUTH') {
        const login = rest.length === 1 ? `default:${rest[0]}` : rest.join(':');
        isIn = state.logins?.includes(login) ?? false;
        return isIn ? '+OK\r\n' : `-WRONGPASS invalid username-password pair or user is disabled (${login}).\r\n`;
      }
      if (!isIn) return '-NOAUTH Authentication required.\r\n';
      const own = state.reply?.(parts);
      if (own !== undefined) return own;
      if (name === 'PING') return '+PONG\r\n';
      if (name === 'SELECT') {
        return Number(rest[0]) < (state.databases ?? 16) ? '+OK\r\n' : '-ERR DB index is out of range\r\n';
      }
      return `-ERR unknown command '${name}'\r\n`;
    };
    socket.on('data', (bytes) => {
      text = takeCommands(text + bytes.toString('latin1'), (parts) => void socket.write(answer(parts)));
    });
  };
}
