/** Whole numbers as bytes: seven bits a byte, the small ones short. */

const HIGH = 0x80;
const SEVEN_BITS = 128;
/** Up to here bit operations are exact. */
const INT31 = 0x7fffffff;
/** 2^53 takes eight bytes of seven bits. */
const MAX_BYTES = 8;

export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** A whole number from 0 to 2^53-1. */
  varint(value: number): void {
    if (this.#length + MAX_BYTES > this.#bytes.length) this.#grow(MAX_BYTES);
    const bytes = this.#bytes;
    let rest = value;
    while (rest > INT31) {
      bytes[this.#length++] = (rest % SEVEN_BITS) | HIGH;
      rest = Math.floor(rest / SEVEN_BITS);
    }
    while (rest >= SEVEN_BITS) {
      bytes[this.#length++] = (rest & 0x7f) | HIGH;
      rest >>>= 7;
    }
    bytes[this.#length++] = rest;
  }

  /** A whole number of either sign, the small ones of either sign short. */
  zigzag(value: number): void {
    this.varint(zigzag(value));
  }

  append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** What was written; valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(need: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + need));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Frees what a row held at once; the garbage collector would let a hundred of them come together. Not to be read again. */
export function giveBack({ buffer, byteLength }: Uint8Array | Uint32Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

export function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

/** Every method throws `CutError` where the bytes end early or hold no such number. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++];
    if (byte === undefined) throw new CutError();
    if (byte < HIGH) return byte;
    let value = byte & 0x7f;
    let unit = SEVEN_BITS;
    for (let read = 1; read < MAX_BYTES; read += 1) {
      byte = bytes[this.#at++];
      if (byte === undefined) throw new CutError();
      value += (byte & 0x7f) * unit;
      if (byte < HIGH) return value;
      unit *= SEVEN_BITS;
    }
    throw new CutError();
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Jumps over `count` bytes. */
  skip(count: number): void {
    this.#at += count;
    if (this.#at > this.#bytes.length) throw new CutError();
  }
}

/** The bytes are not what was written: a damaged file. */
export class CutError extends Error {
  constructor() {
    super('the bytes of the history are damaged');
    this.name = 'CutError';
  }
}
