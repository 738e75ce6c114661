import { type EncodedValue } from './encode-value.ts';
import { parserOf, type ParseValue } from './parse-value.ts';

/**
 * The few messages of PostgreSQL's wire protocol, version 3, that the embedded database needs
 * (https://www.postgresql.org/docs/18/protocol-message-formats.html). Speaking it ourselves makes a query one message to
 * the worker and its answer one transferred buffer, instead of five rounds and a structured clone of every row.
 */
export interface StatementResult {
  readonly rows: Record<string, unknown>[];
  /** The command's tag without its counts, for example `INSERT`. */
  readonly command: string;
  /** Rows inserted, updated, deleted or selected; undefined when the command has no count. */
  readonly count: number | undefined;
}

/** An error reported by PostgreSQL; the fields are named as `pg` names them, so that one check serves both. */
class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly severity: string;
  /** SQLSTATE, for example 23505 for a unique violation. */
  readonly code: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly position: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly constraint: string | undefined;

  constructor(fields: ReadonlyMap<string, string>) {
    super(fields.get('M') ?? 'unknown database error');
    this.severity = fields.get('V') ?? 'ERROR';
    this.code = fields.get('C') ?? 'XX000';
    this.detail = fields.get('D');
    this.hint = fields.get('H');
    this.position = fields.get('P');
    this.table = fields.get('t');
    this.column = fields.get('c');
    this.constraint = fields.get('n');
  }
}

const encoder = new TextEncoder();

/** Grows as it is written to; never a slice of a shared pool, because its buffer is transferred to the worker. */
class MessageWriter {
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  /** Starts a message and returns where its length belongs. */
  start(type: string): number {
    this.#reserve(5);
    this.#bytes[this.#length] = type.charCodeAt(0);
    this.#length += 5;
    return this.#length - 4;
  }

  end(lengthAt: number): void {
    this.#view.setInt32(lengthAt, this.#length - lengthAt);
  }

  int16(value: number): void {
    this.#reserve(2);
    this.#view.setInt16(this.#length, value);
    this.#length += 2;
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#view.setInt32(this.#length, value);
    this.#length += 4;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Writes text as UTF-8 and returns its length in bytes. */
  text(value: string): number {
    this.#reserve(value.length * 3);
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(this.#length));
    this.#length += written;
    return written;
  }

  cString(value: string): void {
    this.text(value);
    this.#reserve(1);
    this.#bytes[this.#length] = 0;
    this.#length += 1;
  }

  /** A value preceded by its length. */
  sized(value: string | Uint8Array): void {
    if (typeof value !== 'string') {
      this.int32(value.length);
      this.bytes(value);
      return;
    }
    const lengthAt = this.#length;
    this.int32(0);
    // Writing the text may replace the view, so its length is put in afterwards.
    const length = this.text(value);
    this.#view.setInt32(lengthAt, length);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }
}

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly EncodedValue[];
}

/** One buffer for the statements, run in order in one implicit transaction unless one is open; the first error ends it. */
export function encodeStatements(statements: readonly Statement[]): Uint8Array<ArrayBuffer> {
  const writer = new MessageWriter();
  for (const statement of statements) encodeStatement(writer, statement);
  writer.end(writer.start('S'));
  return writer.finish();
}

/** One buffer for SQL text of any number of statements, without parameters. */
export function encodeScript(sql: string): Uint8Array<ArrayBuffer> {
  const writer = new MessageWriter();
  const query = writer.start('Q');
  writer.cString(checkText(sql));
  writer.end(query);
  return writer.finish();
}

function encodeStatement(writer: MessageWriter, { sql, parameters }: Statement): void {
  if (parameters.length > 65_535) throw new RangeError(`a statement takes 65535 parameters, not ${parameters.length}`);
  const parse = writer.start('P');
  writer.cString('');
  writer.cString(checkText(sql));
  writer.int16(0);
  writer.end(parse);

  const bind = writer.start('B');
  writer.cString('');
  writer.cString('');
  const anyBinary = parameters.some((value) => value !== null && typeof value !== 'string');
  writer.int16(anyBinary ? parameters.length : 0);
  if (anyBinary) for (const value of parameters) writer.int16(value === null || typeof value === 'string' ? 0 : 1);
  writer.int16(parameters.length);
  for (const value of parameters) {
    if (value === null) writer.int32(-1);
    else writer.sized(value);
  }
  writer.int16(0);
  writer.end(bind);

  const describe = writer.start('D');
  writer.bytes(PORTAL_UNNAMED);
  writer.end(describe);

  const execute = writer.start('E');
  writer.cString('');
  writer.int32(0);
  writer.end(execute);
}

const PORTAL_UNNAMED = new Uint8Array(['P'.charCodeAt(0), 0]);

function checkText(sql: string): string {
  if (sql.includes('\0')) throw new TypeError('SQL text cannot contain a zero byte');
  return sql;
}

export interface Answer {
  readonly results: StatementResult[];
  /** The first error, after which no statement ran, or that of a value which could not be read. */
  readonly error: Error | undefined;
  /** `I` idle, `T` in a transaction, `E` in a failed transaction; undefined when the server sent no ReadyForQuery. */
  readonly status: string | undefined;
  readonly notices: SqlError[];
  readonly notifications: { readonly channel: string; readonly payload: string }[];
}

interface Column {
  readonly name: string;
  readonly parse: ParseValue;
}

/** Reads everything the server sent in answer to one buffer of messages. */
export function decodeAnswer(bytes: Uint8Array): Answer {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const answer = {
    results: [] as StatementResult[],
    error: undefined as Error | undefined,
    status: undefined as string | undefined,
    notices: [] as SqlError[],
    notifications: [] as { channel: string; payload: string }[],
  };
  let columns: Column[] = [];
  let rows: Record<string, unknown>[] = [];
  for (let at = 0; at + 5 <= data.length;) {
    const type = String.fromCharCode(data.readUInt8(at));
    const body = at + 5;
    at += 1 + data.readInt32BE(at + 1);
    if (type === 'D') {
      // Read on after an unreadable value: the status at the end says whether a transaction is open.
      try {
        rows.push(readRow(data, body, columns));
      } catch (error) {
        answer.error ??= error instanceof Error ? error : new Error(String(error));
      }
    } else if (type === 'T') {
      columns = readColumns(data, body);
    } else if (type === 'C') {
      answer.results.push(finishResult(cStringAt(data, body), rows));
      rows = [];
      columns = [];
    } else if (type === 'I') {
      answer.results.push({ rows: [], command: '', count: undefined });
    } else if (type === 'E') {
      answer.error ??= new SqlError(readFields(data, body));
    } else if (type === 'Z') {
      answer.status = String.fromCharCode(data.readUInt8(body));
    } else if (type === 'N') {
      answer.notices.push(new SqlError(readFields(data, body)));
    } else if (type === 'A') {
      const channel = cStringAt(data, body + 4);
      answer.notifications.push({ channel, payload: cStringAt(data, body + 5 + Buffer.byteLength(channel)) });
    }
  }
  return answer;
}

function readRow(data: Buffer, body: number, columns: readonly Column[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  let at = body + 2;
  for (const { name, parse } of columns) {
    const length = data.readInt32BE(at);
    at += 4;
    if (length === -1) {
      row[name] = null;
    } else {
      row[name] = parse(data.toString('utf8', at, at + length));
      at += length;
    }
  }
  return row;
}

function readColumns(data: Buffer, body: number): Column[] {
  const columns: Column[] = [];
  let at = body + 2;
  for (let left = data.readInt16BE(body); left > 0; left -= 1) {
    const end = data.indexOf(0, at);
    columns.push({ name: data.toString('utf8', at, end), parse: parserOf(data.readUInt32BE(end + 7)) });
    at = end + 19;
  }
  return columns;
}

function finishResult(tag: string, rows: Record<string, unknown>[]): StatementResult {
  // Tags are `INSERT 0 5`, `UPDATE 3`, `CREATE TABLE`.
  const match = /^(.*?)(?: \d+)? (\d+)$/.exec(tag);
  if (match === null) return { rows, command: tag, count: undefined };
  return { rows, command: match[1] ?? tag, count: Number(match[2]) };
}

function readFields(data: Buffer, body: number): Map<string, string> {
  const fields = new Map<string, string>();
  for (let at = body; data.readUInt8(at) !== 0;) {
    const end = data.indexOf(0, at + 1);
    fields.set(String.fromCharCode(data.readUInt8(at)), data.toString('utf8', at + 1, end));
    at = end + 1;
  }
  return fields;
}

function cStringAt(data: Buffer, at: number): string {
  return data.toString('utf8', at, data.indexOf(0, at));
}
