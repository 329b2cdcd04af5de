/** `exit137 check`: what this kubeconfig can see, which permission is missing, and what that costs. */
import { SourceError } from '../../app/ports.ts';
import type { CheckReport, CheckState, HistoryCheck, SourceCheck } from '../../app/check.ts';
import { formatDuration } from '../../core/text/amounts.ts';
import { cleanLine } from '../../core/text/clean.ts';
import { toRfc3339 } from '../../core/text/instants.ts';
import { renderSection } from '../../core/text/layout.ts';
import type { Block } from '../../core/text/layout.ts';
import type { TextOptions } from '../../core/text/options.ts';
import { toAscii } from '../../core/text/paint.ts';
import type { Style } from '../../core/text/paint.ts';
import { shellCommand } from '../../core/text/shell.ts';
import type { CliContext } from '../context.ts';
import { CliError, EXIT } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { Flags } from '../flags.ts';
import { jsonText, printAnswer, textOptions, yamlText } from '../output.ts';
import { memorySourcesOf, throwNothingRead, wiringOf, withProgress } from './ask.ts';
import { checkPrometheusFlags } from './prometheus-flags.ts';

export async function runCheck(context: CliContext, flags: Flags): Promise<ExitStatus> {
  const { checkCluster } = await import('../../app/check.ts');
  checkPrometheusFlags(flags);
  const report = await withProgress(context, flags, async ({ signal }): Promise<CheckReport> => {
    const { probe, close } = await probeOf(context, flags);
    try {
      const cluster = await checkCluster(probe, {
        ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }),
        nodeAccess: flags.nodeAccess === true,
        nowMs: context.now(),
        signal,
      });
      if (cluster.unreachable !== undefined) return cluster;
      return {
        ...cluster,
        history: await historyOf(context, flags, { namespace: cluster.namespace, signal }),
      };
    } finally {
      close();
    }
  });
  await printAnswer(context, flags, await checkText(context, flags, report));
  if (report.unreachable !== undefined) return EXIT.noSource;
  return flags.strict === true && !report.complete ? EXIT.partial : EXIT.done;
}

async function historyOf(
  context: CliContext,
  flags: Flags,
  at: { readonly namespace: string; readonly signal: AbortSignal },
): Promise<HistoryCheck> {
  const { checkHistory } = await import('../../app/check-history.ts');
  const sources = await memorySourcesOf(context, flags, { search: true, files: false });
  try {
    return await checkHistory(sources.histories, { ...at, nowMs: context.now() });
  } finally {
    sources.close();
  }
}

async function probeOf(context: CliContext, flags: Flags) {
  try {
    return await (await wiringOf(context)).probe(flags);
  } catch (error) {
    if (error instanceof SourceError) throwNothingRead(context, flags, [{ name: 'the cluster', error }]);
    throw error;
  }
}

async function checkText(context: CliContext, flags: Flags, report: CheckReport): Promise<string> {
  switch (flags.output) {
    case 'text':
    case 'wide': {
      const options = textOptions(context, flags);
      const text = renderCheck(report, options);
      return options.ascii ? toAscii(text) : text;
    }
    case 'json':
      return jsonText(toWireCheck(report));
    case 'yaml':
      return yamlText(toWireCheck(report));
    case 'md':
    case 'csv':
      throw new CliError(EXIT.usage, `check has no ${flags.output} form.`, 'use text, json or yaml');
    default:
      return flags.output satisfies never;
  }
}

/** The envelope of docs/format/output.md, kind `Check`. */
function toWireCheck(report: CheckReport): unknown {
  const { checkedAtMs, events, checks, ...rest } = report;
  const reach =
    events === undefined
      ? {}
      : {
          events: { oldestAt: toRfc3339(events.oldestAtMs), reachesBackSeconds: events.reachesBackMs / 1000 },
        };
  return {
    apiVersion: 'exit137/v1',
    kind: 'Check',
    generatedAt: toRfc3339(checkedAtMs),
    ...rest,
    ...reach,
    items: checks,
  };
}

const SIGNS: Readonly<Record<CheckState, readonly [string, Style]>> = {
  ok: ['+', 'green'],
  forbidden: ['-', 'red'],
  missing: ['-', 'yellow'],
  failed: ['!', 'red'],
  'not-asked': ['?', 'dim'],
};

export function renderCheck(report: CheckReport, options: TextOptions): string {
  const { paint } = options;
  const where = cleanLine(`context ${report.context}, namespace ${report.namespace}, ${report.server}`);
  if (report.unreachable !== undefined) return unreachableText(report.unreachable, where, options);
  const headline = report.complete
    ? paint('Everything that a verdict usually needs can be read.', 'bold', 'green')
    : paint('Some evidence cannot be read: verdicts will be weaker.', 'bold', 'yellow');
  const version = report.serverVersion === undefined ? '' : `, Kubernetes ${cleanLine(report.serverVersion)}`;
  const read = report.checks.filter(({ state }) => state === 'ok');
  const unread = report.checks.filter((check) => check.state !== 'ok' && isWorthSaying(check, report.checks));
  const lines = [
    headline,
    where + version,
    '',
    ...renderSection({ label: 'Read', blocks: read.map(checkBlock) }, options),
    ...renderSection(
      { label: 'Not read', blocks: unread.map((check) => unreadBlock(check, report.checks)) },
      options,
    ),
    ...renderSection({ label: 'Fix', blocks: allowBlocks(unread) }, options),
    ...renderSection({ label: 'Events', blocks: eventBlocks(report) }, options),
    ...renderSection({ label: 'History', blocks: historyBlocks(report, options) }, options),
  ];
  return `${lines.join('\n')}\n`;
}

function unreachableText(
  { code, message }: NonNullable<CheckReport['unreachable']>,
  where: string,
  options: TextOptions,
): string {
  const fix =
    code === 'unauthorized'
      ? 'Fix: log in again so that `kubectl auth whoami` answers.'
      : 'Fix: check that `kubectl version` answers from here.';
  return `${options.paint('Cannot reach the cluster.', 'bold', 'red')}\n${where}\n${cleanLine(message)}\n${fix}\n`;
}

function placeOf(check: SourceCheck): string {
  return check.namespace === undefined ? '' : ` in ${check.namespace}`;
}

function checkBlock(check: SourceCheck): Block {
  const [sign] = SIGNS[check.state];
  return { kind: 'point', sign, spans: [{ text: `${check.title}${placeOf(check)}` }] };
}

function lastTry(check: SourceCheck, all: readonly SourceCheck[]): SourceCheck {
  return all.findLast(({ subject }) => subject === check.subject) ?? check;
}

/** Of two refusals for one subject the narrower says it all. */
function isWorthSaying(check: SourceCheck, all: readonly SourceCheck[]): boolean {
  const last = lastTry(check, all);
  return last === check || last.state === 'ok';
}

/** The cost; where a narrower try succeeded, that instead. */
function unreadBlock(check: SourceCheck, all: readonly SourceCheck[]): Block {
  const [sign, style] = SIGNS[check.state];
  const last = lastTry(check, all);
  const cost = last === check ? check.cost : `Only namespace ${last.namespace ?? ''} can be read.`;
  return {
    kind: 'point',
    sign,
    spans: [{ text: `${check.title}:`, styles: [style] }, { text: `${stateWords(check)}. ${cost}` }],
  };
}

function stateWords({ state, permission, namespace }: SourceCheck): string {
  switch (state) {
    case 'forbidden': {
      const also = namespace === undefined ? '' : `, in ${namespace} too`;
      return `forbidden (${permission.verb} ${permission.resource}${also})`;
    }
    case 'missing':
      return 'not installed';
    case 'not-asked':
      return 'not asked for';
    case 'ok':
    case 'failed':
      return state;
    default:
      return state satisfies never;
  }
}

/** Not part of the role: kubectl refuses to name what may not be installed, and nodes/proxy is not read-only. */
const NOT_IN_ROLE: ReadonlySet<SourceCheck['subject']> = new Set(['metrics', 'kubelet']);

/** One command for all that is refused; who is bound to it cannot be known here. */
function allowBlocks(unread: readonly SourceCheck[]): Block[] {
  const refused = unread.filter(({ state, subject }) => state === 'forbidden' && !NOT_IN_ROLE.has(subject));
  if (refused.length === 0) return [];
  const resources = [...new Set(refused.map(({ permission }) => permission.resource))].join(',');
  const text =
    'An administrator can make this role, and bind it with kubectl create clusterrolebinding exit137-read --clusterrole=exit137-read and your --user, --group or --serviceaccount.';
  return [
    { kind: 'point', sign: '>', spans: [{ text }] },
    {
      kind: 'command',
      command: shellCommand([
        'kubectl',
        'create',
        'clusterrole',
        'exit137-read',
        '--verb=get,list,watch',
        `--resource=${resources}`,
      ]),
    },
  ];
}

function eventBlocks(report: CheckReport): Block[] {
  if (report.events === undefined) return [];
  const text = `the oldest seen is ${formatDuration(report.events.reachesBackMs)} old; what happened before has left no events`;
  return [{ kind: 'point', sign: '*', spans: [{ text }] }];
}

/** Memory over time is no part of a verdict: it is told apart from what was read and what was not. */
function historyBlocks({ history }: CheckReport, { program }: TextOptions): Block[] {
  if (history === undefined) return [];
  if (history.state === 'ok') {
    const text = `memory over time is read from ${history.source ?? 'a source'}: why says how memory got there, and forecast when it will again`;
    return [{ kind: 'point', sign: '+', spans: [{ text }] }];
  }
  const why = history.detail === undefined ? 'none found' : `not read (${history.detail})`;
  const how = `Name a Prometheus with --prometheus URL, or keep a history: ${program} collect --history FILE.`;
  return [
    {
      kind: 'point',
      sign: '?',
      spans: [{ text: 'Memory over time:', styles: ['yellow'] }, { text: `${why}. ${history.cost} ${how}` }],
    },
  ];
}
