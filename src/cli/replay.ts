/** Standard input for more than one reader: what the first one read is kept for the next. */

/** Larger input has to come as a file, which can be read twice without being held. */
const MOST_BYTES = 512 * 1024 * 1024;

export type Stdin = AsyncIterable<Uint8Array> & { readonly isTerminal: boolean };

/** Each pass gives everything from the beginning; the source itself is read once. */
export function replayable(stdin: Stdin, tooMuch: () => Error): Stdin {
  const chunks: Uint8Array[] = [];
  const source = stdin[Symbol.asyncIterator]();
  let bytes = 0;
  let ended = false;
  return {
    isTerminal: stdin.isTerminal,
    async *[Symbol.asyncIterator]() {
      for (let index = 0; ; index += 1) {
        if (index === chunks.length && !ended) {
          const next = await source.next();
          if (next.done === true) ended = true;
          else {
            bytes += next.value.length;
            if (bytes > MOST_BYTES) throw tooMuch();
            chunks.push(next.value);
          }
        }
        const chunk = chunks[index];
        if (chunk === undefined) return;
        yield chunk;
      }
    },
  };
}
