/**
 * The walls between rooms: which folder may import which. dependency-cruiser needs a compiler API that TypeScript 7 does
 * not have, so this reads the imports itself: type stripping blanks types and comments, a pattern finds what is left.
 */
import { readdirSync, readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

/** A forbidden import: `from` may not import `to`. Patterns match paths below `src/`, or a bare package name. */
export interface Wall {
  readonly from: RegExp;
  readonly to: RegExp;
  /** Exceptions. */
  readonly unless?: RegExp;
  /** Type imports leave no trace at run time and may pass. */
  readonly typesPass?: true;
  /** Dynamic imports may pass. */
  readonly lazyPasses?: true;
  readonly because: string;
}

const OUTSIDE_CORE = /^(?!core\/)/;

export const WALLS: readonly Wall[] = [
  {
    from: /^core\//,
    to: OUTSIDE_CORE,
    because:
      'core is pure: plain data in, plain data out, no I/O, so it runs anywhere and is tested without a world',
  },
  {
    from: /^core\/(?:units|model)/,
    to: /^core\/(?!units|model)/,
    unless: /^core\/memory\/types\.ts$/,
    because: 'the central types are the ground floor: everybody stands on them, they stand on nothing',
  },
  {
    from: /^core\/exit-codes\//,
    to: /^core\/(?!exit-codes\/|edit-distance)/,
    because: '`explain` must start fast, so its tables load nothing else',
  },
  {
    from: /^core\/(?:parse|facts)\//,
    to: /^core\/(?:causes|verdict|advice|runtimes|diagnose)/,
    because: 'reading evidence must not depend on what is concluded from it',
  },
  {
    from: /^core\/math\//,
    to: /^(?!core\/math\/)/,
    because: 'numbers in, numbers out: mathematics knows nothing of containers',
  },
  {
    from: /^core\/memory\//,
    to: /^core\/(?!memory\/|math\/|model\/|text\/|units)/,
    because: 'the shape of memory is judged from its history alone, not from one death',
  },
  {
    from: /^core\/(?:facts|parse|causes|verdict|runtimes)\//,
    to: /^core\/memory\/(?!types)/,
    because: 'the verdict on a death may carry an analysis of its memory; it never computes one',
  },
  {
    from: /^core\/causes\//,
    to: /^core\/(?:verdict|advice|diagnose)/,
    because: 'a cause assesses its own case; only verdict/ compares causes',
  },
  {
    from: /^core\/text\//,
    to: /^core\/(?:causes|verdict|advice|facts|parse|runtimes|math|diagnose|memory\/(?!types\.))/,
    because: 'text says what was decided and decides nothing',
  },
  {
    from: /^api\//,
    to: /^(?!api\/|core\/)/,
    because: 'the wire contract is shared with browsers: core data in, JSON out',
  },
  {
    from: /^app\//,
    to: /^(?:sources|store|notify|cli|server|api|sim)\//,
    because: 'use cases know ports, not adapters',
  },
  {
    from: /^(?:sources|store|notify)\//,
    to: /^app\//,
    unless: /^app\/ports\.ts$/,
    typesPass: true,
    because: "an adapter implements app's ports (types, and the one error), it does not run use cases",
  },
  {
    from: /^(?:sources|store|notify)\//,
    to: /^(?:cli|server|api|sim)\//,
    because: 'an adapter never knows who uses it',
  },
  {
    from: /^(?:store|notify)\//,
    to: /^(?:sources|store|notify)\//,
    unless: /^store\//,
    because: 'adapters do not know each other',
  },
  {
    from: /^sources\/files\//,
    to: /^sources\/(?!files\/|kernel-log\/|young-generation\.ts)/,
    because: 'offline input must work without the code of a live cluster',
  },
  {
    from: /^sources\/kubernetes\//,
    to: /^sources\/(?!kubernetes\/|kernel-log\/)/,
    because: 'sources do not know each other; kernel-log is the one reader that both need',
  },
  {
    from: /^sources\/prometheus\//,
    to: /^sources\/(?!prometheus\/|kubernetes\/client\/|young-generation\.ts)/,
    because:
      'history is asked over the same read-only client, and knows nothing of the evidence read over it',
  },
  {
    from: /^cli\/(?!(?:history-)?wiring\.ts|commands\/)/,
    to: /^(?:sources|store)\//,
    typesPass: true,
    because: 'only the wiring (and completion, which asks for names) constructs sources',
  },
  {
    from: /^cli\//,
    to: /^(?:sources|store)\//,
    typesPass: true,
    lazyPasses: true,
    because: '`explain` and `--help` must not load a Kubernetes client',
  },
  {
    from: /^(?!cli\/)/,
    to: /^cli\//,
    because: 'the command line is the roof: nothing stands on it',
  },
  {
    from: /^(?!sim\/)/,
    to: /^sim\//,
    because: 'the simulated cluster is for tests and benches only',
  },
];

interface Import {
  readonly target: string;
  readonly isType: boolean;
  readonly isLazy: boolean;
}

const IMPORT =
  /\b(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s*)?['"]([^'"\n]+)['"]|\bimport\s*\(\s*['"]([^'"\n]+)['"]\s*\)/g;

/** The imports of a module, as paths below `src/` (`core/units.ts`) or bare names (`node:fs`, `commander`). */
export function importsOf(source: string, file: string): readonly Import[] {
  const runtime = new Set(matches(nodeModule.stripTypeScriptTypes(source)).map(({ name }) => name));
  return matches(withoutComments(source)).map(({ name, isType, isLazy }) => ({
    target: name.startsWith('.') ? join(dirname(file), name) : name,
    isType: isType || !runtime.has(name),
    isLazy,
  }));
}

function matches(source: string): readonly { name: string; isType: boolean; isLazy: boolean }[] {
  return [...source.matchAll(IMPORT)].map(([, type, name, lazy]) => ({
    name: name ?? lazy ?? '',
    isType: type !== undefined,
    isLazy: lazy !== undefined,
  }));
}

/** Good enough for finding imports: comment marks inside strings only hide what follows on that line. */
function withoutComments(source: string): string {
  return source.replace(/\/\*[^]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

/** One sentence per breach. */
export function breaches(file: string, imports: readonly Import[]): readonly string[] {
  return imports.flatMap(({ target, isType, isLazy }) =>
    WALLS.filter(
      (wall) =>
        wall.from.test(file) &&
        wall.to.test(target) &&
        wall.unless?.test(target) !== true &&
        !(wall.typesPass === true && isType) &&
        !(wall.lazyPasses === true && isLazy),
    ).map((wall) => `src/${file} imports ${target}: ${wall.because}`),
  );
}

/** Files whose imports are followed at run time, for cycles. */
function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      found.push(`cycle: ${[...path.slice(at), file].join(' -> ')}`);
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

/** Reads every module below `src` (tests may break walls) and says every breach. */
export function checkRooms(src: string): readonly string[] {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const imports = new Map(
    files.map((file) => [file, importsOf(readFileSync(join(src, file), 'utf8'), file)] as const),
  );
  const found = [...imports].flatMap(([file, list]) => breaches(file, list));
  const graph = new Map(
    [...imports].map(([file, list]) => [
      file,
      list.filter(({ isType, isLazy }) => !isType && !isLazy).map(({ target }) => target),
    ]),
  );
  return [...found, ...cyclesIn(graph)];
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  const src = join(import.meta.dirname, '..', 'src');
  const found = checkRooms(src);
  for (const line of found) console.error(line);
  console.log(`${relative(process.cwd(), src)}: ${found.length} walls broken`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
