import { expect, it } from 'vitest';
import { missingEntries, readLock } from '../../../scripts/complete-lock.ts';

// `npm ci` refuses a lock file that lacks an optional package of another system; and one registry's address is not everybody's.

it('holds every optional package that it names, and no address of a registry', () => {
  const lock = readLock();
  expect(Object.keys(lock.packages).length).toBeGreaterThan(200);
  // Mend it by `node scripts/complete-lock.ts`.
  expect(missingEntries(lock)).toEqual({});
  expect(JSON.stringify(lock)).not.toContain('"resolved"');
});

it('says of a missing package for which system it is, so that it is not installed on another', () => {
  const optionalDependencies = {
    '@tool/linux-x64-musl': '1.0.0',
    '@tool/darwin-arm64': '1.0.0',
    '@tool/win32-x64': '1.0.0',
  };
  const held = { 'node_modules/@tool/darwin-arm64': { version: '1.0.0' } };
  const lock = { packages: { 'node_modules/tool': { version: '1.0.0', dev: true, optionalDependencies }, ...held } };
  expect(missingEntries(lock)).toEqual({
    'node_modules/@tool/linux-x64-musl': {
      version: '1.0.0',
      dev: true,
      optional: true,
      cpu: ['x64'],
      os: ['linux'],
      libc: ['musl'],
    },
    'node_modules/@tool/win32-x64': { version: '1.0.0', dev: true, optional: true, cpu: ['x64'], os: ['win32'] },
  });
});
