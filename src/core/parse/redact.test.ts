import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText, REDACTED, redactArgs, redactText } from './redact.ts';

describe('redactText takes out', () => {
  it.each([
    ['a flag', '--db-password=hunter2 --port=5432', '--db-password=[redacted] --port=5432'],
    [
      'a flag with its value beside it',
      'sh -c "psql --password hunter2"',
      'sh -c "psql --password [redacted]"',
    ],
    ['a variable', 'PGPASSWORD=hunter2 psql', 'PGPASSWORD=[redacted] psql'],
    ['JSON', '{"apiKey":"a b c","port":1}', '{"apiKey":"[redacted]","port":1}'],
    ['escaped JSON', '{\\"password\\":\\"x y\\"}', '{\\"password\\":\\"[redacted]\\"}'],
    ['YAML', 'password: hunter2', 'password: [redacted]'],
    ['a header', 'Authorization: Bearer abc.def-123', 'Authorization: Bearer [redacted]'],
    ['a bare bearer', 'sent Bearer 0123456789abcdef', 'sent Bearer [redacted]'],
    ['a URL', 'postgres://admin:s3cr3t@db:5432/x', 'postgres://admin:[redacted]@db:5432/x'],
    ['a URL without a user', 'redis://:s3cr3t@cache:6379', 'redis://:[redacted]@cache:6379'],
    ['an AWS key id', 'using AKIAIOSFODNN7EXAMPLE now', 'using [redacted] now'],
    [
      'an AWS secret',
      'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      'AWS_SECRET_ACCESS_KEY=[redacted]',
    ],
    ['a JWT', 'got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln for it', 'got [redacted] for it'],
    ['a GitHub token', `push ghp_${'a1B2'.repeat(9)} failed`, 'push [redacted] failed'],
    [
      'a PEM block',
      'k -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- z',
      'k [redacted] z',
    ],
    ['a cut PEM block', 'k -----BEGIN PRIVATE KEY-----\nMIIE', 'k [redacted]'],
    ['a random value', 'sign=AbCdEf0123456789AbCdEf0123456789', 'sign=[redacted]'],
    ['a long hex value', `nonce=${'0a1b'.repeat(8)}`, 'nonce=[redacted]'],
    ['a value that was cut', 'secret="multi word val', 'secret="[redacted]'],
  ])('%s', (_name, text, expected) => {
    expect(redactText(text)).toBe(expected);
  });
});

const ID = '0ca62d24c10ebbe7b13c9ca1a2c9a0b00fba4bfff06ec37042e6245e203c1f66';

describe('redactText leaves', () => {
  it.each([
    ['a container id', `TaskOOM event container_id:"${ID}"`],
    ['a container id as a value', `cpuset=${ID},mems_allowed=0`],
    ['a runtime URL', `containerd://${ID}`],
    ['a digest', `docker.io/library/bash@sha256:${ID}`],
    ['a digest in prose', `image digest ${ID} pulled`],
    ['a UID', 'podUID="93e17ecc-ab55-461a-b526-29248d2554ad"'],
    [
      'the kernel summary',
      `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=cri-containerd-${ID}.scope,mems_allowed=0,oom_memcg=/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod94eb36cd_29e1_4c1c_8d5d_aaaaaaaaaaaa.slice,task_memcg=/kubepods.slice/x/cri-containerd-${ID}.scope,task=node,pid=22609,uid=0`,
    ],
    [
      'a back-off',
      'Back-off restarting failed container c in pod payment-747ccfb9db-78qds_default(321da3d1-2435-4987-bdd9-cc69dd3617ba)',
    ],
    [
      'a probe message',
      'Liveness probe failed: Get "http://10.0.0.1:8080/healthz": context deadline exceeded',
    ],
    ['prose about tokens', 'Unexpected token: expected end of line'],
    ['a duration of a token', '--token-ttl=3600'],
    ['a name of a secret', 'MountVolume.SetUp failed for volume "v" : secret "db-credentials" not found'],
    ['a substitution', 'PASSWORD=$(cat /run/secret)'],
    ['a long name', 'pod=very-long-deployment-name-for-the-checkout-service-abcde'],
    ['memory flags', '-Xmx512m -XX:MaxRAMPercentage=75.0'],
  ])('%s', (_name, text) => {
    expect(redactText(text)).toBe(text);
  });

  it('no time on hostile text', () => {
    const hostile = [
      'token',
      'a.',
      'eyJa.',
      'key="',
      'x://',
      'sk-AbC0_-',
      '-----BEGIN ',
      'pass-',
      "--token '",
      'AKIA',
    ];
    const started = performance.now();
    for (const piece of hostile) redactText(piece.repeat(20_000));
    // Ten texts of 64 KiB: a backtracking rule would take minutes.
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('a planted credential', () => {
  const secret = 'Zq7Xw2Rt9Lm4';
  const forms = fc.constantFrom(
    (s: string) => `DB_PASSWORD=${s}`,
    (s: string) => `--token=${s}`,
    (s: string) => `--api-key ${s}`,
    (s: string) => `"clientSecret":"${s}"`,
    (s: string) => `password: ${s}`,
    (s: string) => `Authorization: Bearer ${s}`,
    (s: string) => `https://user:${s}@host/path`,
  );
  const prose = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.constantFrom('Liveness probe failed: HTTP 500', 'exit status 1', 'pod a_b(c)'),
  );

  it('survives in no surroundings', () => {
    fc.assert(
      fc.property(prose, forms, prose, (before, form, after) => {
        const text = `${before} ${form(secret)} ${after}`;
        return !redactText(text).includes(secret);
      }),
    );
  });
});

describe('redactArgs', () => {
  it.each([
    ['a pair', ['--password', 'x', '--port', '1'], ['--password', REDACTED, '--port', '1']],
    ['a single dash', ['-token', 'x'], ['-token', REDACTED]],
    ['a flag after a flag', ['--token', '--verbose'], ['--token', '--verbose']],
    ['curl', ['curl', '-u', 'bob:x'], ['curl', '-u', `bob:${REDACTED}`]],
    ['a user id', ['run', '-u', '1000'], ['run', '-u', '1000']],
    ['an assignment', ['--api-key=x'], [`--api-key=${REDACTED}`]],
  ])('%s', (_name, args, expected) => {
    expect(redactArgs(args)).toEqual(expected);
  });
});

describe('cleanText', () => {
  it.each([
    ['plain', 'hello', 20, 'hello'],
    ['colours', '\u001b[31mred\u001b[0m', 20, 'red'],
    ['a title', '\u001b]0;evil\u0007x', 20, 'x'],
    ['an 8-bit CSI', '\u009b2Jx', 20, 'x'],
    ['a bidi override', 'a\u202eb\u2066c', 20, 'abc'],
    ['lines', 'a\r\nb\tc', 20, 'a b c'],
    ['a bell and a null', 'a\u0007\u0000b', 20, 'ab'],
    ['half a pair', 'a\ud83db', 20, 'ab'],
    ['a whole pair', 'a😀', 20, 'a😀'],
    ['too much', 'abcdef', 4, 'abc…'],
    ['a cut inside a pair', 'ab😀cd', 4, 'ab…'],
  ])('%s', (_name, text, max, expected) => {
    expect(cleanText(text, max)).toBe(expected);
  });

  it('keeps lines where asked', () => {
    expect(cleanText('a\r\nb\u0007', 20, 'many')).toBe('a\nb');
  });

  it('never exceeds its bound nor leaves a control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 50 }), (text, max) => {
        const clean = cleanText(text, max);
        return clean.length <= max && !/[\x00-\x1f\x7f-\x9f\u202a-\u202e]/.test(clean);
      }),
      { numRuns: 40 },
    );
  });
});
