import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { ServiceDetail } from '../api/types.ts';
import { clockText } from '../ui/time.tsx';

type Point = ServiceDetail['latency'][number];

const height = 220;
const hourS = 3_600;
const dayS = 24 * hourS;

/** Response times by the hour: the mean as a line, the slowest as a thinner one. */
export function LatencyPlot({ points }: { points: Point[] }) {
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = holder.current;
    if (element === null) return undefined;
    let plot = draw(element, points);
    const redraw = (): void => {
      plot.destroy();
      plot = draw(element, points);
    };
    const sizes = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    sizes.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', redraw);
    return () => {
      sizes.disconnect();
      scheme.removeEventListener('change', redraw);
      plot.destroy();
    };
  }, [points]);
  return (
    <div>
      <p className="mb-1 flex flex-wrap gap-x-5 px-1 text-[0.86rem] text-soft">
        <span className="inline-flex items-center gap-2">
          <span className="h-0.5 w-5 bg-ink" aria-hidden="true" />
          mean
        </span>
        <span className="inline-flex items-center gap-2">
          <span className="w-5 border-t border-dashed border-edge" aria-hidden="true" />
          slowest
        </span>
      </p>
      <div ref={holder} aria-hidden="true" style={{ minHeight: height }} />
    </div>
  );
}

function draw(element: HTMLElement, points: Point[]): uPlot {
  const styles = getComputedStyle(document.documentElement);
  const colour = (name: string): string => styles.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour('soft'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '12px system-ui, sans-serif',
  };
  const end = (points.at(-1)?.at ?? 0) / 1_000 + hourS;
  const options: uPlot.Options = {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    // The whole day, also when there is little of it yet.
    scales: {
      x: { range: () => [end - dayS, end] },
      y: { range: (_, __, max) => [0, Math.max(10, max * 1.1)] },
    },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((seconds) => clockText(seconds * 1_000)), space: 70 },
      { ...axis, values: (_, ticks) => ticks.map((ms) => `${ms} ms`), size: 62 },
    ],
    series: [
      {},
      { stroke: colour('ink'), width: 2, points: { size: 5, fill: colour('ink') } },
      { stroke: colour('edge'), width: 1, dash: [4, 4], points: { show: false } },
    ],
  };
  const rounded = (pick: (point: Point) => number): number[] => points.map((point) => Math.round(pick(point)));
  return new uPlot(
    options,
    [points.map((point) => point.at / 1_000), rounded((point) => point.meanMs), rounded((point) => point.maxMs)],
    element,
  );
}
