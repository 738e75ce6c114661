import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';

/** One client of a fake WebSocket server. */
export interface FakeSocketClient {
  headers: Record<string, string>;
  /** With its query. */
  path: string;
  /** A text message; in several frames where parts are given. */
  send(...parts: string[]): void;
  ping(text: string): void;
  close(code: number, reason: string): void;
  /** Bytes as they are. */
  raw(bytes: Buffer): void;
}

export interface FakeSocketEvents {
  onOpen?(client: FakeSocketClient): void;
  onMessage?(text: string, client: FakeSocketClient): void;
  onPong?(text: string): void;
  /** The code of the farewell. */
  onClose?(code: number): void;
  /** What is agreed on when it is asked for. */
  subprotocol?: string;
}

/** An unmasked frame, as servers send it (RFC 6455, section 5.2). */
export function serverFrame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

/** Takes one whole masked frame from the front. A client's frame without a mask is an error. */
function takeFrame(bytes: Buffer): { opcode: number; payload: Buffer; rest: Buffer } | undefined {
  if (bytes.length < 2) return undefined;
  const second = bytes[1] ?? 0;
  if (second < 128) throw new Error('a client must mask its frames');
  let at = 2;
  let length = second & 127;
  if (length === 126) {
    if (bytes.length < 4) return undefined;
    length = bytes.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return undefined;
    length = Number(bytes.readBigUInt64BE(2));
    at = 10;
  }
  if (bytes.length < at + 4 + length) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + length)).map((byte, i) => byte ^ (mask[i & 3] ?? 0));
  return { opcode: (bytes[0] ?? 0) & 15, payload: Buffer.from(payload), rest: bytes.subarray(at + 4 + length) };
}

/** Answers the handshake of RFC 6455 and speaks its frames on a socket. */
export const serveWebSocket =
  (events: FakeSocketEvents = {}) =>
  (socket: Socket): void => {
    let pending = Buffer.alloc(0);
    let client: FakeSocketClient | undefined;
    const write = (bytes: Buffer | string): void => {
      if (!socket.destroyed) socket.write(bytes);
    };
    const agree = (head: string): FakeSocketClient => {
      const headers: Record<string, string> = {};
      for (const line of head.split('\r\n').slice(1)) {
        const [name = '', value = ''] = line.split(/: (.*)/);
        headers[name.toLowerCase()] = value;
      }
      const proof = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      const accept = createHash('sha1').update(proof).digest('base64');
      const asked = headers['sec-websocket-protocol'];
      const agreed = asked !== undefined && asked === events.subprotocol ? `Sec-WebSocket-Protocol: ${asked}\r\n` : '';
      write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${agreed}\r\n`,
      );
      return {
        headers,
        path: head.split(' ', 2)[1] ?? '',
        send(...parts) {
          for (const [index, part] of parts.entries()) {
            const first = (index === 0 ? 1 : 0) | (index === parts.length - 1 ? 0x80 : 0);
            write(serverFrame(first, Buffer.from(part)));
          }
        },
        ping: (text) => write(serverFrame(0x89, Buffer.from(text))),
        close: (code, reason) =>
          write(serverFrame(0x88, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]))),
        raw: write,
      };
    };
    socket.on('data', (bytes: Buffer) => {
      pending = Buffer.concat([pending, bytes]);
      if (!client) {
        const end = pending.indexOf('\r\n\r\n');
        if (end < 0) return;
        client = agree(pending.toString('latin1', 0, end));
        pending = pending.subarray(end + 4);
        events.onOpen?.(client);
      }
      for (let frame = takeFrame(pending); frame; frame = takeFrame(pending)) {
        pending = Buffer.from(frame.rest);
        const text = frame.payload.toString();
        if (frame.opcode === 1) events.onMessage?.(text, client);
        // A farewell need not give a code (RFC 6455, section 7.4.1: 1005 stands for none).
        if (frame.opcode === 8) events.onClose?.(frame.payload.length >= 2 ? frame.payload.readUInt16BE(0) : 1005);
        if (frame.opcode === 10) events.onPong?.(text);
      }
    });
  };
