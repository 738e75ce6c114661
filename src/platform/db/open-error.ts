export type DatabaseOpenCode =
  /** The data directory cannot be created, read or written. */
  | 'unwritable'
  /** Another process holds the data directory. */
  | 'in-use'
  /** The directory holds something, but not a HugOps database. */
  | 'not-hugops'
  /** The database in the directory does not start, or its schema is not what this program made. */
  | 'corrupt'
  /** A newer HugOps, or a newer PostgreSQL, wrote this database. */
  | 'too-new'
  /** The server is older than the oldest supported PostgreSQL. */
  | 'too-old'
  /** DATABASE_URL is not a PostgreSQL address. */
  | 'bad-url'
  /** The server does not answer. */
  | 'unreachable'
  /** The server answers and lets us not in: user, password or database name. */
  | 'refused';

/** Why the database could not be opened, in words for whoever starts the program. Never contains a password. */
export class DatabaseOpenError extends Error {
  override readonly name = 'DatabaseOpenError';
  readonly code: DatabaseOpenCode;

  constructor(code: DatabaseOpenCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
