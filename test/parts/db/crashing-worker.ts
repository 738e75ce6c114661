import fs from 'node:fs';
import { PGlite } from '@electric-sql/pglite';

declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: { trap: () => void } };
};

// (module (func (export "trap") unreachable))
const TRAP = 'AGFzbQEAAAABBAFgAAADAgEABwgBBHRyYXAAAAoFAQMAAAs=';
const { trap } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(TRAP, 'base64'))).exports;

// The shipped worker around an engine that dies when it reads a certain word: of a trap, as WebAssembly does on a bad
// access, of its thread's end, or of a disk that fails to sync.
const create = PGlite.create.bind(PGlite) as (options: object) => Promise<PGlite>;
Object.defineProperty(PGlite, 'create', {
  value: async (options: object) => {
    const engine = await create(options);
    let armed = false;
    const loop = engine.Module._PostgresMainLoopOnce;
    engine.Module._PostgresMainLoopOnce = () => (armed ? trap() : loop());
    const run = engine.execProtocolRawStream.bind(engine);
    engine.execProtocolRawStream = (message, handlers) => {
      const text = Buffer.from(message).toString();
      armed = text.includes('a trap');
      if (text.includes('a vanishing')) process.exit(3);
      if (text.includes('a rotten disk')) fs.fsyncSync = failToSync;
      return run(message, handlers);
    };
    return engine;
  },
});

function failToSync(): never {
  throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' });
}

await import('../../../src/platform/db/embedded-worker.ts');
