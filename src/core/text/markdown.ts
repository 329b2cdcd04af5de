/** A diagnosis and a list of kills as Markdown, for an incident note or a chat. */
import type { KillGroup } from '../kills.ts';
import type { Diagnosis } from '../model/diagnosis.ts';
import { escapeMarkdown, markdownCode, markdownFence } from './escape.ts';
import { toRfc3339 } from './instants.ts';
import { formatBytes } from './amounts.ts';
import { actionShort, causeWords, exitWords, podName, verdictSentence, workloadName } from './words.ts';

/** One diagnosis; sections without content are left out. Ends with a newline. */
export function diagnosisMarkdown(diagnosis: Diagnosis): string {
  const { verdict } = diagnosis;
  const { lead, rest } = verdictSentence(verdict);
  const parts = [
    `### ${escapeMarkdown(lead)} ${escapeMarkdown(rest)}`,
    factLines(diagnosis).join('\n'),
    section(
      'Could be',
      verdict.candidates.map((one) => `${one.code} ${one.title}: ${one.reason}`),
    ),
    section(
      'Why',
      diagnosis.evidence.map((one) => `${evidenceSign(one.weighs)}${one.text} [${one.source}]`),
    ),
    section(
      'Ruled out',
      diagnosis.ruledOut.map((one) => `${one.title}: ${one.reason}`),
    ),
    section(
      'Not seen',
      diagnosis.unseen.map((gap) => `${gap.what}: ${gap.cost}`),
    ),
    section('Beside', diagnosis.beside),
    steps('Do', diagnosis.actions),
    steps('Next evidence', diagnosis.nextEvidence),
    changedText(diagnosis),
    section('Impact', diagnosis.impact.risks),
    diagnosis.logTail === undefined || diagnosis.logTail.lines.length === 0
      ? ''
      : `**Last log lines**\n\n${markdownFence(diagnosis.logTail.lines.slice(-10), 'text')}`,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function evidenceSign(weighs: 'for' | 'against' | 'context'): string {
  return weighs === 'against' ? 'Against: ' : '';
}

function factLines(diagnosis: Diagnosis): string[] {
  const { target, container, atMs, limitBytes, requestBytes, peakBytes } = diagnosis;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Pod', target.pod === undefined ? undefined : podName(target)],
    ['Container', container],
    ['Workload', target.workload === undefined ? undefined : workloadName(target)],
    ['Node', target.node],
    ['Ended', atMs === undefined ? undefined : toRfc3339(atMs)],
    ['Exit', exitWords(diagnosis) || undefined],
    ['Memory limit', limitBytes === undefined ? undefined : formatBytes(limitBytes)],
    ['Memory request', requestBytes === undefined ? undefined : formatBytes(requestBytes)],
    ['Highest seen', peakBytes === undefined ? undefined : formatBytes(peakBytes)],
    ['Code', diagnosis.verdict.code],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [`- ${name}: ${markdownCode(value)}`]));
}

function section(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `**${title}**\n\n${lines.map((line) => `- ${escapeMarkdown(line)}`).join('\n')}`;
}

function steps(title: string, list: readonly { readonly text: string; readonly command?: string }[]): string {
  if (list.length === 0) return '';
  const items = list.map(({ text, command }, index) => {
    const fence = command === undefined ? '' : `\n\n${indent(markdownFence([command], 'sh'))}`;
    return `${index + 1}. ${escapeMarkdown(text)}${fence}`;
  });
  return `**${title}**\n\n${items.join('\n')}`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '   ');
}

function changedText({ changed }: Diagnosis): string {
  if (changed === undefined) return '';
  const lines = changed.changes.map(
    ({ container, field, before, after }) =>
      `${container} ${field}: ${before ?? 'none'} → ${after ?? 'none'}`,
  );
  return section(
    `Changed between ${escapeMarkdown(changed.fromName)} and ${escapeMarkdown(changed.toName)}`,
    lines,
  );
}

/** The grouped table. */
export function killsMarkdown(groups: readonly KillGroup[]): string {
  if (groups.length === 0) return 'No deaths found.\n';
  const rows = groups.map(({ count, target, verdict, lastAtMs, deaths }) => {
    const [action] = deaths[0]?.actions ?? [];
    const fix = action === undefined ? '' : actionShort(action);
    const last = lastAtMs === undefined ? '' : toRfc3339(lastAtMs);
    const cells = [
      String(count),
      workloadName(target),
      causeWords(verdict),
      verdict.confidence ?? '',
      last,
      fix,
    ];
    return `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  });
  return `| Kills | Workload | Cause | Sure | Last | Fix |\n| ---: | --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}

/** One row per death, in the order given. */
export function deathsMarkdown(items: readonly Diagnosis[]): string {
  if (items.length === 0) return 'No deaths found.\n';
  const rows = items.map(({ atMs, target, container, exitCode, verdict }) => {
    const cells = [
      atMs === undefined ? '' : toRfc3339(atMs),
      target.pod === undefined ? workloadName(target) : podName(target),
      container ?? '',
      String(exitCode ?? ''),
      causeWords(verdict),
      verdict.confidence ?? '',
    ];
    return `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  });
  return `| Ended | Pod | Container | Exit | Cause | Sure |\n| --- | --- | --- | ---: | --- | --- |\n${rows.join('\n')}\n`;
}
