import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainExitCode } from './codes.ts';
import { knownQueries, lookup, suggest } from './lookup.ts';
import { explainReason, REASONS } from './reasons.ts';
import { signalByName, signalByNumber, SIGNALS } from './signals.ts';

describe('signals', () => {
  // signal(7), x86-64 and arm64.
  it.each([
    [1, 'SIGHUP', 'terminate'],
    [6, 'SIGABRT', 'core'],
    [7, 'SIGBUS', 'core'],
    [9, 'SIGKILL', 'terminate'],
    [11, 'SIGSEGV', 'core'],
    [15, 'SIGTERM', 'terminate'],
    [17, 'SIGCHLD', 'ignore'],
    [19, 'SIGSTOP', 'stop'],
    [31, 'SIGSYS', 'core'],
    [37, 'SIGRTMIN+3', 'terminate'],
  ])('%i is %s', (number, name, action) => {
    expect(signalByNumber(number)).toMatchObject({ name, defaultAction: action });
    expect(signalByName(name)?.number).toBe(number);
  });

  it('lists 1 to 31 once each, in order', () => {
    expect(SIGNALS.map((one) => one.number)).toEqual(Array.from({ length: 31 }, (_, index) => index + 1));
  });

  it.each([0, 32, 33, 65, -9, 1.5])('knows no signal %d', (number) => {
    expect(signalByNumber(number)).toBeUndefined();
  });
});

describe('explainExitCode', () => {
  it.each([
    { code: 0, title: 'ended as meant', signal: undefined },
    { code: 128, title: 'never started (containerd StartError)', signal: undefined },
    { code: 137, title: 'killed by SIGKILL, or never known', signal: 9 },
    { code: 140, title: 'ended by SIGUSR2', signal: 12 },
    { code: 143, title: 'stopped by SIGTERM', signal: 15 },
    { code: 165, title: 'ended by SIGRTMIN+3', signal: 37 },
    { code: 160, title: 'an exit code of the application', signal: undefined },
    { code: 255, title: 'unknown, or exit(-1)', signal: undefined },
    { code: 42, title: 'an exit code of the application', signal: undefined },
  ])('Linux $code', ({ code, title, signal }) => {
    const meaning = explainExitCode(code);
    expect(meaning.os).toBe('linux');
    expect(meaning.title).toBe(title);
    expect(meaning.signal).toBe(signal);
  });

  it.each([
    { code: -1073741819, ntStatus: '0xC0000005 STATUS_ACCESS_VIOLATION' },
    { code: 3221225477, ntStatus: '0xC0000005 STATUS_ACCESS_VIOLATION' },
    { code: -1073741510, ntStatus: '0xC000013A STATUS_CONTROL_C_EXIT' },
    { code: -532462766, ntStatus: '0xE0434352 .NET exception' },
    { code: -1073741571, ntStatus: '0xC00000FD STATUS_STACK_OVERFLOW' },
    { code: -1073741801, ntStatus: '0xC0000017 STATUS_NO_MEMORY' },
    { code: -1073740000, ntStatus: '0xC0000720' },
  ])('Windows $code', ({ code, ntStatus }) => {
    expect(explainExitCode(code)).toMatchObject({ os: 'windows', ntStatus });
  });

  it('never calls a Windows code a signal or an OOM kill', () => {
    const meaning = explainExitCode(137, 'windows');
    expect(meaning.signal).toBeUndefined();
    expect(meaning.misleads.join(' ')).toContain('Windows has no OOM killer');
  });
});

describe('explainReason', () => {
  it.each([
    ['OOMKilled', 'terminated'],
    ['Error', 'terminated'],
    ['Completed', 'terminated'],
    ['StartError', 'terminated'],
    ['ContainerCannotRun', 'terminated'],
    ['Unknown', 'terminated'],
    ['seccomp killed', 'terminated'],
    ['ContainerStatusUnknown', 'terminated'],
    ['RestartingAllContainers', 'terminated'],
    ['DeadlineExceeded', 'pod'],
    ['CrashLoopBackOff', 'waiting'],
    ['CreateContainerError', 'waiting'],
    ['CreateContainerConfigError', 'waiting'],
    ['RunContainerError', 'waiting'],
    ['PreStartHookError', 'waiting'],
    ['PostStartHookError', 'waiting'],
    ['Evicted', 'pod'],
    ['Preempting', 'pod'],
    ['Terminated', 'pod'],
    ['NodeShutdown', 'pod'],
    ['NodeLost', 'pod'],
    ['OutOfcpu', 'pod'],
    ['OutOfmemory', 'pod'],
    ['OutOfpods', 'pod'],
    ['OutOfnvidia.com/gpu', 'pod'],
    ['NodeAffinity', 'pod'],
    ['UnexpectedAdmissionError', 'pod'],
    ['PreemptionByScheduler', 'DisruptionTarget'],
    ['EvictionByEvictionAPI', 'DisruptionTarget'],
    ['DeletionByTaintManager', 'DisruptionTarget'],
    ['DeletionByDeviceTaintManager', 'DisruptionTarget'],
    ['DeletionByPodGC', 'DisruptionTarget'],
    ['TerminationByKubelet', 'DisruptionTarget'],
  ])('%s is a reason of %s', (reason, place) => {
    expect(explainReason(reason)?.place).toBe(place);
    expect(explainReason(reason.toUpperCase())?.place).toBe(place);
  });

  it('says of the two placeholders that no signal is proven', () => {
    expect(explainReason('ContainerStatusUnknown')?.doesNotProve.join(' ')).toContain('signal 9');
    expect(explainReason('OOMKilled')?.doesNotProve.join(' ')).toContain('own limit');
  });

  it('names each reason once', () => {
    const names = REASONS.map((one) => one.reason.toLowerCase());
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('lookup', () => {
  it.each([
    ['137', 'Exit code 137: killed by SIGKILL, or never known'],
    [' exit code 137 ', 'Exit code 137: killed by SIGKILL, or never known'],
    ['9', 'Exit code 9: an exit code of the application'],
    ['signal 9', 'SIGKILL (signal 9): kill; cannot be caught'],
    ['SIGKILL', 'SIGKILL (signal 9): kill; cannot be caught'],
    ['kill', 'SIGKILL (signal 9): kill; cannot be caught'],
    ['oomkilled', 'OOMKilled: an OOM kill hit a process of this container'],
    ['0xC0000005', 'Exit code 3221225477 (0xC0000005 STATUS_ACCESS_VIOLATION): access violation'],
    ['-1073741819', 'Exit code -1073741819 (0xC0000005 STATUS_ACCESS_VIOLATION): access violation'],
    ['-1', 'Exit code -1: exit code absent (CRI-O)'],
  ])('%j', (query, title) => {
    expect(lookup(query)?.title).toBe(title);
  });

  it.each(['', ' ', 'OMKiled', '99999999999', '1e3', 'a'.repeat(500)])('finds nothing for %j', (query) => {
    expect(lookup(query)).toBeUndefined();
  });

  it('answers whatever it offers', () => {
    for (const query of knownQueries()) expect(lookup(query), query).toBeDefined();
  });

  it.each([
    ['OMKiled', 'OOMKilled'],
    ['oomkill', 'OOMKilled'],
    ['CrashLoopBackof', 'CrashLoopBackOff'],
    ['sigkil', 'SIGKILL'],
    ['Evcited', 'Evicted'],
    ['ContainerStatusUnknwon', 'ContainerStatusUnknown'],
  ])('suggests for %s first %s', (query, first) => {
    expect(suggest(query)[0]).toBe(first);
  });

  it.each(['', 'zzzzzzzzzzzz', 'x'.repeat(5000)])('suggests nothing for nonsense', (query) => {
    expect(suggest(query)).toEqual([]);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (query) => {
        lookup(query);
        expect(suggest(query).length).toBeLessThanOrEqual(3);
      }),
      { numRuns: 200 },
    );
  });
});
