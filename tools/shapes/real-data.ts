/** What the product says of series that nobody here wrote, and of programs that really ran. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { analyseMemory } from '../../src/core/memory/analyse.ts';
import type { MemoryAnalysis, MemoryQuestion } from '../../src/core/memory/types.ts';
import { capturedPrograms } from '../../test/programs/read.ts';
import type { Part } from './accuracy.ts';
import { injectedLeaks } from './injected.ts';
import type { RealSeries } from './real-files.ts';
import { HAS_REAL_SERIES, realSeries } from './real-files.ts';
import { ratio } from './score.ts';
import { percent, table } from './tables.ts';

const CAPTURED = join(import.meta.dirname, '../../test/programs/captured');

/** `each`: a line per series of others; otherwise a line per kind. */
export function realDataReport({ each }: { readonly each: boolean }): Part {
  const parts = HAS_REAL_SERIES ? [programs(), others(each), injected()] : [programs(), absent()];
  return { lines: parts.flatMap(({ lines }) => lines), broken: parts.flatMap(({ broken }) => broken) };
}

function absent(): Part {
  return {
    lines: ['## Series of others', '', 'Not at hand (../shared/data/timeseries): skipped.', ''],
    broken: [],
  };
}

function hoursOf(question: MemoryQuestion): string {
  const { fromMs = 0, toMs = 0 } = question.histories[0] ?? {};
  const hours = (toMs - fromMs) / 3_600_000;
  return hours < 1 ? `${(hours * 60).toFixed(1)} min` : `${hours.toFixed(1)} h`;
}

function etaOf({ forecast }: MemoryAnalysis, nowMs: number): string {
  if (forecast.atMs === undefined) return '-';
  const minutes = (forecast.atMs - nowMs) / 60_000;
  return minutes < 120 ? `${minutes.toFixed(0)} min` : `${(minutes / 60).toFixed(0)} h`;
}

/** Captures that the analysis was not developed on end like this. */
const JUDGING = '-seed-79';

const COLUMNS = [
  { title: 'series' },
  { title: 'right' },
  { title: 'label' },
  { title: 'seen', align: 'right' },
  { title: 'shape' },
  { title: 'state' },
  { title: 'limit met in', align: 'right' },
  { title: 'in words' },
] as const;

interface Judged {
  readonly name: string;
  readonly label: string;
  readonly question: MemoryQuestion;
  readonly analysis: MemoryAnalysis;
  readonly isRight: boolean;
}

function row({ name, label, question, analysis, isRight }: Judged): readonly string[] {
  const shape = analysis.subShape === undefined ? analysis.shape : `${analysis.shape} (${analysis.subShape})`;
  return [
    name,
    isRight ? 'yes' : 'NO',
    label,
    hoursOf(question),
    shape,
    analysis.state,
    etaOf(analysis, question.nowMs),
    analysis.summary,
  ];
}

function rightOf(judged: readonly Judged[]): string {
  return `${judged.filter(({ isRight }) => isRight).length} of ${judged.length} right`;
}

/** Programs that ran in memory cgroups on a real kernel, labelled by what their code does. */
function programs(): Part {
  const title = '## Programs that really ran';
  if (!existsSync(CAPTURED)) return { lines: [title, '', 'None captured yet.', ''], broken: [] };
  const judged = capturedPrograms().map(({ name, label, alsoTrue, question }) => {
    const analysis = analyseMemory(question);
    const isRight = analysis.shape === label.shape || alsoTrue?.shapes.includes(analysis.shape) === true;
    const isFalseLeak = analysis.shape === 'leak' && !label.leak;
    return { name, label: label.shape, question, analysis, isRight, isFalseLeak };
  });
  const unseen = judged.filter(({ name }) => name.endsWith(JUDGING));
  const seen = judged.filter(({ name }) => !name.endsWith(JUDGING));
  return {
    lines: [
      title,
      '',
      ...table(COLUMNS, judged.map(row)),
      '',
      `Judging data (${JUDGING.slice(1)}): ${rightOf(unseen)}. Development data (the others): ${rightOf(seen)}.`,
      '',
    ],
    broken: judged
      .filter(({ isFalseLeak }) => isFalseLeak)
      .map(({ name }) => `real program ${name} is called a leak and is none`),
  };
}

/** Right = nothing of what must not be said is said; most of these series have no label of a shape. */
function others(each: boolean): Part {
  const judged = realSeries().map(({ folder, name, label, must, question }) => {
    const analysis = analyseMemory(question);
    const wrong = breach(must, analysis);
    return { name: `${folder}/${name}`, label, question, analysis, isRight: wrong === undefined, wrong };
  });
  return {
    lines: [
      '## Series of others',
      '',
      ...(each ? [...table(COLUMNS, judged.map(row)), ''] : []),
      ...kindsOf(judged),
      '',
      'The production pods are 18 container-days: too few for a rate.',
      '',
    ],
    broken: judged.flatMap(({ name, wrong }) => (wrong === undefined ? [] : [`${name}: ${wrong}`])),
  };
}

/** Series of one kind together: what was answered, how often. */
function kindsOf(judged: readonly (Judged & { readonly wrong: string | undefined })[]): readonly string[] {
  const kinds = Map.groupBy(judged, ({ name, label }) => `${name.split('/')[0]}: ${label}`);
  return table(
    [
      { title: 'kind' },
      { title: 'n', align: 'right' },
      { title: 'answers' },
      { title: 'called a leak', align: 'right' },
      { title: 'CONFIRMED', align: 'right' },
      { title: 'not as it must be' },
    ],
    [...kinds].map(([kind, own]) => {
      const answers = [...Map.groupBy(own, ({ analysis }) => analysis.shape)]
        .toSorted(([, a], [, b]) => b.length - a.length)
        .map(([shape, list]) => `${shape} ${list.length}`);
      return [
        kind,
        String(own.length),
        answers.join(', '),
        String(own.filter(({ analysis }) => analysis.shape === 'leak').length),
        String(own.filter(({ analysis }) => analysis.state === 'confirmed').length),
        own.flatMap(({ wrong }) => wrong ?? []).join('; '),
      ];
    }),
  );
}

function breach(must: RealSeries['must'], { shape, state, forecast }: MemoryAnalysis): string | undefined {
  const answered = `(${shape}, ${state})`;
  switch (must) {
    case 'no-leak':
      return shape === 'leak' || state === 'confirmed' ? `called a leak or CONFIRMED ${answered}` : undefined;
    case 'no-confirmed':
      return state === 'confirmed' ? `CONFIRMED ${answered}` : undefined;
    case 'growing-with-eta':
      return state === 'growing' && shape !== 'healthy' && forecast.atMs !== undefined
        ? undefined
        : `must be GROWING with a forecast ${answered}`;
    case 'open':
      return undefined;
  }
}

/** The noise is real, the label is ours. A day of one life is too short to tell a leak from a cache: growing is right there. */
function injected(): Part {
  const judged = injectedLeaks().map((one) => ({ ...one, shape: analyseMemory(one.question).shape }));
  const groups = Map.groupBy(judged, ({ kind, hit }) =>
    hit === undefined ? `${kind}, as they are` : `${kind}, limit met after ${hit} of the window`,
  );
  const count = (list: typeof judged, shape: string): string =>
    percent(ratio(list.filter((one) => one.shape === shape).length, list.length), 0);
  return {
    lines: [
      '## Leaks put into series of others',
      '',
      ...table(
        [
          { title: 'series' },
          { title: 'n', align: 'right' },
          { title: 'called a leak', align: 'right' },
          { title: 'growing', align: 'right' },
        ],
        [...groups].map(([name, list]) => [
          name,
          String(list.length),
          count(list, 'leak'),
          count(list, 'growing'),
        ]),
      ),
      '',
    ],
    broken: [],
  };
}
