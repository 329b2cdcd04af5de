/** A small drawing of dots in character cells: braille (two by four dots a cell), or one mark a cell in ASCII. */

/** Bits of the dots of a braille cell (U+2800), by row and column. */
const BRAILLE_BITS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

export interface Point {
  /** 0 to 1, left to right. */
  readonly x: number;
  /** 0 to 1, bottom to top. */
  readonly y: number;
}

/** State: which dots are set. */
export class Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly #perColumn: number;
  readonly #perRow: number;
  readonly #ascii: boolean;
  readonly #cells: Uint8Array;

  constructor(size: { readonly columns: number; readonly rows: number; readonly ascii: boolean }) {
    this.columns = size.columns;
    this.rows = size.rows;
    this.#ascii = size.ascii;
    this.#perColumn = size.ascii ? 1 : 2;
    this.#perRow = size.ascii ? 1 : 4;
    this.#cells = new Uint8Array(size.columns * size.rows);
  }

  /** The character of a cell, row 0 on top; undefined where nothing is drawn. */
  cell(column: number, row: number): string | undefined {
    const bits = this.#cells[row * this.columns + column] ?? 0;
    if (bits === 0) return undefined;
    return this.#ascii ? '*' : String.fromCodePoint(0x2800 + bits);
  }

  /** The row of cells that a height falls into. */
  rowOf(y: number): number {
    return Math.floor(this.#dotRow(y) / this.#perRow);
  }

  /** A straight line between two points, one dot thick. */
  line(from: Point, to: Point): void {
    let x = this.#dotColumn(from.x);
    let y = this.#dotRow(from.y);
    const endX = this.#dotColumn(to.x);
    const endY = this.#dotRow(to.y);
    const [dx, dy] = [Math.abs(endX - x), -Math.abs(endY - y)];
    const [stepX, stepY] = [x < endX ? 1 : -1, y < endY ? 1 : -1];
    let error = dx + dy;
    for (;;) {
      this.#set(x, y);
      if (x === endX && y === endY) return;
      const twice = 2 * error;
      if (twice >= dy) {
        error += dy;
        x += stepX;
      }
      if (twice <= dx) {
        error += dx;
        y += stepY;
      }
    }
  }

  #dotColumn(x: number): number {
    const dots = this.columns * this.#perColumn;
    return Math.min(dots - 1, Math.max(0, Math.floor(x * dots)));
  }

  #dotRow(y: number): number {
    const dots = this.rows * this.#perRow;
    return Math.min(dots - 1, Math.max(0, dots - 1 - Math.floor(y * dots)));
  }

  #set(x: number, y: number): void {
    const index = Math.floor(y / this.#perRow) * this.columns + Math.floor(x / this.#perColumn);
    const bit = this.#ascii ? 1 : (BRAILLE_BITS[y % 4]?.[x % 2] ?? 0);
    this.#cells[index] = (this.#cells[index] ?? 0) | bit;
  }
}
