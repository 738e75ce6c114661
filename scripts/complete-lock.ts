import { readFileSync, writeFileSync } from 'node:fs';

// `npm run lock` after every change of the dependencies. npm leaves optional packages for other platforms out of the lock file when its registry
// does not offer them, and `npm ci` then refuses the file everywhere. This writes the missing entries: name and version as the package that
// asks for them says, platform as the name says. Their integrity is unknown and left out; where they are installed, npm fetches them by version.

interface LockEntry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  peer?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32', 'sunos', 'netbsd', 'openbsd', 'aix'];
const processors = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'wasm32', 'loong64', 'mips64el'];

type Lock = { packages: Record<string, LockEntry> };

const path = new URL('../package-lock.json', import.meta.url);

export const readLock = (): Lock => JSON.parse(readFileSync(path, 'utf8')) as Lock;

/** The entries that the lock file names and does not hold, by place. */
export function missingEntries(lock: Lock): Record<string, LockEntry> {
  const missing: Record<string, LockEntry> = {};
  for (const [place, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const platform = platformOf(name);
      if (platform === undefined || !/^\d/.test(version) || isThere(lock, place, name)) continue;
      missing[`node_modules/${name}`] = {
        version,
        ...platform,
        ...(entry.dev === true ? { dev: true } : {}),
        optional: true,
      };
    }
  }
  return missing;
}

if (import.meta.main) {
  const lock = readLock();
  const missing = missingEntries(lock);
  const packages = Object.entries({ ...lock.packages, ...missing }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`);
  const names = Object.keys(missing);
  console.log(names.length === 0 ? 'package-lock.json is complete' : `added to package-lock.json: ${names.join(', ')}`);
}

/** Whether Node's search from `place` upwards finds the package in the lock file. */
function isThere(lock: Lock, place: string, name: string): boolean {
  for (let at = place; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (lock.packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`] !== undefined) return true;
    if (at === '') return false;
  }
}

/** The platform that such a package is for, from the words of its name; undefined when the name tells none. */
function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> | undefined {
  const words = name.split(/[-/.]/);
  const os = systems.find((system) => words.includes(system));
  const cpu =
    processors.find((processor) => words.includes(processor)) ?? (words.includes('armv7') ? 'arm' : undefined);
  if (os === undefined && cpu !== 'wasm32') return undefined;
  const libc = words.some((word) => word.startsWith('musl'))
    ? ['musl']
    : words.some((word) => word.startsWith('gnu'))
      ? ['glibc']
      : undefined;
  return {
    ...(os === undefined ? {} : { os: [os] }),
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(os === 'linux' && libc !== undefined ? { libc } : {}),
  };
}
