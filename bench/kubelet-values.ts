/**
 * Working sets in whole pages as containers show them: 35 in 100 idle, 40 noisy under a daily load, 13 leaking up to
 * their limit and starting anew, 12 with a garbage collector's sawtooth. Seeded; each step is one sample.
 */
import { seededRandom, type Random } from '../src/sim/random.ts';

const DAY_TICKS = 5760;

interface Memory {
  readonly kind: 'idle' | 'noisy' | 'leak' | 'sawtooth';
  readonly base: number;
  readonly swing: number;
  readonly rise: number;
  readonly phase: number;
  pages: number;
  noise: number;
}

export interface Values {
  readonly size: number;
  /** The next sample of container `index`, in pages. */
  next(index: number, tick: number): number;
}

export function createValues(size: number, seed: number): Values {
  const random = seededRandom(seed);
  const memories = Array.from({ length: size }, () => memoryOf(random));
  return {
    size,
    next(index, tick) {
      const memory = memories[index];
      return memory === undefined ? 0 : step(memory, tick, random);
    },
  };
}

function memoryOf(random: Random): Memory {
  const share = random();
  const base = Math.round(2000 + 150_000 * random() ** 2);
  return {
    kind: share < 0.35 ? 'idle' : share < 0.75 ? 'noisy' : share < 0.88 ? 'leak' : 'sawtooth',
    base,
    swing: Math.round(base * (0.1 + 0.3 * random())),
    rise: 1 + Math.round(base * 0.003 * random()),
    phase: Math.floor(random() * DAY_TICKS),
    pages: base,
    noise: 0,
  };
}

function step(memory: Memory, tick: number, random: Random): number {
  const { base, swing, rise } = memory;
  switch (memory.kind) {
    case 'idle':
      if (random() < 0.05) memory.pages = base + Math.floor(random() * 8);
      break;
    case 'noisy': {
      const day = Math.sin((2 * Math.PI * (tick + memory.phase)) / DAY_TICKS);
      memory.noise = 0.9 * memory.noise + (random() - 0.5) * 0.004 * base;
      memory.pages = Math.round(base + swing * day + memory.noise);
      break;
    }
    case 'leak':
      memory.pages += Math.round(rise * random());
      if (memory.pages > base * 3) memory.pages = base;
      break;
    case 'sawtooth':
      memory.pages += Math.round(rise * 4 * random());
      if (memory.pages > base + swing) memory.pages = base - Math.floor(random() * 0.02 * base);
      break;
  }
  return Math.max(1, memory.pages);
}
