/** One metric of some pods over the window: in slices, and in halves where a whole was too much. */
import type { PrometheusAnswer } from '../../core/parse/history/prometheus-answer.ts';
import type { PrometheusSeries } from '../../core/parse/history/prometheus-reader.ts';
import type { Milliseconds } from '../../core/units.ts';
import { type PrometheusApi, TooLargeError } from './api.ts';
import type { Shard } from './expressions.ts';
import { halves, slicesOf, type Slice, type TimeWindow } from './window.ts';

export interface Question {
  readonly shards: readonly Shard[];
  /** The pods that a shard without names stands for. */
  readonly pods: readonly string[];
  readonly window: TimeWindow;
  readonly stepMs: Milliseconds;
  readonly expression: (shard: Shard) => string;
  readonly signal: AbortSignal;
  readonly onEnvelope?: (envelope: PrometheusAnswer) => void;
}

/** 2^7 parts of one question, and then it is given up. */
const HALVINGS = 7;

/** Series of all shards; one that slices cut is one again. */
export async function askAll(api: PrometheusApi, question: Question): Promise<readonly PrometheusSeries[]> {
  const slices = slicesOf(question.window, question.stepMs);
  const answers = await Promise.all(
    question.shards.flatMap((shard) =>
      slices.map((slice) => askPart(api, { question, shard, slice, halvings: 0 })),
    ),
  );
  const series = answers.flat();
  return answers.some((answer) => answer.wasHalved) || slices.length > 1 ? rejoined(series) : series;
}

interface PartOfQuestion {
  readonly question: Question;
  readonly shard: Shard;
  readonly slice: Slice;
  readonly halvings: number;
}

type PartAnswer = readonly PrometheusSeries[] & { readonly wasHalved?: boolean };

async function askPart(api: PrometheusApi, part: PartOfQuestion): Promise<PartAnswer> {
  const { question, shard, slice } = part;
  try {
    const { series, envelope } = await api.range(
      { expression: question.expression(shard), ...slice },
      question.signal,
    );
    question.onEnvelope?.(envelope);
    return series;
  } catch (error) {
    if (!(error instanceof TooLargeError) || part.halvings >= HALVINGS) throw error;
    const smaller = smallerParts(part);
    if (smaller.length === 0) throw error;
    // One after the other: the server has just said that it is at its end.
    const series: PrometheusSeries[] = [];
    for (const one of smaller) for (const answer of await askPart(api, one)) series.push(answer);
    return Object.assign(series, { wasHalved: true });
  }
}

function smallerParts(part: PartOfQuestion): readonly PartOfQuestion[] {
  const { question, shard, slice } = part;
  const halvings = part.halvings + 1;
  const pods = shard.pods ?? question.pods;
  if (pods.length > 1) {
    const middle = pods.length >> 1;
    return [pods.slice(0, middle), pods.slice(middle)].map((names) => ({
      ...part,
      shard: { ...shard, pods: names },
      halvings,
    }));
  }
  return (halves(slice) ?? []).map((half) => ({ ...part, slice: half, halvings }));
}

function rejoined(series: readonly PrometheusSeries[]): readonly PrometheusSeries[] {
  const groups = Map.groupBy(series, ({ labels }) => labelKey(labels));
  return [...groups.values()].map((group) => {
    const [first] = group;
    if (first === undefined || group.length === 1) return first ?? { labels: {}, timesMs: [], values: [] };
    const ordered = group.toSorted((a, b) => (a.timesMs[0] ?? 0) - (b.timesMs[0] ?? 0));
    return {
      labels: first.labels,
      timesMs: ordered.flatMap(({ timesMs }) => timesMs),
      values: ordered.flatMap(({ values }) => values),
    };
  });
}

function labelKey(labels: PrometheusSeries['labels']): string {
  const pairs = Object.entries(labels).map(([name, value]) => JSON.stringify([name, value]));
  return pairs.toSorted((a, b) => (a < b ? -1 : 1)).join('');
}
