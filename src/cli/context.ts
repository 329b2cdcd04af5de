/** The outside world as the command line sees it. Tests hand in their own; `entry.ts` makes the real one. */
import type { Zone } from '../core/text/instants.ts';
import type { Wiring } from './wiring.ts';

export interface TextSink {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Only of a terminal. */
  readonly columns?: number;
  readonly rows?: number;
}

export interface CliContext {
  /** As the user calls it: `exit137` or `kubectl exit137`. */
  readonly program: string;
  /** Without the interpreter and the script. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTerminal: boolean };
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  now(): number;
  readonly zone: Zone;
  /** The folder of package.json: docs and examples are below it. */
  readonly packageRoot: string;
  readonly homeDir: string;
  /** Of this program. */
  readonly version: string;
  /** Calls `handler` on Ctrl-C; returns how to stop that. */
  onInterrupt(handler: () => void): () => void;
  /** Starts the process over with memory for so many containers and little more (`lean-process.ts`), unless it was. */
  readonly becomeLean?: (containers?: number) => void;
  /** Shows a text through a pager; false = it could not be started, nothing was shown. */
  readonly page?: (command: string, text: string) => Promise<boolean>;
  /** Sources and judgement; absent = the real ones, loaded when needed. */
  readonly wiring?: Wiring;
}
