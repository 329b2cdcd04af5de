/** A pivot below this share of its own diagonal is rounding: the columns are collinear. */
const COLLINEAR = 1e-10;

/** Inverse of a small symmetric positive definite matrix by Gauss and Jordan; `undefined` if it is (nearly) singular. */
export function invertSymmetric(matrix: readonly (readonly number[])[]): readonly number[][] | undefined {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let p = 0; p < size; p++) {
    const pivotRow = rows[p] as number[];
    const pivot = pivotRow[p] as number;
    if (!(pivot > COLLINEAR * (matrix[p]?.[p] ?? 0)) || !Number.isFinite(pivot)) return undefined;
    for (let j = 0; j < pivotRow.length; j++) pivotRow[j] = (pivotRow[j] as number) / pivot;
    for (const [i, row] of rows.entries()) {
      const factor = row[p] as number;
      if (i === p || factor === 0) continue;
      for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) - factor * (pivotRow[j] as number);
    }
  }
  return rows.map((row) => row.slice(size));
}
