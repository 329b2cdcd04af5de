/** The flags every command shares, named and meant as kubectl names and means them. */
import { InvalidArgumentError, Option } from 'commander';
import { parseBytes } from '../core/parse/quantity.ts';
import { MIB, type Bytes } from '../core/units.ts';
import { parseDuration } from './duration.ts';

export const OUTPUT_FORMATS = ['text', 'wide', 'json', 'yaml', 'md', 'csv'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export const FAIL_ON = ['any', 'identified', 'likely', 'certain', 'memory'] as const;
export type FailOn = (typeof FAIL_ON)[number];

export const SORT_BY = ['kills', 'last', 'workload', 'cause'] as const;
export type SortBy = (typeof SORT_BY)[number];

export const TOP_SORT = ['worst', 'uses', 'limit', 'request', 'peak', 'kills', 'name'] as const;
export type TopSort = (typeof TOP_SORT)[number];

export type ColorChoice = 'auto' | 'always' | 'never';

/** What commander hands to a command, after its parsers. */
export interface Flags {
  readonly namespace?: string;
  readonly allNamespaces?: true;
  readonly selector?: string;
  readonly container?: string;
  readonly filename: readonly string[];
  readonly context?: string;
  readonly cluster?: string;
  readonly user?: string;
  readonly kubeconfig?: string;
  readonly as?: string;
  readonly asGroup: readonly string[];
  /** Milliseconds; 0 = none. */
  readonly requestTimeout?: number;
  readonly nodeAccess?: true;
  /** False with `--no-logs`. */
  readonly logs: boolean;
  readonly logLines: number;
  /** Milliseconds back from now. */
  readonly since?: number;
  readonly output: OutputFormat;
  readonly color?: ColorChoice;
  /** False with `--no-headers`. */
  readonly headers: boolean;
  /** False with `--no-pager`. */
  readonly pager: boolean;
  readonly sortBy: SortBy;
  /** URL, `auto` or `off`. */
  readonly prometheus?: string;
  readonly prometheusTokenFile?: string;
  readonly prometheusUser?: string;
  readonly prometheusPasswordFile?: string;
  readonly prometheusHeader: readonly string[];
  readonly prometheusCa?: string;
  /** Sent as `X-Scope-OrgID`. */
  readonly tenant?: string;
  /** PromQL for requests per second. */
  readonly traffic?: string;
  /** File of the embedded history. */
  readonly history?: string;
  readonly strict?: true;
  readonly failOn?: FailOn;
  readonly quiet?: true;
  readonly verbose?: true;
  readonly jsonSchema?: true;
}

const MOST_LOG_LINES = 1000;
const DEFAULT_LOG_LINES = 20;

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

function duration(value: string): number {
  const parsed = parseDuration(value);
  if (parsed === undefined) throw new InvalidArgumentError('Write it like 30m, 12h or 7d.');
  return parsed;
}

/** As `duration`; nothing at all died within no time. */
export function span(value: string): number {
  const parsed = duration(value);
  if (parsed === 0) throw new InvalidArgumentError('Write it like 30m, 12h or 7d.');
  return parsed;
}

/** Smaller, and what was packed would be gone before it could be read. */
const LEAST_SIZE_BYTES = 16 * MIB;

/** As Kubernetes writes amounts of memory. */
export function size(value: string): Bytes {
  const parsed = parseBytes(value);
  if (!parsed.ok) throw new InvalidArgumentError('Write it like 500Mi or 10Gi.');
  if (parsed.value < LEAST_SIZE_BYTES) throw new InvalidArgumentError('At least 16Mi.');
  return parsed.value;
}

function logLines(value: string): number {
  if (!/^\d{1,4}$/.test(value) || Number(value) > MOST_LOG_LINES) {
    throw new InvalidArgumentError(`A whole number from 0 to ${MOST_LOG_LINES}.`);
  }
  return Number(value);
}

/** Heading and options, in the order of the help. */
export function flagGroups(): readonly (readonly [string, readonly Option[]])[] {
  return [
    [
      'What to look at:',
      [
        new Option('-n, --namespace <name>', 'namespace (default: the one of the context)'),
        new Option('-A, --all-namespaces', 'every namespace; with why: every death'),
        new Option('-l, --selector <labels>', 'only pods with these labels'),
        new Option('-c, --container <name>', 'only this container'),
        new Option('--since <duration>', 'only the last 30m, 12h, 7d').argParser(span),
        new Option('-f, --filename <path>', 'read this file, folder or archive, - for stdin; repeatable')
          .argParser(collect)
          .default([], ''),
      ],
    ],
    [
      'How to reach the cluster:',
      [
        new Option('--context <name>', 'context of the kubeconfig'),
        new Option('--cluster <name>', 'cluster of the kubeconfig'),
        new Option('--user <name>', 'user of the kubeconfig'),
        new Option('--kubeconfig <path>', 'instead of $KUBECONFIG and ~/.kube/config'),
        new Option('--as <user>', 'act as this user'),
        new Option('--as-group <group>', 'act as a member of this group; repeatable')
          .argParser(collect)
          .default([], ''),
        new Option('--request-timeout <duration>', 'for each request, such as 30s').argParser(duration),
        new Option('--node-access', 'also read kubelets and node logs (needs nodes/proxy)'),
        new Option('--no-logs', 'do not read container logs'),
        new Option('--log-lines <n>', 'last lines of each container log')
          .argParser(logLines)
          .default(DEFAULT_LOG_LINES),
      ],
    ],
    ['Memory over time:', memoryOptions()],
    [
      'How to answer:',
      [
        new Option('-o, --output <format>', 'form of the answer')
          .choices([...OUTPUT_FORMATS])
          .default('text'),
        new Option('-v, --verbose', 'all that was read, with the reasons'),
        new Option('-q, --quiet', 'no progress, no notes'),
        new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']),
        new Option('--no-headers', 'tables without their first line'),
        new Option('--sort-by <column>', 'order of kills').choices([...SORT_BY]).default('kills'),
        new Option('--no-pager', 'do not use $PAGER for long answers'),
        new Option('--strict', 'exit 5 if evidence is partial or not enough'),
        new Option('--fail-on <level>', 'exit 1 on such a finding').choices([...FAIL_ON]),
        new Option('--json-schema', 'print the schema of the JSON answer'),
      ],
    ],
  ];
}

function memoryOptions(): readonly Option[] {
  return [
    new Option(
      '--prometheus <url>',
      'Prometheus, Thanos, Mimir or VictoriaMetrics; auto = look in the cluster, off',
    ),
    new Option('--prometheus-token-file <path>', 'bearer token for it'),
    new Option('--prometheus-user <name>', 'user for it'),
    new Option('--prometheus-password-file <path>', 'password of that user'),
    new Option('--prometheus-header <header>', 'one more header, "Name: value"; repeatable')
      .argParser(collect)
      .default([], ''),
    new Option('--prometheus-ca <path>', 'certificates to trust for it'),
    new Option('--tenant <id>', 'its tenant (X-Scope-OrgID)'),
    new Option('--traffic <query>', 'PromQL of requests per second; without it, it is found'),
    new Option('--history <file>', 'history written by collect'),
  ];
}
