/** What all commands that read evidence share: every flag, shown in their help. */
import type { Argument, Command, Option } from 'commander';
import type { ExitStatus } from './exit-status.ts';

/** Runs an implementation; the status it returns becomes the program's. */
export type Act = (run: () => Promise<ExitStatus>) => Promise<void>;

/** `form of the answer (text|wide|json; default text)`. */
export function optionDescription(option: Option): string {
  const { description, argChoices, defaultValue, defaultValueDescription } = option;
  const isTold = typeof defaultValue === 'string' || typeof defaultValue === 'number';
  const parts = [
    ...(argChoices === undefined ? [] : [argChoices.join('|')]),
    ...(isTold ? [`default ${defaultValueDescription ?? defaultValue}`] : []),
  ];
  return parts.length === 0 ? description : `${description} (${parts.join('; ')})`;
}

export function evidenceCommand(program: Command, name: string): Command {
  return program
    .command(name)
    .configureHelp({ showGlobalOptions: true, visibleArguments: visibleDescribed, optionDescription });
}

function visibleDescribed(command: Command): Argument[] {
  return command.registeredArguments.filter(({ description }) => description !== '');
}
