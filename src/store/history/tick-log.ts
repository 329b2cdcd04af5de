/** One tick of all series as one row: per lane runs of neighbouring slots, each number by itself. */
import { ByteReader, ByteWriter } from './bytes.ts';
import { LANES, MISSING } from './lanes.ts';

/** `lanes[lane][slot]`; `MISSING` where nothing was measured. Lanes may end early. */
export function encodeTick(lanes: readonly Uint32Array[], writer: ByteWriter): Uint8Array {
  writer.clear();
  for (let lane = 0; lane < LANES.length; lane += 1) {
    const units = lanes[lane] ?? new Uint32Array(0);
    const runs = runsOf(units);
    writer.varint(runs.length / 2);
    let behind = 0;
    for (let run = 0; run < runs.length; run += 2) {
      const start = runs[run] as number;
      const end = runs[run + 1] as number;
      writer.varint(start - behind);
      writer.varint(end - start);
      for (let slot = start; slot < end; slot += 1) writer.varint(units[slot] as number);
      behind = end;
    }
  }
  return writer.view();
}

function runsOf(units: Uint32Array): readonly number[] {
  const runs: number[] = [];
  let isOpen = false;
  for (let slot = 0; slot < units.length; slot += 1) {
    const isHere = units[slot] !== MISSING;
    if (isHere !== isOpen) runs.push(slot);
    isOpen = isHere;
  }
  if (isOpen) runs.push(units.length);
  return runs;
}

/** Tells every number of one lane whose slot lies in `[from, to)`. Throws `CutError` for a damaged row. */
export function decodeTick(
  row: Uint8Array,
  band: { readonly lane: number; readonly from: number; readonly to: number },
  tell: (slot: number, units: number) => void,
): void {
  const reader = new ByteReader(row);
  for (let lane = 0; lane <= band.lane; lane += 1) {
    const runs = reader.varint();
    let slot = 0;
    for (let run = 0; run < runs; run += 1) {
      slot += reader.varint();
      const end = slot + reader.varint();
      for (; slot < end; slot += 1) {
        const units = reader.varint();
        if (lane !== band.lane || slot < band.from) continue;
        if (slot >= band.to) return;
        tell(slot, units);
      }
    }
  }
}
