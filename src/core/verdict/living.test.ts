import { describe, expect, it } from 'vitest';
import { DIED_AT_MS, makeContainer, makeFacts, makePod } from '../facts/testing.ts';
import type { ContainerState } from '../model/kubernetes.ts';
import { living } from './living.ts';

const RUNNING: ContainerState = { kind: 'running' };
const ENDED: ContainerState = { kind: 'terminated', termination: { exitCode: 0, finishedAtMs: DIED_AT_MS } };

function said(restartCount: number, lastState?: ContainerState): string {
  const status = { restartCount, state: RUNNING, ...(lastState === undefined ? {} : { lastState }) };
  const container = makeContainer({ name: 'app', status });
  return living(makeFacts({ pod: makePod({ containers: [container] }), container })).summary;
}

describe('living', () => {
  it('claims that nothing died only of a container that was not restarted, or whose last end was read', () => {
    expect(said(0)).toMatch(/^Nothing died in container app/);
    expect(said(3, ENDED)).toMatch(/^Nothing died in container app/);
    expect(said(3)).toBe(
      'No death of container app is left to see: it was restarted 3 times, and the record of its last end is gone.',
    );
  });
});
