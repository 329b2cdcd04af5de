import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DIED_AT_MS,
  makeContainer,
  makeDeath,
  makePod,
  makeVerdict,
  makeWorkload,
} from '../facts/testing.ts';
import type { DeathFacts } from '../facts/types.ts';
import { CAUSE_CODES } from '../model/diagnosis.ts';
import { MIB } from '../units.ts';
import { nodeLogCommand, setMemory, workloadAddress } from './commands.ts';
import { advise, nextEvidence, whatChanged } from './index.ts';

/** Splits like a POSIX shell, for the quoting this room uses: bare words, '…' and \'. Anything live throws. */
function shellWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i);
    if (c === "'") {
      const end = line.indexOf("'", i + 1);
      if (end < 0) throw new Error(`open quote: ${line}`);
      word = (word ?? '') + line.slice(i + 1, end);
      i = end;
    } else if (c === '\\') {
      word = (word ?? '') + line.charAt(++i);
    } else if (c === ' ') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (/[;<>()`$"*?[\]#~{}!\n\r\t]/.test(c)) {
      throw new Error(`live ${JSON.stringify(c)}: ${line}`);
    } else {
      word = (word ?? '') + c;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function named(name: string): DeathFacts {
  const container = makeContainer({ name, status: { restartCount: 1, state: { kind: 'running' } } });
  const owner = { kind: 'StatefulSet', name };
  const pod = makePod({ namespace: name, name, owner, containers: [container], memoryVolumes: [{ name }] });
  return makeDeath({
    pod,
    nodeName: name,
    owners: [makeWorkload({ kind: 'StatefulSet', name })],
    eviction: {
      resource: 'memory',
      consumers: [{ kind: 'container', name, usageBytes: 9 * MIB, exceedsRequest: true }],
    },
  });
}

function allCommands(facts: DeathFacts): readonly string[] {
  const verdicts = [
    ...CAUSE_CODES.map((code) => makeVerdict({ code, confidence: 'possible' })),
    makeVerdict({ kind: 'insufficient-evidence', code: 'insufficient' }),
  ];
  const changed = whatChanged(facts, makeVerdict());
  return verdicts.flatMap((verdict) => [
    ...advise(verdict, facts).flatMap(({ command }) => command ?? []),
    ...nextEvidence(verdict, facts).flatMap(({ command }) => command ?? []),
    ...(changed?.rollbackCommand === undefined ? [] : [changed.rollbackCommand]),
  ]);
}

/** The pipe of the node-log command is this program's own. */
function stages(command: string): readonly string[] {
  const quoted = /'[^']*'|\\'/g;
  const hidden = command.replace(quoted, (text) => 'q'.repeat(text.length));
  const cuts = [0];
  for (const match of hidden.matchAll(/ \| /g)) cuts.push(match.index, match.index + match[0].length);
  cuts.push(command.length);
  const parts: string[] = [];
  for (let i = 0; i < cuts.length; i += 2) parts.push(command.slice(cuts[i], cuts[i + 1]));
  return parts;
}

describe('hostile names', () => {
  it.each([
    ['substitution', '$(reboot)'],
    ['backticks', '`reboot`'],
    ['semicolon', 'x; rm -rf ~'],
    ['quote', "x'; reboot; '"],
    ['pipe', 'x | sh'],
    ['and', 'x && sh'],
    ['glob', '*'],
    ['history', 'x!!'],
    ['spaces', 'a b'],
    ['double quote', 'a"b'],
    ['backslash', 'a\\b'],
  ])('%s stays one word', (_case, name) => {
    const commands = allCommands(named(name));
    expect(commands.length).toBeGreaterThan(20);
    for (const command of commands) {
      for (const stage of stages(command)) {
        const words = shellWords(stage);
        expect(['kubectl', 'exit137', 'ssh']).toContain(words[0]);
        expect(words.some((word) => word.includes(name) || word.includes(encodeURIComponent(name)))).toBe(
          true,
        );
      }
    }
  });

  it.each([
    ['option', '--all'],
    ['zsh path', '=ls'],
    ['newline', 'x\nreboot'],
    ['escape', 'x\u001b[2K'],
    ['right-to-left override', 'x\u202etxt'],
    ['zero width', 'x\u200by'],
    ['empty', ''],
    ['endless', 'x'.repeat(5000)],
  ])('%s: no command at all', (_case, name) => {
    expect(allCommands(named(name))).toEqual([]);
  });

  it('any name, any verdict: words stay words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (name) => {
        for (const command of allCommands(named(name))) {
          for (const stage of stages(command))
            expect(['kubectl', 'exit137', 'ssh']).toContain(shellWords(stage)[0]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('commands have nothing to fill in', () => {
  it('no angle brackets, no ellipsis, no capitals that stand for something', () => {
    for (const command of allCommands(named('web'))) {
      expect(command).not.toMatch(/[<>…]|\.\.\.|\b(POD|NAME|NS|NAMESPACE|SIZE|TODO)\b/);
    }
  });

  it('never apply, patch, edit or force', () => {
    for (const command of allCommands(named('web'))) {
      expect(command).not.toMatch(/\b(apply|patch|edit|replace)\b|--force|--grace-period/);
    }
  });
});

describe('workloadAddress', () => {
  const labels = { 'pod-template-hash': '7d9f8b6c5' };
  it.each([
    [
      'Deployment above a ReplicaSet',
      { owners: [makeWorkload({ kind: 'ReplicaSet', name: 'r' }), makeWorkload()] },
      'deploy/checkout',
    ],
    [
      'ReplicaSet that carries the template hash',
      { pod: makePod({ labels, owner: { kind: 'ReplicaSet', name: 'web-7d9f8b6c5' } }) },
      'deploy/web',
    ],
    [
      'ReplicaSet of something else',
      { pod: makePod({ owner: { kind: 'ReplicaSet', name: 'web-7d9f8b6c5' } }) },
      undefined,
    ],
    [
      'StatefulSet named by the pod alone',
      { pod: makePod({ owner: { kind: 'StatefulSet', name: 'db' } }) },
      'sts/db',
    ],
    ['bare pod', { pod: makePod() }, undefined],
    ['static pod', { pod: makePod({ owner: { kind: 'Node', name: 'n1' } }) }, undefined],
    [
      'kind that is a property of every object',
      { pod: makePod({ owner: { kind: 'constructor', name: 'x' } }) },
      undefined,
    ],
  ] as const)('%s', (_name, partial, spelled) => {
    expect(workloadAddress(makeDeath(partial))?.spelled).toBe(spelled);
  });
});

describe('setMemory', () => {
  it('rounds up to whole MiB', () => {
    const facts = makeDeath({ owners: [makeWorkload()] });
    expect(setMemory(facts, { container: 'api', limitBytes: 768 * MIB - 1 }).command).toBe(
      'kubectl -n shop set resources deploy/checkout -c api --limits=memory=768Mi',
    );
    expect(setMemory(facts, { container: 'api', limitBytes: 768 * MIB + 1 }).command).toContain('769Mi');
  });

  it('is silent for plain docker', () => {
    const pod = makePod({ origin: 'docker', namespace: '' });
    expect(
      setMemory(makeDeath({ pod, owners: [makeWorkload()] }), { container: 'api', limitBytes: MIB }),
    ).toEqual({});
  });
});

describe('nodeLogCommand', () => {
  it('reads the journal from 2 min before to 2 min after, and judges it beside the cluster', () => {
    // Died 2026-10-02T14:14:06Z.
    expect(nodeLogCommand(makeDeath({ nodeName: 'n1' }))).toBe(
      "ssh n1 'sudo journalctl --no-pager -o short-iso" +
        ' --since "2026-10-02 14:12:06 UTC" --until "2026-10-02 14:16:06 UTC"\' | ' +
        'exit137 why checkout-x2kqp -n shop -f -',
    );
  });

  it.each([
    ['no node', {}],
    ['a time beyond the calendar', { nodeName: 'n1', diedAtMs: 1e300 }],
    ['no time', { nodeName: 'n1', diedAtMs: Number.NaN }],
  ])('%s: no command', (_name, partial) => {
    expect(nodeLogCommand(makeDeath({ diedAtMs: DIED_AT_MS, ...partial }))).toBeUndefined();
  });
});
