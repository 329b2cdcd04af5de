import { describe, expect, it } from 'vitest';
import { makeContainer, makePod } from '../../core/facts/testing.ts';
import type { ContainerEvidence, ContainerState, PodEvidence } from '../../core/model/kubernetes.ts';
import { endedContainers } from './deaths.ts';

const RUNNING: ContainerState = { kind: 'running' };

function ended(exitCode: number, reason = 'Completed'): ContainerState {
  return { kind: 'terminated', termination: { exitCode, reason } };
}

function container(name: string, role: ContainerEvidence['role'], state: ContainerState): ContainerEvidence {
  return makeContainer({ name, role, status: { restartCount: 0, state } });
}

function pod(containers: readonly ContainerEvidence[], more: Partial<PodEvidence> = {}): PodEvidence {
  return makePod({ restartPolicy: 'Always', containers, ...more });
}

// pkg/kubelet/kuberuntime/kuberuntime_manager.go: Always restarts main containers, a restartable init container always.
describe('endedContainers', () => {
  const main = container('app', 'main', RUNNING);
  it.each<{ readonly name: string; readonly of: PodEvidence; readonly want: readonly string[] }>([
    { name: 'a service that ended with 0', of: pod([container('app', 'main', ended(0))]), want: ['app'] },
    {
      name: 'a Job that ended with 0',
      of: pod([container('app', 'main', ended(0))], { restartPolicy: 'Never' }),
      want: [],
    },
    {
      name: 'a service told to stop',
      of: pod([container('app', 'main', ended(0))], { deletionAtMs: 1 }),
      want: [],
    },
    {
      name: 'a sidecar that ended with 0 beside its running service',
      of: pod([container('mesh', 'sidecar', ended(0)), main]),
      want: ['mesh'],
    },
    {
      name: 'a sidecar that ended with 0 beside a running Job',
      of: pod([container('mesh', 'sidecar', ended(0)), main], { restartPolicy: 'Never' }),
      want: ['mesh'],
    },
    {
      name: 'a sidecar at the end of its Job',
      of: pod([container('mesh', 'sidecar', ended(0)), container('app', 'main', ended(0))], {
        restartPolicy: 'Never',
      }),
      want: [],
    },
    {
      name: 'an init container that did its work',
      of: pod([container('init', 'init', ended(0)), main]),
      want: [],
    },
    {
      name: 'an init container that failed',
      of: pod([container('init', 'init', ended(1, 'Error')), main]),
      want: ['init'],
    },
    {
      name: 'one that lost a child and ended with 0',
      of: pod([container('init', 'init', ended(0, 'OOMKilled')), main]),
      want: ['init'],
    },
  ])('$name', ({ of, want }) => {
    expect(endedContainers(of).map((one) => one.container)).toEqual(want);
  });
});
