/** No command was given: help, or the one command that was probably meant. */
import type { Command } from 'commander';
import { shellQuote } from '../../core/text/shell.ts';
import type { CliContext } from '../context.ts';
import { EXIT, usageError } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { Flags } from '../flags.ts';
import { nearest } from '../suggest.ts';

/** What `explain` answers: a number, a code of ours, a signal, a reason in capitals. */
const LOOKS_LIKE_A_CODE = /^(?:\d{1,3}|[KLPXWH]\d{1,2}|SIG[A-Z0-9]+|[A-Z][A-Za-z]+)$/;

export async function runWithoutCommand(
  context: CliContext,
  program: Command,
  words: readonly string[],
  flags: Flags,
): Promise<ExitStatus> {
  const [first] = words;
  if (first === undefined && flags.filename.length === 0) {
    program.outputHelp();
    return EXIT.done;
  }
  if (first === undefined) {
    throw usageError(
      'No command is named.',
      `for the newest death in the files: ${context.program} why ${flags.filename.map((path) => `-f ${shellQuote(path)}`).join(' ')}`,
    );
  }
  if (first === 'version') {
    throw usageError('"version" is no command.', `did you mean: ${context.program} --version`);
  }
  const meant = nearest(first, commandNames(program));
  if (meant !== undefined) {
    throw usageError(
      `${JSON.stringify(first)} is no command.`,
      `did you mean: ${[context.program, meant, ...words.slice(1).map(shellQuote)].join(' ')}`,
    );
  }
  const command = LOOKS_LIKE_A_CODE.test(first) ? 'explain' : 'why';
  throw usageError(
    `${JSON.stringify(first)} is no command.`,
    `did you mean: ${[context.program, command, ...words.map(shellQuote)].join(' ')}`,
  );
}

function commandNames(program: Command): readonly string[] {
  return program.commands.map((command) => command.name()).filter((name) => name !== 'complete');
}

/** `exit137 help [COMMAND]`. */
export async function runHelp(
  context: CliContext,
  program: Command,
  word: string | undefined,
): Promise<ExitStatus> {
  const command =
    word === undefined
      ? program
      : program.commands.find((known) => known.name() === word && word !== 'complete');
  if (command === undefined) {
    const names = commandNames(program);
    const near = nearest(word ?? '', names);
    throw usageError(
      `${JSON.stringify(word)} is no command.`,
      near === undefined ? `one of ${names.join(', ')}` : `did you mean: ${context.program} help ${near}`,
    );
  }
  command.outputHelp();
  return EXIT.done;
}
