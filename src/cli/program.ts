/** The commands and their flags. Implementations are imported when a command runs, not before. */
import { Command, CommanderError, Help, Option } from 'commander';
import type { CliContext } from './context.ts';
import type { ExitStatus } from './exit-status.ts';
import { EXIT } from './exit-status.ts';
import { flagGroups } from './flags.ts';
import type { Flags } from './flags.ts';
import type { Act } from './evidence-command.ts';
import { evidenceCommand, optionDescription } from './evidence-command.ts';
import { addMemoryCommands } from './program-memory.ts';
import { reportUsage } from './usage.ts';

export interface BuiltProgram {
  readonly program: Command;
  readonly status: () => ExitStatus;
}

const FILES_HELP = `
With -f nothing but the files is read, unless --context or --kubeconfig names a
cluster too. One more case reads both: a TARGET is named, the files hold no pod
(a kernel log on stdin, say) and a cluster is configured.`;

const STATUS_HELP = `
Exit codes: 0 done, 1 a finding of --fail-on, 2 wrong usage, 3 target not found,
4 nothing could be read, 5 partial or insufficient evidence with --strict,
70 a bug in exit137, 130 interrupted.`;

/** Parses the arguments and runs the command they name. */
export async function runProgram(context: CliContext): Promise<ExitStatus> {
  const { program, status } = buildProgram(context);
  try {
    await program.parseAsync([...context.argv], { from: 'user' });
    return status();
  } catch (error) {
    if (error instanceof CommanderError) return reportUsage(context, program, error);
    throw error;
  }
}

export function buildProgram(context: CliContext): BuiltProgram {
  let status: ExitStatus = EXIT.done;
  const act: Act = async (run) => {
    status = await run();
  };
  const program = new Command(context.program)
    .description(
      'Says who killed a Kubernetes container and why, with the proof, how sure it is and what it could not see.',
    )
    .usage('COMMAND [TARGET] [flags]')
    .version(context.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      getOutHelpWidth: () => helpWidth(context),
      // Mistakes are told by errors.ts, with one suggestion.
      outputError: () => {},
    })
    .showSuggestionAfterError(false)
    .helpCommand(false)
    .argument('[words...]')
    .action((words: string[], flags: Flags) =>
      act(async () => (await import('./commands/none.ts')).runWithoutCommand(context, program, words, flags)),
    );
  program.configureHelp({
    visibleArguments: () => [],
    subcommandTerm: (command) => `${command.name()} ${command.usage()}`.trim(),
    optionDescription,
    formatHelp: (command, helper) => commandsFirst(Help.prototype.formatHelp.call(helper, command, helper)),
  });
  for (const [heading, options] of flagGroups()) {
    for (const option of options) program.addOption(option.helpGroup(heading));
  }
  addEvidenceCommands(program, context, act);
  addOtherCommands(program, context, act);
  program.addHelpText(
    'after',
    () => `${STATUS_HELP}\n\nStart here: ${context.program} why   (the newest death)`,
  );
  return { program, status: () => status };
}

/** People look for the command first, then for its flags. */
function commandsFirst(help: string): string {
  const sections = help.trimEnd().split('\n\n');
  const commands = sections.filter((section) => section.startsWith('Commands:'));
  const others = sections.filter((section) => !section.startsWith('Commands:'));
  return `${[...others.slice(0, 2), ...commands, ...others.slice(2)].join('\n\n')}\n`;
}

function helpWidth(context: CliContext): number {
  return Math.min(100, context.stdout.columns ?? 100);
}

/** Commands that read evidence: they take every flag, so their help shows them all. */
function addEvidenceCommands(program: Command, context: CliContext, act: Act): void {
  const { program: name } = context;
  evidenceCommand(program, 'why')
    .description('who killed this container, and why')
    .usage('[TARGET] [flags]')
    .argument('[target...]', 'pod, ns/name, deploy/x, ns/deploy/x; nothing = the newest death')
    .addHelpText(
      'after',
      `${FILES_HELP}

Examples:
  ${name} why                                   the newest death here
  ${name} why checkout-api -n shop              a pod or a workload
  ${name} why shop/deploy/checkout-api -c api   one container of it
  kubectl get pods,events -n shop -o yaml | ${name} why checkout-api -f -
  ssh NODE sudo dmesg -T | ${name} why shop/checkout-api -f -   cluster and kernel log together`,
    )
    .action((words: string[], _own: unknown, command: Command) =>
      act(async () =>
        (await import('./commands/why.ts')).runWhy(context, words, command.optsWithGlobals<Flags>()),
      ),
    );
  evidenceCommand(program, 'kills')
    .description('every death found, grouped by workload and cause, worst first')
    .usage('[flags]')
    .addOption(new Option('--list', 'every death, one line each'))
    .argument('[words...]')
    .addHelpText(
      'after',
      `${FILES_HELP}\n\nExamples:\n  ${name} kills -A --since 7d\n  ${name} kills -f must-gather.tar.gz -o csv`,
    )
    .action((words: string[], _own: unknown, command: Command) =>
      act(async () =>
        (await import('./commands/kills.ts')).runKills(context, words, command.optsWithGlobals()),
      ),
    );
  addMemoryCommands(program, context, act);
  evidenceCommand(program, 'record')
    .description('save the evidence about a target, to be judged or mailed later')
    .usage('[TARGET] --out FILE [flags]')
    .argument('[target...]', 'as for why')
    .addOption(new Option('--out <path>', 'file to write; with --watch a folder'))
    .addOption(new Option('--watch', 'stay, and keep the evidence of each death as it happens'))
    .addOption(new Option('--force', 'overwrite'))
    .addHelpText('after', `\nRead it again: ${name} why -f FILE`)
    .action((words: string[], _own: unknown, command: Command) =>
      act(async () =>
        (await import('./commands/record.ts')).runRecord(context, words, command.optsWithGlobals()),
      ),
    );
  evidenceCommand(program, 'check')
    .description('what this kubeconfig can see, what is missing and what that costs')
    .usage('[flags]')
    .action((_own: unknown, command: Command) =>
      act(async () =>
        (await import('./commands/check.ts')).runCheck(context, command.optsWithGlobals<Flags>()),
      ),
    );
}

function addOtherCommands(program: Command, context: CliContext, act: Act): void {
  const { program: name } = context;
  program
    .command('explain')
    .description('what an exit code, signal, reason or cause means')
    .usage('WHAT')
    .argument('[what...]', '137, SIGKILL, OOMKilled, Evicted, K1, ...')
    .addHelpText(
      'after',
      `\nExamples:\n  ${name} explain 137\n  ${name} explain OOMKilled\n  ${name} explain K4`,
    )
    .action((words: string[], _own: unknown, command: Command) =>
      act(async () =>
        (await import('./commands/explain.ts')).runExplain(context, words, command.optsWithGlobals<Flags>()),
      ),
    );
  program
    .command('examples')
    .description('diagnose the example deaths that come with exit137; needs no cluster')
    .usage('[NAME] [flags]')
    .argument('[name]', 'only this example')
    .action((example: string | undefined, _own: unknown, command: Command) =>
      act(async () =>
        (await import('./commands/examples.ts')).runExamples(
          context,
          example,
          command.optsWithGlobals<Flags>(),
        ),
      ),
    );
  program
    .command('completion')
    .description('print the completion script of a shell')
    .usage('bash|zsh|fish|powershell')
    .argument('[shell]', 'bash, zsh, fish or powershell')
    .addHelpText('after', `\nFor bash, in ~/.bashrc:  source <(exit137 completion bash)`)
    .action((shell: string | undefined) =>
      act(async () => (await import('./commands/completion.ts')).runCompletion(context, shell)),
    );
  program
    .command('help')
    .description('print the help of a command')
    .usage('[COMMAND]')
    .argument('[command]')
    .action((word: string | undefined) =>
      act(async () => (await import('./commands/none.ts')).runHelp(context, program, word)),
    );
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .helpOption(false)
    .action((words: string[]) =>
      act(async () => (await import('./commands/completion.ts')).runComplete(context, program, words)),
    );
}
