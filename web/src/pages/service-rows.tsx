import { Link } from '@tanstack/react-router';
import type { ServiceSummary } from '../api/types.ts';
import { Icon } from '../ui/icons.tsx';
import { countText, InFile, shownVerdict, State } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

/** Services with their state, as they come: the worst first. */
export function ServiceRows({ services, withOwner = false }: { services: ServiceSummary[]; withOwner?: boolean }) {
  return (
    <ul className="card divide-y divide-line overflow-hidden">
      {services.map((service) => (
        <li key={service.id} className="relative hover:bg-hover">
          <div className="flex min-h-14 items-center gap-4 px-4 py-2.5">
            <div className="min-w-0 grow">
              <Link
                to="/services/$id"
                params={{ id: service.id }}
                className="font-semibold after:absolute after:inset-0 after:content-['']"
              >
                {service.name}
              </Link>
              <p className="flex flex-wrap gap-x-3 text-[0.94rem] text-soft">
                {service.checks === 0 ? 'No check yet' : countText(service.checks, 'check')}
                {withOwner && service.team ? <span>{service.team.name}</span> : null}
                {withOwner && service.ownedBy === 'file' ? <InFile /> : null}
              </p>
            </div>
            <div className="text-end text-[0.94rem]">
              <State shown={shownVerdict[service.status]} />
              {service.status === 'up' || service.status === 'unknown' ? null : (
                <p className="text-soft">
                  <Time at={service.statusSince} plain />
                </p>
              )}
            </div>
            <Icon name="go" className="text-soft" />
          </div>
        </li>
      ))}
    </ul>
  );
}
