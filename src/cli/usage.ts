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
  const plain = badValue(text) ?? text.replace(/^unknown option/, 'unknown flag');
  return /[.!?]$/.test(plain) ? plain : `${plain}.`;
}

/** The parser names a flag with all its spellings (`-o, --output <format>`); people typed one word of it. */
function badValue(text: string): string | undefined {
  const missing = /^option '.*?(--[a-z-]+) <(.*)>' argument missing$/.exec(text);
  if (missing !== null)
    return `${missing[1] ?? ''} needs a value: ${missing[1] ?? ''} ${missing[2]?.toUpperCase() ?? ''}`;
  const invalid = /^option '.*?(--[a-z-]+) <.*>' argument '(.*)' is invalid\. (.*)$/.exec(text);
  if (invalid === null) return undefined;
  const [, flag = '', value = '', reason = ''] = invalid;
  const choices = /^Allowed choices are (.*)\.$/.exec(reason)?.[1]?.split(', ');
  const wrong = `${flag} cannot be ${JSON.stringify(value)}.`;
  if (choices === undefined) return `${wrong} ${reason}`;
  const near = nearest(value, choices);
  return `${wrong} It is one of ${choices.join(', ')}.${near === undefined ? '' : ` Did you mean ${near}?`}`;
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
