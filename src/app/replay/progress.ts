import type { EpochMs } from '../../domain/words.ts';
import type { Scenario } from './scenario.ts';

export interface Progress {
  /** Says where to watch. */
  begin(url: string, who: { email: string; password: string }): void;
  show(at: EpochMs): void;
  end(): void;
}

const width = 32;
/** A log gets a line an hour of the scenario, a terminal a bar that moves. */
const logEveryMs = 3_600_000;

/** The bar with the scenario's clock. */
export function createProgress(
  out: { complain(text: string): void; isTerminal: boolean },
  scenario: Pick<Scenario, 'title' | 'startsAt' | 'endsAt'>,
): Progress {
  let drawn = '';
  let loggedAt = Number.NEGATIVE_INFINITY;
  return {
    begin(url, who) {
      out.complain(
        `${scenario.title}\n  status page  ${url}\n  console      ${url}/console  (${who.email}, ${who.password})\n\n`,
      );
    },
    show(at) {
      const share = Math.min(1, (at - scenario.startsAt) / (scenario.endsAt - scenario.startsAt));
      const clock = `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
      if (out.isTerminal) {
        const full = Math.round(share * width);
        const line = `\r  ${clock}  ${'█'.repeat(full)}${'░'.repeat(width - full)}  ${Math.round(share * 100)}% `;
        if (line !== drawn) out.complain(line);
        drawn = line;
      } else if (at - loggedAt >= logEveryMs) {
        loggedAt = at;
        out.complain(`  ${clock}\n`);
      }
    },
    end() {
      if (drawn !== '') out.complain('\n');
    },
  };
}
