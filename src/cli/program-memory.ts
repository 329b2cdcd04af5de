/** The commands about memory over time. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { GIB, HOUR_MS, SECOND_MS } from '../core/units.ts';
import type { CliContext } from './context.ts';
import type { Act } from './evidence-command.ts';
import { evidenceCommand } from './evidence-command.ts';
import { size, span, TOP_SORT } from './flags.ts';
import type { Flags } from './flags.ts';

const DAY_MS = 24 * HOUR_MS;

export function addMemoryCommands(program: Command, context: CliContext, act: Act): void {
  addHistory(program, context, act);
  addTop(program, context, act);
  addForecast(program, context, act);
  addCollect(program, context, act);
}

function addHistory(program: Command, context: CliContext, act: Act): void {
  const { program: name } = context;
  evidenceCommand(program, 'history')
    .description('memory over time against limit and request, its shape, what comes next')
    .usage('[TARGET] [flags]')
    .argument('[target...]', 'as for why; nothing = what died last')
    .addHelpText(
      'after',
      `\nLooks back --since (default 7d).

Examples:
  ${name} history checkout-api -n shop
  ${name} history shop/deploy/checkout-api --since 24h --prometheus https://prometheus.example
  ${name} history -f range-query.json -o csv`,
    )
    .action((words: string[], _own: unknown, command: Command) =>
      act(async () =>
        (await import('./commands/history.ts')).runHistory(context, words, command.optsWithGlobals<Flags>()),
      ),
    );
}

function addTop(program: Command, context: CliContext, act: Act): void {
  const { program: name } = context;
  evidenceCommand(program, 'top')
    .description('containers by use against request and limit, with peak and kills, worst first')
    .usage('[TARGET] [flags]')
    .argument('[target...]', 'as for why; nothing = the namespace')
    .addOption(
      new Option('--sort <column>', 'order; worst = killed or at 90 % of its limit, then nearest to it')
        .choices([...TOP_SORT])
        .default('worst'),
    )
    .addHelpText(
      'after',
      `\nPEAK and KILLS look back --since (default 24h) where a history is named; without one they
know the running container and the death before it.

Examples:
  ${name} top -A
  ${name} top deploy/checkout-api -n shop --node-access
  ${name} top -A --sort uses -o csv`,
    )
    .action((words: string[], _own: unknown, command: Command) =>
      act(async () => (await import('./commands/top.ts')).runTop(context, words, command.optsWithGlobals())),
    );
}

function addForecast(program: Command, context: CliContext, act: Act): void {
  const { program: name } = context;
  evidenceCommand(program, 'forecast')
    .description('which containers and nodes run out of memory next, and when')
    .usage('[TARGET] [flags]')
    .argument('[target...]', 'as for why; nothing = the namespace')
    .addOption(
      new Option('--within <duration>', 'how far ahead, such as 12h').argParser(span).default(DAY_MS, '24h'),
    )
    .addHelpText(
      'after',
      `\nRests on --since (default 7d). Nodes are forecast with -A only.

Examples:
  ${name} forecast -A
  ${name} forecast deploy/checkout-api -n shop --within 7d`,
    )
    .action((words: string[], _own: unknown, command: Command) =>
      act(async () =>
        (await import('./commands/forecast.ts')).runForecast(context, words, command.optsWithGlobals()),
      ),
    );
}

function addCollect(program: Command, context: CliContext, act: Act): void {
  const { program: name } = context;
  evidenceCommand(program, 'collect')
    .description('keep memory over time and every death in a file, where no Prometheus does')
    .usage('--history FILE [flags]')
    .argument('[words...]')
    .addOption(new Option('--every <duration>', 'how often').argParser(span).default(15 * SECOND_MS, '15s'))
    .addOption(
      new Option('--retention <duration>', 'how long it is kept').argParser(span).default(30 * DAY_MS, '30d'),
    )
    .addOption(
      new Option('--max-size <size>', 'of the file, such as 500Mi; the oldest goes first')
        .argParser(size)
        .default(10 * GIB, '10Gi'),
    )
    .addHelpText(
      'after',
      `\nRuns until interrupted. With --node-access the kubelets are asked, else metrics.k8s.io, which
has fewer figures. Others may read the file meanwhile.

Examples:
  ${name} collect --history history.db --node-access
  ${name} history checkout-api -n shop --history history.db
  ${name} kills --since 7d --history history.db`,
    )
    .action((words: string[], _own: unknown, command: Command) =>
      act(async () =>
        (await import('./commands/collect.ts')).runCollect(context, words, command.optsWithGlobals()),
      ),
    );
}
