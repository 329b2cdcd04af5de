/** Real kernel reports and counters, recorded in a virtual machine (test/cluster/vm), from their files to the verdict. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { containersCount, grade, judge, readExpected, reportFaults, viewsOf } from './replay.ts';

const here = import.meta.dirname;
const names = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
const views = names.flatMap((name) => viewsOf(join(here, name)).map((view) => [name, view] as const));

describe('kernel facts', () => {
  it.each(views)('%s: %s is read as staged', async (name, view) => {
    const folder = join(here, name);
    const judged = await judge(folder, view);
    expect(reportFaults(judged, readExpected(folder))).toEqual([]);
  });

  it.each(names)('%s: counters', async (name) => {
    const folder = join(here, name);
    const expected = readExpected(folder);
    const [view = 'everything'] = viewsOf(folder);
    expect(containersCount(await judge(folder, view))).toContain(expected.oomKills);
  });

  for (const [name, view] of views) {
    it(`${name}: ${view} is judged as staged`, async () => {
      const folder = join(here, name);
      expect(grade(await judge(folder, view), readExpected(folder))).toMatch(/^(?:right|open|level)$/u);
    });
  }
});
