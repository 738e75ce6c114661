import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import type { ResolveSecret } from '../platform/secret-reference.ts';
import { resolveReferences } from './config/index.ts';
import type { Environment } from './environment.ts';

/** Variables that checks of the console may refer to. */
const openPrefix = 'HUGOPS_SECRET_';

/**
 * The value behind a reference in a check's configuration, or undefined. A check of hugops.yaml was written by whoever runs this machine and may
 * refer to anything. One of the console was written by somebody who should not, for all their rights, be able to have DATABASE_URL or /etc/shadow
 * sent to an address of their choice (docs/adr/0006).
 */
export function secretsOf(environment: Pick<Environment, 'variables' | 'secretsDir'>): ResolveSecret {
  const { variables, secretsDir } = environment;
  return (source, name, ownedBy) => {
    if (ownedBy !== 'file' && !(source === 'env' ? name.startsWith(openPrefix) : isInside(secretsDir, name)))
      return undefined;
    const found = resolveReferences(`\${${source}:${name}}`, { variables, now: 0 });
    return found.ok ? found.text : undefined;
  };
}

/** Whether the file lies in the folder, wherever links and dots lead. */
function isInside(directory: string | undefined, path: string): boolean {
  if (directory === undefined) return false;
  try {
    return realpathSync(path).startsWith(`${realpathSync(directory)}${sep}`);
  } catch {
    return false;
  }
}
