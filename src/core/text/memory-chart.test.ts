import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContainerHistory } from '../model/series.ts';
import { HOUR_MS, KIB, MIB, MINUTE_MS } from '../units.ts';
import { byteScale, tickLabel, timeTicks } from './chart-scale.ts';
import { columnAt, columnRanges } from './columns.ts';
import { UTC_ZONE } from './instants.ts';
import { renderMemoryChart } from './memory-chart.ts';
import type { ChartOptions } from './memory-chart.ts';
import { NO_PAINT } from './paint.ts';
import { sparkline } from './sparkline.ts';

const OPTIONS: ChartOptions = {
  width: 80,
  cut: false,
  paint: NO_PAINT,
  ascii: true,
  zone: UTC_ZONE,
  nowMs: 10 * HOUR_MS,
  verbose: false,
  program: 'exit137',
  headers: true,
  // 6 columns of axis and 1 of line leave 10 for the plot: one for each hour.
  chartWidth: 17,
  chartRows: 5,
} as ChartOptions;

const SPAN = { fromMs: 0, toMs: 10 * HOUR_MS };

/** One sample in the middle of each hour. */
function history(
  mebibytes: readonly (number | undefined)[],
  over: Partial<ContainerHistory> = {},
): ContainerHistory {
  const points = mebibytes.flatMap((value, hour) =>
    value === undefined ? [] : [{ atMs: (hour + 0.5) * HOUR_MS, value: value * MIB }],
  );
  return {
    namespace: 'shop',
    pod: 'api-0',
    container: 'api',
    source: 'prometheus',
    stepMs: HOUR_MS,
    ...SPAN,
    workingSet: { timesMs: points.map(({ atMs }) => atMs), values: points.map(({ value }) => value) },
    ...over,
  };
}

function drawn(
  one: ContainerHistory,
  rest: { kills?: readonly number[]; cutsMs?: readonly number[] } = {},
): string {
  const kills = (rest.kills ?? []).map((atMs) => ({ pod: 'api-0', atMs, kind: 'limit' as const }));
  return renderMemoryChart({ history: one, kills, cutsMs: rest.cutsMs ?? [], span: SPAN }, OPTIONS).join(
    '\n',
  );
}

describe('renderMemoryChart', () => {
  // The scale ends at the first step of 64 MiB above 256 MiB: 320 MiB, 64 MiB a row, a tick on each row's lower edge.
  it('draws the line from 0 with limit, request and a gap', () => {
    const text = drawn(
      history([70, 70, 140, 140, undefined, undefined, 200, 200, 200, 200], {
        limit: [{ fromMs: 0, value: 256 * MIB }],
        request: [{ fromMs: 0, value: 100 * MIB }],
      }),
    );
    expect(text).toBe(`\
   MiB
   256+==========
   192+      ****
   128+  **
    64+**--------
     0+
      ++---------
       1 Jan`);
  });

  it('breaks the line where a life ends, and marks the kill on its limit and below', () => {
    const text = drawn(
      history([70, 130, 200, 250, 70, 130, 200, 250, 70, 70], { limit: [{ fromMs: 0, value: 256 * MIB }] }),
      {
        kills: [4 * HOUR_MS, 8 * HOUR_MS],
        cutsMs: [4 * HOUR_MS, 8 * HOUR_MS],
      },
    );
    const rows = text.split('\n');
    expect(rows.slice(0, 7)).toEqual([
      '   MiB',
      '   256+====X===X=',
      '   192+  **  **',
      '   128+ *   *',
      '    64+*   *   **',
      '     0+',
      ' kills     X   X',
    ]);
  });

  it('joins the line inside a life, however steep', () => {
    const rows = drawn(history([70, 250, 70, 70, 70, 70, 70, 70, 70, 70])).split('\n');
    // Every row between 64 MiB and 250 MiB is crossed in the first two columns.
    for (const row of [1, 2, 3]) expect(rows[row]?.slice(7, 10)).toMatch(/\*/);
  });

  it('counts kills that share a column', () => {
    const one = history([70, 70, 70, 70, 70, 70, 70, 70, 70, 70]);
    const kills = [4.1, 4.2, 4.3].map((hour) => hour * HOUR_MS);
    expect(drawn(one, { kills })).toMatch(/^ kills {5}3$/m);
    const many = Array.from({ length: 12 }, (_, index) => 4 * HOUR_MS + index * MINUTE_MS);
    expect(drawn(one, { kills: many })).toMatch(/^ kills {5}\+$/m);
  });

  it('draws traffic on the same columns', () => {
    const timesMs = Array.from({ length: 10 }, (_, hour) => (hour + 0.5) * HOUR_MS);
    const text = drawn(
      history([70, 70, 70, 70, 70, 70, 70, 70, 70, 70], {
        traffic: {
          kind: 'requests',
          metric: 'istio_requests_total',
          scope: 'pod',
          perSecond: { timesMs, values: [0, 0, 0, 0, 0, 8, 8, 8, 4, 4] },
        },
      }),
    );
    // 8 of 8 is the highest block, 4 of 8 the fifth of eight, 0 the lowest.
    expect(text.split('\n').at(-1)).toBe(' req/s _____###==');
  });

  it('draws nothing of nothing', () => {
    expect(drawn(history([]))).toBe('');
    const { workingSet: _none, ...bare } = history([]);
    expect(drawn(bare)).toBe('');
  });

  it('keeps the highest sample of any series, and its width', () => {
    const samples = fc.array(fc.integer({ min: 1, max: 4096 }), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(samples, (values) => {
        const timesMs = values.map((_, index) => ((index + 0.5) / values.length) * SPAN.toMs);
        const one = history([], { workingSet: { timesMs, values: values.map((value) => value * MIB) } });
        const rows = renderMemoryChart({ history: one, kills: [], cutsMs: [], span: SPAN }, OPTIONS);
        const plot = rows.slice(1, 6).map((row) => row.slice(7));
        const scale = byteScale(Math.max(...values) * MIB);
        const row = 4 - Math.floor(((Math.max(...values) * MIB) / scale.topBytes) * 5);
        expect(plot[row]).toMatch(/\*/);
        for (const line of rows) expect(line.length).toBeLessThanOrEqual(17);
      }),
      { numRuns: 60 },
    );
  });

  it('is total over hostile samples', () => {
    const odd = fc.oneof(fc.double(), fc.constantFrom(0, -1, 1e300, Number.MAX_VALUE));
    fc.assert(
      fc.property(fc.array(odd, { maxLength: 50 }), fc.boolean(), (values, ascii) => {
        const finite = values.filter((value) => Number.isFinite(value));
        const timesMs = finite.map((_, index) => index * MINUTE_MS);
        const one = history([], { workingSet: { timesMs, values: finite } });
        renderMemoryChart({ history: one, kills: [], cutsMs: [], span: SPAN }, { ...OPTIONS, ascii });
      }),
      { numRuns: 60 },
    );
  });
});

describe('byteScale', () => {
  it.each([
    ['512 MiB', 512 * MIB, { stepBytes: 128 * MIB, topBytes: 640 * MIB, unit: 'MiB' }],
    ['736 MiB', 736 * MIB, { stepBytes: 128 * MIB, topBytes: 768 * MIB, unit: 'MiB' }],
    ['20 GiB', 20 * 1024 * MIB, { stepBytes: 4096 * MIB, topBytes: 24 * 1024 * MIB, unit: 'GiB' }],
    ['900 KiB', 900 * KIB, { stepBytes: 256 * KIB, topBytes: 1024 * KIB, unit: 'KiB' }],
    ['nothing', 0, { stepBytes: KIB, topBytes: 2 * KIB, unit: 'KiB' }],
  ])('%s', (_name, highest, scale) => {
    expect(byteScale(highest)).toMatchObject(scale);
  });

  it('labels a tick in the unit of the scale', () => {
    expect(tickLabel(8 * 1024 * MIB, byteScale(20 * 1024 * MIB))).toBe('8');
    expect(tickLabel(128 * MIB, byteScale(512 * MIB))).toBe('128');
  });
});

const KOLKATA = () => ({ label: 'IST', offsetMinutes: 330 });

describe('timeTicks', () => {
  const day = Date.UTC(2025, 10, 20);
  it.each([
    ['a week', 7 * 24, ['14 Nov', '16 Nov', '18 Nov', '20 Nov']],
    ['a day', 24, ['20 Nov', '06:00', '12:00', '18:00']],
  ])('%s', (_name, hours, labels) => {
    // A week that ends on the 20th at noon; a day that begins at the 20th's midnight, less a minute.
    const span =
      hours === 24
        ? { fromMs: day - MINUTE_MS, toMs: day + 23.5 * HOUR_MS }
        : { fromMs: day + 12 * HOUR_MS - hours * HOUR_MS, toMs: day + 12 * HOUR_MS };
    expect(timeTicks(span, 73, UTC_ZONE).map(({ label }) => label)).toEqual(labels);
  });

  it('lies on the round hours of the reader, not of UTC', () => {
    const [first] = timeTicks({ fromMs: day, toMs: day + 24 * HOUR_MS }, 73, KOLKATA);
    // 00:00 UTC is 05:30 there; the next sixth hour is 06:00, half an hour later.
    expect(first).toEqual({ atMs: day + 30 * MINUTE_MS, label: '06:00' });
  });
});

describe('columnRanges', () => {
  it('keeps the lowest and the highest of each column', () => {
    const series = { timesMs: [0, 1, 2, 10, 19], values: [5, 1, 9, 4, 7] };
    expect(columnRanges(series, { fromMs: 0, toMs: 20 }, 4)).toEqual([
      { low: 1, high: 9 },
      undefined,
      { low: 4, high: 4 },
      { low: 7, high: 7 },
    ]);
  });

  it('puts the end into the last column', () => {
    expect(columnAt(20, { fromMs: 0, toMs: 20 }, 4)).toBe(3);
    expect(columnAt(-5, { fromMs: 0, toMs: 20 }, 4)).toBe(0);
    expect(columnAt(7, { fromMs: 7, toMs: 7 }, 4)).toBe(0);
  });
});

describe('sparkline', () => {
  it('goes from the lowest to the highest block, a blank where nothing is', () => {
    expect(sparkline([0, 4, 8, null, undefined, 99], 8, false).join('')).toBe('▁▅█  █');
    expect(sparkline([1, 2], 0, true).join('')).toBe('__');
  });
});
