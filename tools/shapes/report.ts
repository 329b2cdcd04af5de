/** The printed form of the scores of one set. */
import type { Interval } from './bootstrap.ts';
import { bootstrap } from './bootstrap.ts';
import type { Looked } from './one-look.ts';
import type { Scored } from './score.ts';
import {
  abstention,
  isRight,
  leakAccuracy,
  leakScore,
  macroF1,
  ratio,
  shapeScores,
  subShapeAccuracy,
} from './score.ts';
import type { Watched } from './streaming.ts';
import { alarmScore, confirmable, daysOf } from './streaming.ts';
import { figure, percent, table } from './tables.ts';

const RIGHT = { align: 'right' } as const;

function withInterval(
  value: string,
  interval: Interval | undefined,
  show: (bound: number) => string,
): string {
  return interval === undefined ? value : `${value} (${show(interval.low)} to ${show(interval.high)})`;
}

const rate = (share: number): string => percent(share, 2);

/** Headline figures of one detector with their 95 % intervals. */
export function headline(records: readonly Scored[]): readonly string[] {
  const leak = leakScore(records);
  const sub = subShapeAccuracy(records);
  return [
    `macro-F1 ${withInterval(figure(macroF1(records)), bootstrap(records, macroF1), figure)} over ${shapeScores(records).length} shapes, ${records.length} workloads, ${percent(ratio(records.filter(isRight).length, records.length))} right`,
    `leak: precision ${figure(leak.precision)}, recall ${figure(leak.recall)}, F1 ${withInterval(
      figure(leak.f1),
      bootstrap(records, (drawn) => leakScore(drawn).f1),
      figure,
    )}`,
    `leak, false positives over the clean families: ${withInterval(
      `${leak.falsePositives} of ${leak.clean} = ${rate(leak.falsePositiveRate)}`,
      bootstrap(records, (drawn) => leakScore(drawn).falsePositiveRate),
      rate,
    )}`,
    `abstains once 72 h or two lives are seen: ${percent(abstention(records))}`,
    `sub-shape right where the shape is: ${percent(sub.share)} of ${sub.scored}`,
  ];
}

/** Rows: families. What was answered, wrong ones with their counts. */
export function familyTable(records: readonly Scored[]): readonly string[] {
  const families = [...new Set(records.map(({ family }) => family))];
  return table(
    [
      { title: 'family' },
      { title: 'label' },
      { title: 'right', ...RIGHT },
      { title: 'n', ...RIGHT },
      { title: 'wrong answers' },
    ],
    families.map((family) => {
      const own = records.filter((record) => record.family === family);
      return [
        family,
        [...new Set(own.map(({ truth }) => truth.shape))].join(', '),
        percent(ratio(own.filter(isRight).length, own.length), 0),
        String(own.length),
        wrongAnswers(own),
      ];
    }),
  );
}

function wrongAnswers(records: readonly Scored[]): string {
  const counts = new Map<string, number>();
  for (const record of records.filter((one) => !isRight(one)))
    counts.set(record.answer.shape, (counts.get(record.answer.shape) ?? 0) + 1);
  return [...counts]
    .toSorted((a, b) => b[1] - a[1])
    .map(([shape, count]) => `${shape} ${count}`)
    .join(', ');
}

export function shapeTable(records: readonly Scored[]): readonly string[] {
  return table(
    [
      { title: 'shape' },
      { title: 'n', ...RIGHT },
      { title: 'precision', ...RIGHT },
      { title: 'recall', ...RIGHT },
      { title: 'F1', ...RIGHT },
      { title: 'taken for' },
    ],
    shapeScores(records)
      .toSorted((a, b) => b.support - a.support)
      .map(({ shape, support, precision, recall, f1 }) => [
        shape,
        String(support),
        figure(precision, 2),
        figure(recall, 2),
        figure(f1, 2),
        wrongAnswers(records.filter(({ truth }) => truth.shape === shape)),
      ]),
  );
}

/** The detector beside every baseline. */
export function baselineTable(looked: readonly Looked[]): readonly string[] {
  return table(
    [
      { title: 'method' },
      { title: 'macro-F1', ...RIGHT },
      { title: 'leak precision', ...RIGHT },
      { title: 'leak recall', ...RIGHT },
      { title: 'leak F1', ...RIGHT },
      { title: 'false positives', ...RIGHT },
    ],
    looked.map(({ detector, records }) => {
      const leak = leakScore(records);
      return [
        detector,
        figure(macroF1(records)),
        figure(leak.precision, 2),
        figure(leak.recall, 2),
        figure(leak.f1, 2),
        percent(leak.falsePositiveRate),
      ];
    }),
  );
}

interface Exception {
  readonly family: string;
  readonly baseline: string;
  readonly own: number;
  readonly theirs: number;
}

/** Families where a baseline tells leak from no leak more often than the first detector. */
export function exceptions([own, ...baselines]: readonly Looked[]): readonly Exception[] {
  const families = [...new Set(own?.records.map(({ family }) => family))];
  return families.flatMap((family) => {
    const share = accuracyIn(own, family);
    if (share === undefined) return [];
    return baselines.flatMap((baseline) => {
      const theirs = accuracyIn(baseline, family) ?? 0;
      return theirs > share ? [{ family, baseline: baseline.detector, own: share, theirs }] : [];
    });
  });
}

function accuracyIn(looked: Looked | undefined, family: string): number | undefined {
  return leakAccuracy(looked?.records.filter((record) => record.family === family) ?? []);
}

export function exceptionLines(looked: readonly Looked[]): readonly string[] {
  const found = exceptions(looked);
  if (found.length === 0) return ['On every family at least as good as every baseline.'];
  return [
    'Families where a baseline tells leak from no leak more often:',
    '',
    ...table(
      [{ title: 'family' }, { title: 'baseline' }, { title: 'it', ...RIGHT }, { title: 'exit137', ...RIGHT }],
      found.map(({ family, baseline, theirs, own }) => [
        family,
        baseline,
        percent(theirs, 0),
        percent(own, 0),
      ]),
    ),
  ];
}

/** Leak or not, right per family, every method. */
export function perFamilyBaselines(looked: readonly Looked[]): readonly string[] {
  const families = [...new Set(looked[0]?.records.map(({ family }) => family))].filter(
    (family) => accuracyIn(looked[0], family) !== undefined,
  );
  return table(
    [{ title: 'leak or not, right' }, ...looked.map(({ detector }) => ({ title: detector, ...RIGHT }))],
    families.map((family) => [family, ...looked.map((one) => percent(accuracyIn(one, family) ?? 0, 0))]),
  );
}

export function streamingTable(watched: readonly Watched[]): readonly string[] {
  const clean = watched.filter(({ isLeak }) => !isLeak);
  return [
    ...table(
      [
        { title: 'state' },
        { title: 'recall', ...RIGHT },
        { title: 'median delay', ...RIGHT },
        { title: 'before the first kill', ...RIGHT },
        { title: 'false containers', ...RIGHT },
        { title: 'false per 1,000 container-days', ...RIGHT },
      ],
      (['growing', 'suspected', 'confirmed'] as const).map((alarm) => {
        const score = alarmScore(watched, alarm);
        const interval = bootstrap(clean, (drawn) => alarmScore(drawn, alarm).falsePer1000Days);
        return [
          alarm.toUpperCase(),
          percent(score.recall),
          score.medianDelayHours === undefined ? '-' : `${Math.round(score.medianDelayHours)} h`,
          percent(score.beforeFirstKill),
          String(score.falseContainers),
          withInterval(figure(score.falsePer1000Days, 1), interval, (bound) => figure(bound, 1)),
        ];
      }),
    ),
    '',
    `Clean: ${clean.length} containers, ${Math.round(daysOf(clean))} container-days; leaking: ${watched.length - clean.length}. A workload counts as one container.`,
    `Of the ${confirmable(watched).length} leaks that were killed or there for five days, ${percent(alarmScore(confirmable(watched), 'confirmed').recall)} were CONFIRMED.`,
    `At the first CONFIRMED the working set stands at ${percent(medianUsed(watched), 0)} of the limit (median).`,
    ...falseConfirmed(clean),
    ...missed(watched),
  ];
}

function medianUsed(watched: readonly Watched[]): number {
  const used = watched.flatMap(({ isLeak, headroomUsed }) =>
    isLeak && headroomUsed !== undefined ? [headroomUsed] : [],
  );
  return used.toSorted((a, b) => a - b)[Math.floor(used.length / 2)] ?? 0;
}

function falseConfirmed(clean: readonly Watched[]): readonly string[] {
  const wrong = clean.filter(({ confirmedEpisodes }) => confirmedEpisodes > 0);
  if (wrong.length === 0) return [];
  return [`Falsely CONFIRMED: ${countFamilies(wrong)}.`];
}

function missed(watched: readonly Watched[]): readonly string[] {
  const wrong = watched.filter(({ isLeak, firstHours }) => isLeak && firstHours.confirmed === undefined);
  if (wrong.length === 0) return [];
  return [`Leaks never CONFIRMED: ${countFamilies(wrong)}.`];
}

function countFamilies(watched: readonly Watched[]): string {
  const counts = new Map<string, number>();
  for (const { family } of watched) counts.set(family, (counts.get(family) ?? 0) + 1);
  return [...counts].map(([family, count]) => `${family} ${count}`).join(', ');
}

/** CONFIRMED as a baseline's leak would be, looked at as often. */
export function streamingBaselines(
  all: readonly { readonly detector: string; readonly watched: readonly Watched[] }[],
): readonly string[] {
  return table(
    [
      { title: 'method' },
      { title: 'recall', ...RIGHT },
      { title: 'median delay', ...RIGHT },
      { title: 'before the first kill', ...RIGHT },
      { title: 'false per 1,000 container-days', ...RIGHT },
    ],
    all.map(({ detector, watched }) => {
      const score = alarmScore(watched, 'confirmed');
      return [
        detector,
        percent(score.recall),
        score.medianDelayHours === undefined ? '-' : `${Math.round(score.medianDelayHours)} h`,
        percent(score.beforeFirstKill),
        figure(score.falsePer1000Days, 1),
      ];
    }),
  );
}

/** One line per wrong answer: for whoever works on the detector, of the development set only. */
export function wrongCases(records: readonly Scored[]): readonly string[] {
  return records
    .filter((record) => !isRight(record))
    .map(
      ({ family, index, truth, answer }) => `${family} ${index}: ${truth.shape}, answered ${answer.shape}`,
    );
}

/** Clean workloads that were CONFIRMED at some look, leaking ones that never were. */
export function wrongAlarms(watched: readonly Watched[]): readonly string[] {
  return watched
    .filter(({ isLeak, firstHours }) => isLeak === (firstHours.confirmed === undefined))
    .map(({ family, index, isLeak, firstHours }) =>
      isLeak
        ? `${family} ${index}: never CONFIRMED`
        : `${family} ${index}: falsely CONFIRMED after ${firstHours.confirmed} h`,
    );
}
