/** Cells of one line of a table. */

const CELLS = 2000;

/** RFC 4180 within one line: `"a ""b"", c"`. */
export function splitCells(line: string, separator: string): readonly string[] {
  if (!line.includes('"')) return line.split(separator, CELLS);
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < line.length && cells.length < CELLS; at += 1) {
    const character = line[at] as string;
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (line[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === separator) {
      cells.push(cell);
      cell = '';
    } else cell += character;
  }
  cells.push(cell);
  return cells;
}
