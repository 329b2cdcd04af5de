/** Files of memory over time, as streams, into the run's histories. */
import { StringDecoder } from 'node:string_decoder';
import type { ContainerHistory } from '../../core/model/series.ts';
import { CsvReader } from '../../core/parse/history/csv.ts';
import { DockerStatsReader } from '../../core/parse/history/docker-stats.ts';
import { historiesOfMatrix } from '../../core/parse/history/matrix.ts';
import { PrometheusReader, type PrometheusSeries } from '../../core/parse/history/prometheus-reader.ts';
import type { FileReport, Gathering } from './gather.ts';
import type { HistoryKind, TextKind } from './sniff.ts';

export const HISTORY_UNDERSTOOD =
  'give one of these: a saved answer of the Prometheus API (query_range), a table (CSV) with a column of times and one of ' +
  'bytes, the output of docker stats run again and again, kubelet Summary pages';

/** 16 bytes a sample in memory; an export of a day of a large cluster. */
const MAX_SAMPLES = 40_000_000;
const MAX_LINE_CHARS = 1024 * 1024;

export function isHistory(kind: TextKind): kind is HistoryKind {
  return kind === 'prometheus' || kind === 'table' || kind === 'docker-stats';
}

export async function readHistory(
  input: { readonly kind: HistoryKind; readonly stream: AsyncIterable<Buffer> },
  run: Gathering,
  report: FileReport,
): Promise<void> {
  const { histories, problems } = await readKind(input, run, report);
  for (const problem of problems) report.fault({ message: problem, fix: HISTORY_UNDERSTOOD });
  for (const history of histories) run.histories?.push(history);
  if (histories.length > 0) report.understood = true;
}

interface Read {
  readonly histories: readonly ContainerHistory[];
  readonly problems: readonly string[];
}

async function readKind(
  input: { readonly kind: HistoryKind; readonly stream: AsyncIterable<Buffer> },
  run: Gathering,
  report: FileReport,
): Promise<Read> {
  const source = report.label;
  switch (input.kind) {
    case 'prometheus':
      return readMatrix(input.stream, source);
    case 'table':
      return readLines(input.stream, new CsvReader(source));
    case 'docker-stats':
      return readLines(input.stream, new DockerStatsReader({ source, endMs: run.nowMs }));
    default:
      return input.kind satisfies never;
  }
}

async function readMatrix(stream: AsyncIterable<Buffer>, source: string): Promise<Read> {
  const series: PrometheusSeries[] = [];
  const reader = new PrometheusReader({ onSeries: (one) => series.push(one), maxSamples: MAX_SAMPLES });
  for await (const chunk of stream) if (reader.push(chunk) !== undefined) break;
  const end = reader.end();
  const { histories, problems } = historiesOfMatrix(series, source);
  if (!end.ok) return { histories, problems: [end.error.message] };
  const { status, error, warnings } = end.value;
  if (status === 'error') return { histories, problems: [`it is an error of the server: ${error ?? ''}`] };
  return { histories, problems: [...problems, ...warnings] };
}

async function readLines(
  stream: AsyncIterable<Buffer>,
  reader: { push(line: string): void; end(): Read },
): Promise<Read> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.write(chunk)).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) reader.push(line);
    // No table has such a row; what is given up is a piece of noise.
    if (rest.length > MAX_LINE_CHARS) rest = '';
  }
  if (rest !== '') reader.push(rest);
  return reader.end();
}
