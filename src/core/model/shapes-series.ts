/** Shapes of memory over time. A series whose times do not ascend strictly is dropped: it would be read as something else. */
import { MOST_SAMPLES } from './bundle.ts';
import type { ContainerHistory, Series, Step, TrafficHistory } from './series.ts';
import { BAD, list, number, oneOf, opt, record, type Shape, text } from './shape.ts';
import { bytes, instant, limit, message, name, reference, word } from './shapes-basic.ts';

const MAX_STEPS = 1000;
const MAX_NOTES = 20;
const milliseconds: Shape<number> = number(0, Number.MAX_SAFE_INTEGER);

const plainSeries = record<Series>({
  timesMs: list(instant, MOST_SAMPLES),
  values: list(number(-Number.MAX_VALUE, Number.MAX_VALUE), MOST_SAMPLES),
});

/** Bad items are dropped one by one elsewhere; here that would shift values against their times. */
const series: Shape<Series> = (raw, notes, place) => {
  const before = notes.count;
  const checked = plainSeries(raw, notes, place);
  if (checked === BAD || notes.count > before) return BAD;
  const { timesMs, values } = checked;
  if (timesMs.length !== values.length) return BAD;
  return timesMs.every((atMs, index) => index === 0 || atMs > (timesMs[index - 1] ?? 0)) ? checked : BAD;
};

function steps<Value>(value: Shape<Value>): Shape<readonly Step<Value>[]> {
  return list(record<Step<unknown>>({ fromMs: instant, value }) as Shape<Step<Value>>, MAX_STEPS);
}

const traffic: Shape<TrafficHistory> = record<TrafficHistory>({
  kind: oneOf('requests', 'network-bytes', 'named'),
  metric: word,
  perSecond: series,
  scope: oneOf('pod', 'workload'),
});

export const historyShape: Shape<ContainerHistory> = record<ContainerHistory>({
  namespace: name,
  pod: name,
  podUid: opt(name),
  container: name,
  nodeName: opt(name),
  workload: opt(record<NonNullable<ContainerHistory['workload']>>({ kind: name, name })),
  source: reference,
  stepMs: milliseconds,
  fromMs: instant,
  toMs: instant,
  workingSet: opt(series),
  rss: opt(series),
  cache: opt(series),
  shmem: opt(series),
  usage: opt(series),
  peak: opt(series),
  limit: opt(steps(limit)),
  request: opt(steps(bytes)),
  restarts: opt(series),
  startedAt: opt(series),
  oomEvents: opt(series),
  cpuSeconds: opt(series),
  stalledSeconds: opt(series),
  version: opt(steps(text(512))),
  traffic: opt(traffic),
  notes: opt(list(message, MAX_NOTES)),
});
