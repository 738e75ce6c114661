import { lazy, Suspense } from 'react';
import type { ServiceDetail } from '../api/types.ts';
import { Boundary } from '../ui/boundary.tsx';
import { Disclosure } from '../ui/disclosure.tsx';
import { clockText } from '../ui/time.tsx';

const LatencyPlot = lazy(async () => ({ default: (await import('./latency-plot.tsx')).LatencyPlot }));

type Point = ServiceDetail['latency'][number];

/** Response times as a plot, and the same as a table for whoever cannot see it or whose browser cannot draw it. */
export function Latency({ points }: { points: Point[] }) {
  return (
    <div className="card px-3 pt-3 pb-2">
      <Boundary instead={<p className="px-1 text-soft">This browser could not draw the plot.</p>}>
        <Suspense fallback={<div className="skeleton h-60" />}>
          <LatencyPlot points={points} />
        </Suspense>
      </Boundary>
      <div className="px-1">
        <Disclosure label="As a table">
          <Table points={points} />
        </Disclosure>
      </div>
    </div>
  );
}

function Table({ points }: { points: Point[] }) {
  return (
    <table className="mb-3 w-full text-[0.94rem]">
      <thead>
        <tr className="border-b border-line text-start text-soft">
          {['Hour', 'Mean', 'Slowest', 'Failed'].map((name) => (
            <th key={name} scope="col" className="py-1 text-start font-medium">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {points.map((point) => (
          <tr key={point.at} className="border-b border-line last:border-0">
            <th scope="row" className="py-1 text-start font-normal">
              {clockText(point.at)}
            </th>
            <td>{Math.round(point.meanMs)} ms</td>
            <td>{Math.round(point.maxMs)} ms</td>
            <td>
              {point.failCount} of {point.failCount + point.okCount}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
