/** Tells on stderr that a long read is under way: one rewritten line on a terminal, else a line now and then. */
import type { Progress } from '../app/ports.ts';
import { cleanLine } from '../core/text/clean.ts';
import { formatDuration } from '../core/text/amounts.ts';
import { cutEnd } from '../core/text/width.ts';
import type { TextSink } from './context.ts';

const SHOW_AFTER_MS = 300;
const REDRAW_MS = 100;
const PLAIN_EVERY_MS = 30_000;
const BAR_WIDTH = 10;

export interface ProgressOptions {
  readonly sink: TextSink;
  readonly quiet: boolean;
  readonly ascii: boolean;
  readonly now: () => number;
}

/** State: what was told last, and the timers. `stop` clears the line. */
export class ProgressLine {
  readonly #options: ProgressOptions;
  readonly #startedAtMs: number;
  #latest: Progress | undefined;
  #drawn = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#startedAtMs = options.now();
    if (options.quiet) return;
    this.#timer = setTimeout(() => this.#begin(), SHOW_AFTER_MS);
    this.#timer.unref();
  }

  update(progress: Progress): void {
    this.#latest = progress;
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#drawn && this.#options.sink.isTerminal) this.#options.sink.write('\r\u001b[K');
  }

  #begin(): void {
    this.#draw();
    const every = this.#options.sink.isTerminal ? REDRAW_MS : PLAIN_EVERY_MS;
    this.#timer = setInterval(() => this.#draw(), every);
    this.#timer.unref();
  }

  #draw(): void {
    const { sink, now } = this.#options;
    this.#drawn = true;
    const text = progressText(this.#latest, now() - this.#startedAtMs, this.#options.ascii);
    if (!sink.isTerminal) sink.write(`${text}\n`);
    else sink.write(`\r\u001b[K${cutEnd(text, (sink.columns ?? 80) - 1)}`);
  }
}

/** `Reading pods  ██████░░░░  6/9 pages  4 s`. */
export function progressText(progress: Progress | undefined, elapsedMs: number, ascii: boolean): string {
  const elapsed = formatDuration(elapsedMs);
  if (progress === undefined) return `Reading evidence  ${elapsed}`;
  const what = cleanLine(`Reading ${progress.what}`);
  if (progress.total === undefined || progress.total <= 0) {
    return progress.done > 0
      ? `${what}  ${progress.done} ${progress.unit}  ${elapsed}`
      : `${what}  ${elapsed}`;
  }
  const filled = Math.round(BAR_WIDTH * Math.min(1, Math.max(0, progress.done / progress.total)));
  const [full, empty] = ascii ? ['#', '.'] : ['█', '░'];
  const bar = full.repeat(filled) + empty.repeat(BAR_WIDTH - filled);
  return `${what}  ${bar}  ${progress.done}/${progress.total} ${progress.unit}  ${elapsed}`;
}
