/** Text inside other notations: Markdown and CSV. */
import { cleanLine, cleanLogLine, cleanText } from './clean.ts';

/** Escapes everything that Markdown (CommonMark and GitHub's tables) or embedded HTML would read as markup. */
export function escapeMarkdown(text: string): string {
  return cleanLine(text)
    .replace(/[\\`*_[\]<>|~$@]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replace(/^([-+=#])/, '\\$1')
    .replace(/^(\d+)([.)])/, '$1\\$2')
    .replace(/\bhttps?:/gi, (scheme) => `${scheme.slice(0, -1)}\\:`);
}

/** A code span that survives backticks in its text. */
export function markdownCode(text: string): string {
  const clean = cleanLine(text);
  const runs = clean.match(/`+/g) ?? [];
  const fence = '`'.repeat(runs.reduce((longest, run) => Math.max(longest, run.length), 0) + 1);
  const pad = clean.startsWith('`') || clean.endsWith('`') || clean === '' ? ' ' : '';
  return `${fence}${pad}${clean}${pad}${fence}`;
}

/** A fenced block that survives fences in its text. */
export function markdownFence(lines: readonly string[], language: string): string {
  const text = lines.map(cleanLogLine).join('\n');
  const runs = text.match(/`{3,}/g) ?? [];
  const fence = '`'.repeat(runs.reduce((longest, run) => Math.max(longest, run.length + 1), 3));
  return `${fence}${language}\n${text}\n${fence}`;
}

/**
 * One CSV field (RFC 4180). A leading `=`, `+`, `-`, `@`, tab or carriage return would make a spreadsheet run the
 * text as a formula; such a field gets an apostrophe in front (OWASP, CSV injection). Plain numbers are left alone.
 */
export function csvField(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = cleanText(value);
  const guarded =
    /^[=+\-@\t\r|%]/.test(text.trimStart()) && !/^-?\d+(?:\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** One CSV line, ended by CRLF as RFC 4180 says. */
export function csvLine(values: readonly (string | number | undefined)[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}
