/** 255 is a program's own code, a dead shim's, or that of a lost task: the records of its life tell. */
import { describe, expect, it } from 'vitest';
import { DIED_AT_MS, makeDeath } from '../facts/testing.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { NodeLogRecord } from '../model/node-log.ts';
import { ordinaryExit } from './ordinary-exit.ts';
import { runtimeOrNodeRestart } from './runtime-or-node-restart.ts';

const STARTED_MS = DIED_AT_MS - 1000;
const ID = 'f'.repeat(64);
const line = { source: 'containerd.log', nodeName: 'n1', line: '' };

function booted(atMs: number): NodeLogRecord {
  return { ...line, id: `boot:${atMs}`, kind: 'service-started', service: 'containerd', atMs };
}

function ended(more: Partial<DeathFacts> = {}): DeathFacts {
  const termination = { exitCode: 255, reason: 'Error', startedAtMs: STARTED_MS, finishedAtMs: DIED_AT_MS };
  const window = { fromMs: DIED_AT_MS - 300_000, toMs: DIED_AT_MS + 30_000 };
  return makeDeath({ termination, window, runtimeLogCovers: true, ...more });
}

// A staged `exit 255`, a second after its start, on a node whose containerd had started three minutes before.
describe('exit code 255', () => {
  const earlier = booted(DIED_AT_MS - 200_000);

  it('is not of a runtime that started before the container did', () => {
    expect(runtimeOrNodeRestart.assess(ended({ nodeLog: [earlier] }))).toBeUndefined();
  });

  it('may be of a runtime that restarted while it ran', () => {
    const restarted = ended({ nodeLog: [earlier, booted(DIED_AT_MS)] });
    expect(runtimeOrNodeRestart.assess(restarted)?.weight).toBeGreaterThan(0.8);
  });

  it('is likely its own where the runtime log is silent, and only possibly so where it was not read', () => {
    expect(ordinaryExit.assess(ended())?.weight).toBe(0.85);
    expect(ordinaryExit.assess(ended({ runtimeLogCovers: false }))?.weight).toBe(0.6);
  });

  it('is that of a dead shim where the runtime says that it lost it', () => {
    const lost: NodeLogRecord = { ...line, id: 'lost', kind: 'shim-lost', containerId: ID, atMs: DIED_AT_MS };
    const facts = ended({ nodeLog: [lost] });
    expect(runtimeOrNodeRestart.assess(facts)?.weight).toBeGreaterThan(0.95);
    expect(ordinaryExit.assess(facts)?.weight).toBe(0.6);
  });
});
