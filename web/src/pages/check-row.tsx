import { ask } from '../api/client.ts';
import type { CheckView } from '../api/types.ts';
import { refreshAll } from '../ui/act.ts';
import { CopyText } from '../ui/copy.tsx';
import { Disclosure } from '../ui/disclosure.tsx';
import { Icon } from '../ui/icons.tsx';
import { ConfirmButton } from '../ui/sheet.tsx';
import { InFile, shownSeverity, shownVerdict, State } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

/** One check: its state and why, what it saw last, and for a heartbeat where to ping. */
export function CheckRow({ check, mayEdit }: { check: CheckView; mayEdit: boolean }) {
  return (
    <li className="px-4 py-3.5">
      <div className="flex flex-wrap items-start justify-between gap-x-4">
        <div className="min-w-0">
          <h3 className="text-base">{check.name}</h3>
          <p className="text-[0.94rem] break-all text-soft">{check.target}</p>
        </div>
        <div className="text-[0.94rem]">
          {check.paused ? (
            <State shown={{ icon: 'paused', word: 'Paused', tone: 't-unknown' }} />
          ) : (
            <State shown={shownVerdict[check.verdict]} />
          )}
        </div>
      </div>
      <LastResult check={check} />
      <Places check={check} />
      <div className="mt-1 flex flex-wrap items-center gap-x-4 gap-y-1 text-[0.94rem] text-soft">
        <span>every {everyText(check.intervalMs)}</span>
        <span>a failure is {shownSeverity[check.severity].word.toLowerCase()}</span>
        {check.ownedBy === 'file' ? <InFile /> : null}
        {mayEdit && check.ownedBy === 'console' ? (
          <ConfirmButton
            label="Remove"
            size="small"
            look="quiet"
            className="-my-1 -ms-2 px-2!"
            aria-label={`Remove ${check.name}`}
            question={`Remove ${check.name}?`}
            consequence="HugOps stops looking. What it saw so far stays."
            confirm="Remove it"
            act={() => ask('DELETE', `/api/v1/checks/${encodeURIComponent(check.id)}`).then(refreshAll)}
          />
        ) : null}
      </div>
      {check.pingUrl === null ? null : <PingHelp url={check.pingUrl} isNew={check.lastResult === null} />}
    </li>
  );
}

/** What each location says, where several look; and that it is held because it flaps. */
function Places({ check }: { check: CheckView }) {
  return (
    <>
      {check.flapping ? (
        <p className="mt-1 text-[0.94rem]">Keeps going down and coming up: held as down until it is steady.</p>
      ) : null}
      {check.locations.length < 2 && check.locations.every(({ id }) => id === 'local' || id === 'ping') ? null : (
        <ul className="mt-1 flex flex-wrap gap-x-4 text-[0.94rem]" aria-label="By location">
          {check.locations.map((place) => (
            <li key={place.id} className="flex items-center gap-x-1.5">
              <span className="text-soft">{place.id === 'local' ? 'this server' : place.id}</span>
              <State shown={shownVerdict[place.verdict]} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function LastResult({ check }: { check: CheckView }) {
  const last = check.lastResult;
  if (last === null)
    return (
      <p className="mt-1 text-[0.94rem] text-soft">
        {check.kind === 'heartbeat' ? 'Waiting for its first ping' : 'Its first look is under way'}
      </p>
    );
  return (
    <p className="mt-1 flex items-start gap-2 text-[0.94rem]">
      <Icon name={last.ok ? 'check' : 'close'} className={`mt-1 ${last.ok ? 'text-ok' : 'text-major'}`} />
      <span className="min-w-0">
        {last.ok
          ? last.totalMs === null
            ? 'Fine'
            : `Answered in ${Math.round(last.totalMs)} ms`
          : (last.error ?? 'Failed')}
        <span className="text-soft">
          , <Time at={last.at} />
        </span>
      </span>
    </p>
  );
}

/** How to ping a heartbeat: at hand while nobody has, behind a word afterwards. */
function PingHelp({ url, isNew }: { url: string; isNew: boolean }) {
  return (
    <div className="mt-2">
      <Disclosure label="How to ping it" open={isNew}>
        <p className="mb-2 text-[0.94rem] text-soft">
          Let the job call this address when it is done. Add /start when it begins and /fail when it fails.
        </p>
        <CopyText label="the ping command" text={`curl -fsS -m 10 --retry 5 -o /dev/null ${url}`} />
      </Disclosure>
    </div>
  );
}

function everyText(ms: number): string {
  const units = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
    [1_000, 'second'],
  ] as const;
  const [size, word] = units.find(([unit]) => ms % unit === 0) ?? units[3];
  const count = ms / size;
  return count === 1 ? word : `${count} ${word}s`;
}
