import { createPublicationStore } from '../publication-store.ts';
import type { PublishTarget, PushTo } from './push-target.ts';
import { PushError } from './push-target.ts';

/**
 * A directory that any web server serves, on this machine or mounted. Each publication is a folder of its own, and `current` changes to it in one
 * step: a reader sees the one or the other, never half of both.
 */
export function pushToDirectory(target: Extract<PublishTarget, { kind: 'directory' }>): PushTo {
  const store = createPublicationStore(target.path);
  return async ({ publication, files }) => {
    try {
      await store.store(publication);
    } catch (error) {
      throw new PushError(`the directory refuses: ${error instanceof Error ? error.message : String(error)}`);
    }
    files.clear();
    for (const [path, { hash }] of publication.artefacts) files.set(path, hash);
  };
}
