/** What a code, a signal, a reason or a cause means, for a terminal. */
import type { Explanation } from '../exit-codes/lookup.ts';
import { escapeMarkdown } from './escape.ts';
import { wrapSpans } from './layout.ts';
import type { TextOptions } from './options.ts';
import { toAscii } from './paint.ts';
import type { Style } from './paint.ts';
import { renderTable } from './table.ts';
import { displayWidth } from './width.ts';
import { upperFirst } from './words.ts';

/** Lines end with a newline each. */
export function renderExplanation(explanation: Explanation, options: TextOptions): string {
  const { title, body, table, misleads, next } = explanation;
  const lines = [
    ...wrapSpans([{ text: title, styles: ['bold'] }], options.width, options.paint),
    ...body.flatMap((paragraph) => wrapSpans([{ text: paragraph }], options.width, options.paint)),
    ...(table === undefined ? [] : tableLines(table, options)),
    ...points('Beware', '!', misleads, options),
    ...points('Next', '>', next, options),
  ];
  return finish(lines, options);
}

/** The same as Markdown. Ends with a newline. */
export function explanationMarkdown({ title, body, table, misleads, next }: Explanation): string {
  const rows =
    table === undefined
      ? []
      : [
          [
            markdownRow(table.columns),
            `|${' --- |'.repeat(table.columns.length)}`,
            ...table.rows.map(markdownRow),
          ].join('\n'),
        ];
  const parts = [
    `### ${escapeMarkdown(title)}`,
    ...body.map(escapeMarkdown),
    ...rows,
    ...markdownList('Beware', misleads),
    ...markdownList('Next', next),
  ];
  return `${parts.join('\n\n')}\n`;
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.map(escapeMarkdown).join(' | ')} |`;
}

function markdownList(label: string, texts: readonly string[]): readonly string[] {
  return texts.length === 0
    ? []
    : [`**${label}**`, texts.map((text) => `- ${escapeMarkdown(text)}`).join('\n')];
}

function points(label: string, sign: string, texts: readonly string[], options: TextOptions): string[] {
  if (texts.length === 0) return [];
  return ['', options.paint(`${label}:`, 'bold'), ...texts.flatMap((text) => hanging(sign, text, options))];
}

function hanging(sign: string, text: string, options: TextOptions, styles: readonly Style[] = []): string[] {
  const lines = wrapSpans([{ text, styles }], options.width - 4, options.paint);
  return lines.map((line, index) => `${index === 0 ? `  ${sign} ` : '    '}${line}`);
}

function tableLines(table: NonNullable<Explanation['table']>, options: TextOptions): string[] {
  const [only, second] = table.columns;
  if (only !== undefined && second === undefined) {
    const heading = options.paint(`${only}:`, 'bold');
    return ['', heading, ...table.rows.flatMap(([text = '']) => hanging('-', text, options))];
  }
  const columns = table.columns.map((title, index) => ({
    title: title.toUpperCase(),
    ...(index === table.columns.length - 1 && options.cut ? { cut: 'end' as const, leastWidth: 20 } : {}),
  }));
  const rendered = renderTable(columns, table.rows, {
    headers: true,
    paint: options.paint,
    width: options.width,
  });
  const fits = rendered.every((line) => displayWidth(withoutColour(line)) <= options.width);
  return ['', ...(fits || !options.cut ? rendered : rowsAsPoints(table, options))];
}

/** What is too wide for the terminal: each row as a sentence. */
function rowsAsPoints(table: NonNullable<Explanation['table']>, options: TextOptions): string[] {
  return table.rows.flatMap(([first = '', second = '', ...more]) => {
    const rest = more.map(
      (cell, index) => ` ${upperFirst((table.columns[index + 2] ?? '').toLowerCase())} ${upperFirst(cell)}.`,
    );
    return hanging('-', `${first}: ${second}.${rest.join('')}`, options);
  });
}

function withoutColour(line: string): string {
  // oxlint-disable-next-line no-control-regex
  return line.replace(/\u001b\[\d+m/g, '');
}

/**
 * A page of `docs/causes` for a terminal: headings bold, paragraphs wrapped, code and tables as they stand, link
 * targets dropped. The pages are our own: no general Markdown is understood.
 */
export function renderPage(markdown: string, options: TextOptions): string {
  const lines: string[] = [];
  let paragraph: string[] = [];
  let isCode = false;
  const flush = (): void => {
    if (paragraph.length > 0) lines.push(...wrapParagraph(paragraph.join(' '), options));
    paragraph = [];
  };
  for (const line of markdown.replaceAll('\r', '').split('\n')) {
    const isFence = line.trimStart().startsWith('```');
    const heading = isCode ? null : /^(#{1,4}) (.*)$/.exec(line);
    const isAsItStands = isCode || line.startsWith('|') || line.startsWith('    ');
    const startsPoint = /^ {0,3}(?:[-*]|\d+\.) /.test(line);
    if (isFence || heading !== null || isAsItStands || startsPoint || line.trim() === '') flush();
    if (isFence) isCode = !isCode;
    else if (heading !== null) lines.push(options.paint(plain(heading[2] ?? ''), 'bold'));
    else if (isAsItStands) lines.push(isCode ? options.paint(`    ${line}`, 'cyan') : plain(line));
    else if (line.trim() === '') lines.push('');
    else paragraph.push(line.trimEnd());
  }
  flush();
  return finish(
    lines.filter((line, index) => line !== '' || lines[index - 1] !== ''),
    options,
  );
}

function wrapParagraph(text: string, options: TextOptions): string[] {
  const [, sign = '', rest = text] = /^ {0,3}([-*]|\d+\.) (.*)$/.exec(text) ?? [];
  const indent = sign === '' ? 0 : sign.length + 1;
  const lines = wrapSpans([{ text: plain(rest) }], options.width - indent, options.paint);
  return lines.map((line, index) =>
    index === 0 && sign !== '' ? `${sign} ${line}` : ' '.repeat(indent) + line,
  );
}

function plain(text: string): string {
  return text
    .replace(/\[([^\][]{1,200})\]\([^()\s]{1,300}\)/g, '$1')
    .replaceAll('**', '')
    .replace(/(^|[\s(])\*([^*\s][^*]{0,200})\*/g, '$1$2')
    .replaceAll('`', '');
}

function finish(lines: readonly string[], options: TextOptions): string {
  const text = `${lines.join('\n').trimEnd()}\n`;
  return options.ascii ? toAscii(text) : text;
}
