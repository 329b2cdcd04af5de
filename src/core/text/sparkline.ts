/** A row of bars for a line of text. */

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const ASCII_BLOCKS = ['_', '.', ':', '-', '=', '+', '*', '#'] as const;

/** One character per value, from 0 to `top`; a blank where there is none. */
export function sparkline(
  values: readonly (number | null | undefined)[],
  top: number,
  ascii: boolean,
): string[] {
  const blocks = ascii ? ASCII_BLOCKS : BLOCKS;
  return values.map((value) => {
    if (value === null || value === undefined) return ' ';
    const share = top <= 0 ? 0 : Math.min(1, Math.max(0, value / top));
    return blocks[Math.min(blocks.length - 1, Math.floor(share * blocks.length))] ?? ' ';
  });
}
