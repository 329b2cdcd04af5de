import { describe, expect, it } from 'vitest';
import { breaches, importsOf } from './rooms.ts';

function brokenBy(file: string, source: string): readonly string[] {
  return breaches(file, importsOf(source, file));
}

describe('walls', () => {
  it.each([
    [
      'core reaching for a file',
      'core/parse/a.ts',
      `import { readFileSync } from 'node:fs';\nreadFileSync('');`,
    ],
    ['core using a package', 'core/parse/a.ts', `import { load } from 'js-yaml';\nload('');`],
    [
      'core knowing the app, even its types',
      'core/diagnose.ts',
      `import type { Target } from '../app/ports.ts';`,
    ],
    ['a re-export', 'core/text/a.ts', `export { assess } from '../causes/a.ts';`],
    [
      'a use case constructing an adapter',
      'app/why.ts',
      `const a = await import('../sources/files/index.ts');`,
    ],
    [
      'a source knowing the use case',
      'sources/files/a.ts',
      `import { why } from '../../app/why.ts';\nwhy();`,
    ],
    [
      'the command line loading a client at once',
      'cli/wiring.ts',
      `import { a } from '../sources/kubernetes/index.ts';\na();`,
    ],
    ['an import over several lines', 'core/a.ts', `import {\n  a,\n  b,\n} from '../app/why.ts';\na(b);`],
  ])('stop %s', (_name, file, source) => {
    expect(brokenBy(file, source)).not.toEqual([]);
  });

  it.each([
    ['a source knowing a port', 'sources/files/a.ts', `import type { Target } from '../../app/ports.ts';`],
    ['a lazy client', 'cli/wiring.ts', `const a = await import('../sources/kubernetes/index.ts');`],
    ['an import in a comment', 'core/a.ts', `// import { a } from '../app/why.ts';\nexport const b = 1;`],
    ['core knowing core', 'core/causes/a.ts', `import type { DeathFacts } from '../facts/types.ts';`],
  ])('let %s pass', (_name, file, source) => {
    expect(brokenBy(file, source)).toEqual([]);
  });
});
