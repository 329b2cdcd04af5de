/**
 * `node tools/shapes/document.ts PRINTED...`: writes docs/accuracy-memory.md from what `main.ts` printed, so that every
 * figure of the page is a printed one. Parts come in the order of `NOTES`; each is taken from the last text that has it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGE = join(import.meta.dirname, '../../docs/accuracy-memory.md');

const INTRODUCTION = `# How well it tells a leak from the rest

\`exit137\` names the shape of a container's memory (leak, spike, load, plateau, …), says how sure a growth is (GROWING, SUSPECTED, CONFIRMED)
and when the limit will be met. Everything below is printed by \`node tools/shapes/main.ts --all full\`; \`npm run accuracy\` prints a sample of
it in a minute and fails on what is beyond doubt.

## What it is asked

[\`src/sim/workloads\`](../src/sim/workloads) draws workloads from a seed: the demand of each container is known, meets its limit or not, and
is scraped with gaps, missing samples and missing series. The label follows from the demand alone. Where two definitions truly overlap
(a healthy container whose memory follows its traffic far below the limit), both answers are right; every such case is named in the
code beside its family, and was before there was a detector.

- **development**: 25 families, base 100 to 600 MiB, a sample every 1 or 5 minutes for 7 to 14 days. The detector was built on these.
- **held-out**: other seeds, wider ranges (40 to 2000 MiB, a sample every 30 s to 10 minutes, 3 to 21 days, other noise, other periods,
  up to 6 replicas), and 13 families that development does not have. Its totals were looked at while the detector was built, single
  cases of it were not.

A label that differs is an error, also where the answer is \`growing\` or \`no-data\`. Macro-F1 is the mean F1 over all 14 shapes. Leak or not is
scored over the families where that is not open (shared memory that grows for ever is). Intervals are 95 % cluster bootstraps over
containers. The baselines see the same questions in the same run and answer leak or healthy. All of this but the last three parts is
simulated: it says how the method does on what its authors could think of, not what a given cluster holds.
`;

/** Heading as printed (its beginning), and what a reader must know below it. */
const NOTES: readonly (readonly [heading: string, note: string])[] = [
  ['held-out: one look', ''],
  [
    'held-out: a look every 6 h',
    'Each look sees only what was there by then; delay counts from where the leak begins. CONFIRMED rests on a restart after which it grows again, or on days: some of these windows are too short for both.',
  ],
  [
    'held-out: forecast',
    'First lives are stopped half-way to their limit; the truth is the same life run on. Errors are relative to the time that really remained.',
  ],
  ['development: one look', ''],
  ['development: a look every 6 h', ''],
  ['development: forecast', ''],
  [
    'Programs that really ran',
    'In memory cgroups of a real kernel, killed and restarted by it ([`test/programs`](../test/programs)); the label is what their code does. The detector was developed on the others; nothing was changed because of a capture of seed 79.',
  ],
  [
    'Series of others',
    'Public captures, read where they are at hand: their licences keep them out of the repository. What must not be said: a leak of a memory hog, CONFIRMED of production.',
  ],
  [
    'Leaks put into series of others',
    'The public hosts and production pods at half their height, with a line added that meets the limit, is killed there and starts anew. A day of one life is too short to tell a leak from a cache that fills: `growing` is right there.',
  ],
];

/** Parts of a printed text by heading. What does not hold is printed after the part it belongs to. */
function partsOf(text: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  for (const part of text.split(/^## /m).slice(1)) {
    const end = part.indexOf('\n');
    parts.set(part.slice(0, end), cleaned(part.slice(end)));
  }
  return parts;
}

/** Without what differs from machine to machine. */
function cleaned(body: string): string {
  return body
    .replace(/^\(\d+ s\)$/gm, '')
    .replace(/^- an answer takes .*\n/m, '')
    .replace(/^(?:[a-z-]+ \d+: .*\n)+/gm, '')
    .replace(/^DOES NOT HOLD: (.*)$/gm, '**Does not hold**: $1')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

const printed = new Map(process.argv.slice(2).flatMap((file) => [...partsOf(readFileSync(file, 'utf8'))]));
const sections = NOTES.flatMap(([beginning, note]) => {
  const found = [...printed].findLast(([heading]) => heading.startsWith(beginning));
  if (found === undefined) return [];
  const [heading, printedBody] = found;
  // The line per series is for the terminal; the page keeps the line per kind.
  const body =
    beginning === 'Series of others' ? printedBody.replace(/^\| series[^]*?\n\n/, '') : printedBody;
  const title = heading.charAt(0).toUpperCase() + heading.slice(1);
  return [`## ${title}\n\n${note === '' ? '' : `${note}\n\n`}${body}\n`];
});
writeFileSync(PAGE, [INTRODUCTION, ...sections].join('\n'));
console.log(`${PAGE}: ${sections.length} of ${NOTES.length} parts`);
