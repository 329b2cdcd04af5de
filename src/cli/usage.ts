/** The argument parser's complaints as usage errors, with one suggestion at most. */
import type { Command, CommanderError } from 'commander';
import { cleanLine } from '../core/text/clean.ts';
import type { CliContext } from './context.ts';
import { EXIT } from './exit-status.ts';
import type { ExitStatus } from './exit-status.ts';
import { nearest } from './suggest.ts';

/** Prints the complaint on stderr; help and version are no complaints. */
export function reportUsage(context: CliContext, program: Command, error: CommanderError): ExitStatus {
  if (error.exitCode === 0) return EXIT.done;
  const text = cleanLine(error.message.replace(/^error: /, ''));
  const called = calledCommand(context, program);
  const suggestion = error.code === 'commander.unknownOption' ? suggestFlag(text, program, called) : '';
  const help =
    called === undefined ? `${context.program} --help` : `${context.program} ${called.name()} --help`;
  context.stderr.write(`${context.program}: ${sentence(text)}${suggestion}\nSee: ${help}\n`);
  return EXIT.usage;
}

function sentence(text: string): string {
  const plain = text.replace(/^unknown option/, 'unknown flag').replace(/^option/, 'flag');
  return /[.!?]$/.test(plain) ? plain : `${plain}.`;
}

function calledCommand(context: CliContext, program: Command): Command | undefined {
  const names = new Map(program.commands.map((command) => [command.name(), command]));
  const word = context.argv.find((argument) => names.has(argument));
  return word === undefined ? undefined : names.get(word);
}

function suggestFlag(text: string, program: Command, called: Command | undefined): string {
  const unknown = /'(-[^']+)'/.exec(text)?.[1]?.split('=', 1)[0];
  if (unknown === undefined) return '';
  const options = [...program.options, ...(called?.options ?? [])];
  const flags = options.flatMap(({ long }) => (long === undefined || long === null ? [] : [long]));
  const near = nearest(unknown, flags);
  return near === undefined ? '' : ` Did you mean ${near}?`;
}
